// The points, drawn by WebGL, and the camera that looks at them.
import {
  BufferAttribute, BufferGeometry, CustomBlending, Matrix4, MOUSE, OneFactor, OneMinusSrcAlphaFactor,
  OrthographicCamera, PerspectiveCamera, Points, Scene, ShaderMaterial, TOUCH, Vector3, WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

const VERTEX = `
  attribute vec4 colour;
  attribute float diamond;
  uniform float size;
  uniform float far;
  varying vec4 vColour;
  varying float kind;
  void main() {
    vec4 inView = modelViewMatrix * vec4(position, 1.0);
    gl_Position = projectionMatrix * inView;
    gl_PointSize = colour.a == 0.0 ? 0.0 : far > 0.0 ? clamp(size * far / max(-inView.z, 0.05), 1.5, size * 2.4) : size;
    if (colour.a == 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    vColour = colour;
    kind = diamond;
  }`;
const FRAGMENT = `
  uniform float opacity;
  varying vec4 vColour;
  varying float kind;
  void main() {
    vec2 place = abs(gl_PointCoord - 0.5);
    float away = mix(length(place), (place.x + place.y) * 0.95, kind);
    float there = (1.0 - smoothstep(0.38, 0.5, away)) * opacity * vColour.a;
    if (there < 0.004) discard;
    gl_FragColor = vec4(vColour.rgb * there, there);
  }`;
const MARGIN = 1.12; // of the map's half width, around it
const MAX_ZOOM = 4000;
const FIELD_OF_VIEW = 40; // degrees
const CAMERA_3D = [2.2, 1.5, 2.6]; // where the camera of a 3-D map starts
const ZOOM_STEP = 1.5; // one step of the buttons and keys

/** The numbers below `count` in an order that is random, and always the same. */
function shuffled(count) {
  const order = Uint32Array.from({ length: count }, (_, place) => place);
  let state = 7;
  for (let last = count - 1; last > 0; last--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** The rows of `values`, `wide` numbers each, in that order. */
function ordered(values, order, wide) {
  const rows = new values.constructor(values.length);
  order.forEach((from, to) => { for (let place = 0; place < wide; place++) rows[wide * to + place] = values[wide * from + place]; });
  return rows;
}

/** Everything of the view that needs WebGL. */
export class Stage {
  /** `surface` takes the pointer; on a `small` map, which lies within a page that scrolls, one finger moves the page. */
  constructor(surface, onMove, small) {
    this.renderer = new WebGLRenderer({ antialias: false, alpha: true, premultipliedAlpha: true, powerPreference: "high-performance" });
    this.renderer.setPixelRatio(Math.min(globalThis.devicePixelRatio || 1, 2));
    this.canvas = this.renderer.domElement;
    this.scene = new Scene();
    this.material = new ShaderMaterial({
      vertexShader: VERTEX, fragmentShader: FRAGMENT, transparent: true, depthTest: false, depthWrite: false,
      blending: CustomBlending, blendSrc: OneFactor, blendDst: OneMinusSrcAlphaFactor, premultipliedAlpha: true,
      uniforms: { size: { value: 5 }, far: { value: 0 }, opacity: { value: 0.8 } },
    });
    this.surface = surface;
    this.onMove = onMove;
    this.small = small;
    this.matrix = new Matrix4();
    this.width = this.height = 1;
    this.dimensions = 0;
  }

  /**
   * Take new points: `positions` has three numbers for each, the third 0 on a flat map.  They are drawn in a random order,
   * so that no kind lies over all others, and the first of them are a fair sample of all.
   */
  setPoints(positions, diamonds, dimensions, keepView) {
    this.points?.geometry.dispose();
    if (this.points) this.scene.remove(this.points);
    const geometry = new BufferGeometry();
    this.order = shuffled(diamonds.length);
    geometry.setAttribute("position", new BufferAttribute(ordered(positions, this.order, 3), 3));
    geometry.setAttribute("diamond", new BufferAttribute(ordered(diamonds, this.order, 1), 1));
    geometry.setAttribute("colour", new BufferAttribute(new Uint8Array(4 * diamonds.length), 4, true));
    this.points = new Points(geometry, this.material);
    this.points.frustumCulled = false;
    this.scene.add(this.points);
    if (dimensions !== this.dimensions) {
      this.dimensions = dimensions;
      this.makeCamera();
      this.fit();
    } else if (!keepView) this.fit();
  }

  setColours(colours) {
    const attribute = this.points.geometry.getAttribute("colour");
    attribute.array.set(ordered(colours, this.order, 4));
    attribute.needsUpdate = true;
  }

  makeCamera() {
    const flat = this.dimensions === 2;
    this.controls?.dispose();
    this.camera = flat ? new OrthographicCamera(-1, 1, 1, -1, 0.1, 100) : new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.01, 100);
    const controls = (this.controls = new OrbitControls(this.camera, this.surface));
    controls.enableRotate = !flat;
    controls.screenSpacePanning = true;
    controls.zoomToCursor = true;
    controls.minZoom = 0.4;
    controls.maxZoom = MAX_ZOOM;
    controls.minDistance = 0.02;
    controls.maxDistance = 20;
    controls.mouseButtons = { LEFT: flat ? MOUSE.PAN : MOUSE.ROTATE, MIDDLE: MOUSE.DOLLY, RIGHT: MOUSE.PAN };
    controls.touches = { ONE: this.small ? null : flat ? TOUCH.PAN : TOUCH.ROTATE, TWO: TOUCH.DOLLY_PAN };
    if (this.small) this.surface.style.touchAction = "pan-y";
    controls.addEventListener("change", () => this.onMove());
  }

  /** Look at the whole map. */
  fit() {
    this.controls.target.set(0, 0, 0);
    if (this.dimensions === 2) {
      this.camera.position.set(0, 0, 10);
      this.camera.zoom = 1;
    } else this.camera.position.set(...CAMERA_3D);
    this.camera.up.set(0, 1, 0);
    this.resize(this.width, this.height);
    this.controls.update();
    this.onMove();
  }

  /** The visible part of the map as text that `setWindow` reads; '' for the whole map. */
  get window() {
    const { position, zoom } = this.camera;
    const { target } = this.controls;
    const numbers = this.dimensions === 2 ? [target.x, target.y, zoom] : [...position, ...target];
    const whole = this.dimensions === 2 ? [0, 0, 1] : [...CAMERA_3D, 0, 0, 0];
    if (numbers.every((number, place) => Math.abs(number - whole[place]) < 1e-3)) return "";
    return numbers.map((number) => String(Number(number.toPrecision(5)))).join(" ");
  }

  /** Look at the part that `window` describes; nothing changes where it cannot be read. */
  setWindow(window) {
    const numbers = window.split(" ").map(Number);
    if (numbers.length !== (this.dimensions === 2 ? 3 : 6) || !numbers.every(Number.isFinite)) return;
    if (this.dimensions === 2) {
      this.controls.target.set(numbers[0], numbers[1], 0);
      this.camera.position.set(numbers[0], numbers[1], 10);
      this.camera.zoom = Math.min(Math.max(numbers[2], 0.4), MAX_ZOOM);
    } else {
      this.camera.position.set(...numbers.slice(0, 3));
      this.controls.target.set(...numbers.slice(3));
    }
    this.camera.updateProjectionMatrix();
    this.controls.update();
    this.onMove();
  }

  /** Bring a place, in the map's own numbers, to the middle, `wide` of them from one side to the other. */
  flyTo(at, wide) {
    const shift = new Vector3(at[0], at[1], at[2] ?? 0).sub(this.controls.target);
    this.controls.target.add(shift);
    this.camera.position.add(shift);
    if (this.dimensions === 2) this.camera.zoom = Math.min(Math.max((2 * MARGIN) / wide, 0.4), MAX_ZOOM);
    else this.camera.position.sub(this.controls.target).setLength(Math.max(wide * 1.6, 0.05)).add(this.controls.target);
    this.camera.updateProjectionMatrix();
    this.controls.update();
    this.onMove();
  }

  zoom(steps) {
    const by = ZOOM_STEP ** steps;
    if (this.dimensions === 2) this.camera.zoom = Math.min(Math.max(this.camera.zoom * by, 0.4), MAX_ZOOM);
    else this.camera.position.sub(this.controls.target).divideScalar(by).add(this.controls.target);
    this.camera.updateProjectionMatrix();
    this.controls.update();
    this.onMove();
  }

  /** Move by a part of the view's width and height; a scene is turned. */
  step(right, up) {
    if (this.dimensions === 2) {
      const wide = (this.camera.right - this.camera.left) / this.camera.zoom;
      const shift = new Vector3(right * wide, up * wide, 0);
      this.controls.target.add(shift);
      this.camera.position.add(shift);
    } else {
      const away = this.camera.position.clone().sub(this.controls.target);
      away.applyAxisAngle(new Vector3(0, 1, 0), right * 2).add(this.controls.target);
      away.y += up * away.distanceTo(this.controls.target);
      this.camera.position.copy(away);
    }
    this.controls.update();
    this.onMove();
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
    this.renderer.setSize(width, height, false);
    if (!this.camera) return;
    const aspect = width / Math.max(height, 1);
    if (this.dimensions === 2) {
      const [wide, high] = aspect > 1 ? [aspect, 1] : [1, 1 / aspect];
      Object.assign(this.camera, { left: -wide * MARGIN, right: wide * MARGIN, top: high * MARGIN, bottom: -high * MARGIN });
    } else {
      this.camera.aspect = aspect;
      this.camera.fov = aspect > 1 ? FIELD_OF_VIEW : Math.min(90, FIELD_OF_VIEW / aspect);
    }
    this.camera.updateProjectionMatrix();
  }

  /** How many times larger than the whole map the view is. */
  get magnification() {
    return this.dimensions === 2 ? this.camera.zoom : 3.7 / this.camera.position.distanceTo(this.controls.target);
  }

  /** Draw the first `share` of the points. */
  render(size, opacity, share) {
    if (!this.points) return;
    this.points.geometry.setDrawRange(0, Math.ceil(share * this.order.length));
    const { uniforms } = this.material;
    uniforms.size.value = size * this.renderer.getPixelRatio();
    uniforms.far.value = this.dimensions === 3 ? this.camera.position.distanceTo(this.controls.target) : 0;
    uniforms.opacity.value = opacity;
    this.renderer.render(this.scene, this.camera);
    this.updateMatrix();
  }

  /** Update the matrix from the map's coordinates to the view's, -1 to 1. */
  updateMatrix() {
    this.camera.updateMatrixWorld();
    this.matrix.multiplyMatrices(this.camera.projectionMatrix, this.camera.matrixWorldInverse);
  }

  /** Where a place of the map is on the screen: [x, y, depth]; depth is above 1 behind the camera. */
  project(at) {
    const position = new Vector3(at[0], at[1], at[2] ?? 0);
    const behind = this.dimensions === 3 && position.clone().applyMatrix4(this.camera.matrixWorldInverse).z > -0.01;
    position.applyMatrix4(this.matrix);
    return [(position.x + 1) * 0.5 * this.width, (1 - position.y) * 0.5 * this.height, behind ? 2 : position.z];
  }

  /** The screen's place of every point, two numbers each; NaN behind the camera. */
  projectAll(positions, into) {
    const m = this.matrix.elements;
    const { width, height } = this;
    for (let point = 0, from = 0, to = 0; from < positions.length; point++, from += 3, to += 2) {
      const x = positions[from], y = positions[from + 1], z = positions[from + 2];
      const w = m[3] * x + m[7] * y + m[11] * z + m[15];
      if (w <= 0) { into[to] = into[to + 1] = NaN; continue; }
      into[to] = ((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) * 0.5 * width;
      into[to + 1] = (1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w) * 0.5 * height;
    }
    return into;
  }

  /** The place of the map under a place of the screen; in a scene, on the plane through its middle. */
  unproject(x, y) {
    const depth = this.controls.target.clone().applyMatrix4(this.matrix).z;
    const position = new Vector3((x / this.width) * 2 - 1, 1 - (y / this.height) * 2, this.dimensions === 2 ? 0 : depth);
    position.applyMatrix4(this.matrix.clone().invert());
    return this.dimensions === 2 ? [position.x, position.y] : [position.x, position.y, position.z];
  }

  dispose() {
    this.controls?.dispose();
    this.points?.geometry.dispose();
    this.material.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}
