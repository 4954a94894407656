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
const ROOM = 1.06; // of the part that is fitted, around it
const NO_INSETS = { top: 0, right: 0, bottom: 0, left: 0 };
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
    this.box = [[-1, -1, -1], [1, 1, 1]]; // what `fit` brings into view: its lowest and its highest corner
    this.insets = NO_INSETS; // pixels at each side that other elements cover
    this.fitted = true; // until someone moves the view
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

  /** Take other positions for the same points. */
  movePoints(positions) {
    const attribute = this.points.geometry.getAttribute("position");
    const { order } = this;
    for (let to = 0; to < order.length; to++)
      for (let axis = 0; axis < 3; axis++) attribute.array[3 * to + axis] = positions[3 * order[to] + axis];
    attribute.needsUpdate = true;
  }

  /** Where the camera looks now, as `lookAt` takes it. */
  get view() {
    return { target: this.controls.target.toArray(), position: this.camera.position.toArray(), zoom: this.camera.zoom };
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
    // A click that moves nothing leaves a view of the whole map one.
    let held = false;
    controls.addEventListener("start", () => { held = true; });
    controls.addEventListener("end", () => { held = false; });
    controls.addEventListener("change", () => {
      if (held) this.fitted = false;
      this.onMove();
    });
  }

  /** Where the camera looks, and from where, to show the box in the part of the view that nothing covers. */
  whole() {
    const [low, high] = this.box;
    const middle = low.map((from, axis) => (from + high[axis]) / 2);
    const half = low.map((from, axis) => Math.max((high[axis] - from) / 2, 0.02));
    if (this.dimensions === 3) {
      const away = Math.min(Math.max(...half) * ROOM, 1);
      return { target: middle, position: CAMERA_3D.map((place, axis) => middle[axis] + place * away), zoom: 1 };
    }
    const { top, right, bottom, left } = this.insets;
    const unit = Math.min(this.width, this.height) / (2 * MARGIN); // pixels of 1 at a zoom of 1
    const wide = Math.max(this.width - left - right, 40), tall = Math.max(this.height - top - bottom, 40);
    const zoom = Math.min(wide / (2 * half[0] * ROOM * unit), tall / (2 * half[1] * ROOM * unit), MAX_ZOOM);
    const target = [middle[0] - (left - right) / 2 / (unit * zoom), middle[1] + (top - bottom) / 2 / (unit * zoom), 0];
    return { target, position: [target[0], target[1], 10], zoom };
  }

  /** Look at the whole map: at its box. */
  fit() {
    this.setSize(this.width, this.height);
    this.lookAt(this.whole());
    this.fitted = true;
    this.onMove();
  }

  lookAt({ target, position, zoom }) {
    this.controls.target.set(...target);
    this.camera.position.set(...position);
    this.camera.up.set(0, 1, 0);
    if (this.dimensions === 2) this.camera.zoom = zoom;
    this.camera.updateProjectionMatrix();
    this.controls.update();
  }

  /** The visible part of the map as text that `setWindow` reads; '' for the whole map. */
  get window() {
    const { position, zoom } = this.camera;
    const { target } = this.controls;
    if (this.fitted) return "";
    const numbers = this.dimensions === 2 ? [target.x, target.y, zoom] : [...position, ...target];
    return numbers.map((number) => String(Number(number.toPrecision(5)))).join(" ");
  }

  /** Look at the part that `window` describes; nothing changes where it cannot be read. */
  setWindow(window) {
    const numbers = window.split(" ").map(Number);
    if (numbers.length !== (this.dimensions === 2 ? 3 : 6) || !numbers.every(Number.isFinite)) return;
    this.fitted = false;
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
    this.fitted = false;
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
    this.fitted = false;
    const by = ZOOM_STEP ** steps;
    if (this.dimensions === 2) this.camera.zoom = Math.min(Math.max(this.camera.zoom * by, 0.4), MAX_ZOOM);
    else this.camera.position.sub(this.controls.target).divideScalar(by).add(this.controls.target);
    this.camera.updateProjectionMatrix();
    this.controls.update();
    this.onMove();
  }

  /** Move by a part of the view's width and height; a scene is turned. */
  step(right, up) {
    this.fitted = false;
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

  /** Take another size; a view of the whole map stays one. */
  resize(width, height) {
    this.setSize(width, height);
    if (this.camera && this.fitted) this.lookAt(this.whole());
  }

  setSize(width, height) {
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
    const { target, position, zoom } = this.whole();
    if (this.dimensions === 2) return this.camera.zoom / zoom;
    return new Vector3(...position).distanceTo(new Vector3(...target)) / this.camera.position.distanceTo(this.controls.target);
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
