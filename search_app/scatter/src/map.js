// One map: its parts, the layers it is drawn in, and what is done with pointer and keys.
import { build } from "./elements.js";
import { save } from "./export.js";
import { Glide, lessMotion, sameItems } from "./glide.js";
import { HoverCard } from "./hover_card.js";
import { ItemDetails } from "./item_details.js";
import { markBoxes } from "./overlay.js";
import { paintOver, paintUnder } from "./painting.js";
import { CanvasPen } from "./pens.js";
import { itemAt } from "./picking.js";
import { pictureSide, rowsWithPicture } from "./picture_grid.js";
import { Pointer } from "./pointer.js";
import { Pulse } from "./pulse.js";
import { ResultCards } from "./result_cards.js";
import { Stage } from "./stage.js";
import { same } from "./unpack.js";
import { flyTo, makeRoom, reveal, setBox, showStar, writeWindow } from "./view.js";

const SETTLE_AFTER = 160; // milliseconds without a move after which pictures are chosen again
const DISPOSE_AFTER = 20_000; // milliseconds off the page after which a map is disposed of
const SLOW_FRAME = 34; // milliseconds; slower frames of a moving view draw fewer points
const FAST_FRAME = 20; // milliseconds; faster frames of a moving view draw more points
const MIN_POINTS = 4_000; // drawn while the view moves, on any machine
const FAINT_ALPHA = 34; // of 255: points that are not highlighted
const SIZES = [[300, 11], [3_000, 8], [20_000, 5.5], [60_000, 4], [200_000, 3], [Infinity, 2.2]]; // pixels across
const OPACITIES = [[3_000, 0.88], [20_000, 0.75], [60_000, 0.6], [200_000, 0.5], [Infinity, 0.4]];

const upTo = (table, count) => table.find(([most]) => count <= most)[1];

/** The content of a scene, without its actions. */
const contentOf = (scene) => JSON.stringify({ ...scene, actions: null });

export class SpaceMap {
  constructor() {
    this.details = new ItemDetails(() => this.draw());
    this.pictured = [];
    this.side = 0; // pixels of the longer side of the pictures that are shown
    this.covered = []; // boxes of the view that buttons, legend and panels cover
    this.gliding = null;
    this.frames = 0;
    this.share = 1; // of the points, drawn while the view moves
    this.moving = false;
    this.hover = -1;
    this.pulse = new Pulse(() => this.drawMarks());
    this.area = null; // while it is drawn, on the screen
  }

  // ---- parts -------------------------------------------------------------------------------------------------------

  setPoints(points) {
    const sameMap = this.points?.name === points.name;
    if (sameMap && this.points.n === points.n && this.points.packed === points.packed) return;
    const before = !sameMap && this.points && sameItems(this.points, points) ? this.positions : null;
    const positions = new Float32Array(3 * points.n);
    const { dimensions } = points;
    for (let row = 0; row < points.n; row++)
      for (let axis = 0; axis < dimensions; axis++) positions[3 * row + axis] = points.spots[dimensions * row + axis] / 32_000;
    this.points = points;
    this.positions = positions;
    this.glideFrom = lessMotion() ? null : before;
    this.gliding = null;
    this.keepView = sameMap;
    this.rows = null;
    this.screen = null;
    this.pictured = [];
    this.densityColour = null;
    this.stale = true;
    this.update();
  }

  setColours(colours) {
    if (this.colours && same(this.colours, colours)) return; // the page was drawn again, and the map has not changed
    this.colours = colours;
    this.update();
  }

  // Words beside the canvas have the colours of a page that has its own, which change with its scheme at once.
  setTheme(theme) {
    const around = getComputedStyle(this.frame.getRootNode().host ?? document.documentElement);
    for (const [name, colour] of Object.entries(theme)) {
      if (!around.getPropertyValue(`--ns-${name}`)) this.frame.style.setProperty(`--ns-${name}`, colour);
    }
  }

  setScene(scene) {
    const before = this.scene;
    this.scene = scene;
    this.opening ??= scene.window;
    this.theme = scene.theme;
    this.announce = scene.actions.includes("drawn");
    if (before && contentOf(before) === contentOf(scene)) {
      writeWindow(this); // the page rewrites its address each time it is drawn
      return;
    }
    this.hidden = new Set(scene.hidden);
    if (before && before.space !== scene.space) this.details.clear();
    else if (before && before.revision !== scene.revision) this.details.known.clear();
    this.setTheme(scene.theme);
    this.elements.update(scene);
    this.elements.arrange(scene.drawer);
    this.queryChanged = Boolean(before) && JSON.stringify(before.star) !== JSON.stringify(scene.star);
    this.update();
    flyTo(this);
    makeRoom(this, before);
    reveal(this, before);
    this.hoverCard.refresh();
    if (!this.stale) writeWindow(this);
  }

  /** Draw once all parts of the same map have arrived. */
  update() {
    if (!this.stage || !this.scene || !this.points || !this.colours) return;
    if (this.colours.name !== this.points.name || this.scene.name !== this.points.name) return;
    if (this.colours.codes.length !== this.points.n) return;
    if (this.stale) {
      this.setStage();
      flyTo(this);
      if (this.opening) this.stage.setWindow(this.opening);
      this.opening = "";
      this.moved();
    }
    this.colour();
    showStar(this);
    this.elements.legend(this.colours, this.scene, this.hidden, (hidden) => this.hide(hidden));
    this.frame.dataset.drawn = String(this.points.n);
    this.draw();
  }

  /** Give the points to the stage; if they lay elsewhere before, they glide from there. */
  setStage() {
    const before = this.glideFrom && this.stage.points ? this.stage.view : null;
    setBox(this);
    this.stage.setPoints(this.positions, Float32Array.from(this.points.kinds), this.points.dimensions, this.keepView);
    this.stale = false;
    this.gliding = null;
    if (before) {
      this.gliding = new Glide(this.glideFrom, this.positions, [before, this.stage.view]);
      this.glideFrom = null;
      this.positions = this.gliding.positions;
    }
  }

  /** Bring one frame of the passage to another map; at its end the points are where the map has them. */
  glide() {
    if (this.gliding.step(this.stage)) {
      this.positions = this.gliding.to;
      this.stage.fitted = true;
      this.gliding = null;
    }
    this.moved();
  }

  // ---- drawing -----------------------------------------------------------------------------------------------------

  attach(root, small) {
    clearTimeout(this.disposeTimer);
    if (this.stage) {
      // Another element of the page: the view moves over as it is.
      if (this.frame.parentNode !== root) root.append(this.frame);
      return;
    }
    Object.assign(this, build(root, this, small));
    try {
      this.stage = new Stage(this.surface, () => this.moved(), small);
    } catch (error) {
      this.elements.showMessage("This browser has no WebGL, which the map is drawn with. Turn on hardware acceleration, or use another browser.");
      this.send("drawn", { points: 0 }); // nor will it ever be
      throw error;
    }
    this.underCanvas.after(this.stage.canvas);
    this.stage.canvas.classList.add("layer");
    this.hoverCard = new HoverCard(this.frame, this);
    this.pointer = new Pointer(this);
    this.resultCards = new ResultCards((rank) => this.pulse.start(rank));
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.stageBox);
    this.stale = Boolean(this.points);
    this.resize();
    // For tests and scripts.
    this.frame.nearspace = this;
  }

  /** Dispose of the map after a while, unless another element takes over the view. */
  detach() {
    clearTimeout(this.disposeTimer);
    this.disposeTimer = setTimeout(() => {
      if (!this.stage || this.frame.isConnected) return;
      clearTimeout(this.settleTimer);
      this.observer.disconnect();
      this.pointer.dispose();
      this.resultCards.dispose();
      this.stage.dispose();
      this.stage = this.scene = null;
      this.frame.remove();
    }, DISPOSE_AFTER);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stageBox;
    if (!width || !height || !this.stage) return;
    const pixelRatio = Math.min(globalThis.devicePixelRatio || 1, 2);
    for (const canvas of [this.underCanvas, this.overCanvas]) {
      canvas.width = width * pixelRatio;
      canvas.height = height * pixelRatio;
    }
    this.pixelRatio = pixelRatio;
    this.elements.arrange(this.scene?.drawer);
    this.stage.insets = this.elements.insets(width);
    this.measureCovered();
    this.stage.resize(width, height);
    this.moved();
  }

  /** Note which boxes of the view other elements cover, of the map itself and of the page over it. */
  measureCovered() {
    const { left, top } = this.stageBox.getBoundingClientRect();
    this.covered = this.elements.over().map((element) => element.getBoundingClientRect())
      .filter(({ width, height }) => width && height)
      .map((box) => [box.left - left, box.top - top, box.right - left, box.bottom - top]);
  }

  colour() {
    const { codes, palette, faint } = this.colours;
    const hiddenCodes = new Set(this.colours.legend.filter(({ name }) => this.hidden.has(name)).map(({ code }) => code));
    const drawnOver = new Set(this.scene.hits.map(({ id }) => String(id)));
    const count = this.points.n;
    const colours = new Uint8Array(4 * count);
    this.alpha = new Uint8Array(count);
    for (let row = 0; row < count; row++) {
      const code = codes[row];
      const alpha = hiddenCodes.has(code) ? 0 : faint.length && faint[row] ? FAINT_ALPHA : 255;
      this.alpha[row] = alpha;
      colours[4 * row] = palette[3 * code];
      colours[4 * row + 1] = palette[3 * code + 1];
      colours[4 * row + 2] = palette[3 * code + 2];
      colours[4 * row + 3] = alpha;
    }
    for (const id of drawnOver) {
      const row = this.rowOf(id);
      if (row >= 0) colours[4 * row + 3] = this.alpha[row] = 0;
    }
    this.stage.setColours(colours);
    this.faintest = this.scene.hits.length > 0;
  }

  get size() {
    const plain = upTo(SIZES, this.points.n);
    return this.points.dimensions === 3 ? plain : Math.min(plain * Math.max(1, this.stage.magnification) ** 0.22, plain * 2.2);
  }

  moved() {
    this.screen = null;
    this.moving = true;
    this.draw();
    clearTimeout(this.settleTimer);
    this.settleTimer = setTimeout(() => this.settle(), SETTLE_AFTER);
  }

  /** The view has stopped moving: choose the pictures to show. */
  settle() {
    this.moving = false;
    this.lastFrame = 0;
    writeWindow(this);
    if (!this.points || !this.alpha || !this.stage || !this.scene) return;
    this.measureCovered();
    this.choosePictures();
    this.draw();
  }

  /** Which items show their picture; on a small map none does. */
  choosePictures() {
    this.side = this.scene.small ? 0 : pictureSide(this.stage.magnification, this.scene.pictures);
    this.pictured = [];
    this.details.dropWaiting();
    if (!this.side) return;
    const taken = markBoxes(this.scene, (at) => this.onScreen(at));
    this.pictured = rowsWithPicture(this.stage, this.points, this.screenPositions(), this.alpha, this.side, taken);
    this.details.request(this.pictured.map((row) => this.idOf(row)), true);
  }

  onScreen(at) {
    const place = this.stage.project(at);
    return place[2] > 1 ? null : place;
  }

  draw() {
    if (this.pending || !this.stage) return;
    this.pending = requestAnimationFrame(() => { this.pending = null; this.drawNow(); });
  }

  drawNow() {
    if (!this.stage?.points || !this.alpha || !this.scene) return;
    this.frames++;
    if (this.gliding) this.glide();
    else if (this.moving) this.adaptShare(performance.now());
    const share = this.moving ? this.share : 1;
    this.stage.render(this.size, upTo(OPACITIES, this.points.n) * (this.faintest ? 0.62 : 1), share);
    const below = this.cleared(this.underCanvas);
    paintUnder(this, below);
    this.drawMarks();
    this.announceDrawn();
  }

  drawMarks() {
    if (this.stage?.points && this.alpha && this.scene) paintOver(this, this.cleared(this.overCanvas));
  }

  cleared(canvas) {
    const context = canvas.getContext("2d");
    context.setTransform(this.pixelRatio, 0, 0, this.pixelRatio, 0, 0);
    context.clearRect(0, 0, this.stage.width, this.stage.height);
    return new CanvasPen(context);
  }

  /** Report that the map is drawn: to the page, if it waits for that, and to whoever measures it. */
  announceDrawn() {
    if (this.frames === 1) performance.mark("nearspace map drawn");
    if (!this.announce) return;
    this.announce = false;
    this.send("drawn", { points: this.points.n });
  }

  /** Adapt the share of points drawn while the view moves to the time since its last frame. */
  adaptShare(now) {
    const took = this.lastFrame ? now - this.lastFrame : 0;
    this.lastFrame = now;
    const least = Math.min(1, MIN_POINTS / this.points.n);
    if (took > 1000) return; // something else blocked the page
    if (took > SLOW_FRAME) this.share = Math.max(least, this.share * Math.max(0.5, SLOW_FRAME / took));
    else if (took && took < FAST_FRAME) this.share = Math.min(1, this.share * 1.1);
  }

  // ---- points ------------------------------------------------------------------------------------------------------

  idOf(row) {
    return String(this.points.ids[row]);
  }

  rowOf(id) {
    this.rows ??= new Map(Array.from(this.points.ids, (each, row) => [String(each), row]));
    return this.rows.get(String(id)) ?? -1;
  }

  at(row) {
    return [this.positions[3 * row], this.positions[3 * row + 1], this.positions[3 * row + 2]];
  }

  colourAt(row) {
    const { codes, palette } = this.colours;
    const from = 3 * codes[row];
    return `rgb(${palette[from]},${palette[from + 1]},${palette[from + 2]})`;
  }

  /** Where every point is on the screen. */
  screenPositions() {
    if (!this.screen) {
      this.stage.updateMatrix();
      this.screen = this.stage.projectAll(this.positions, new Float32Array(2 * this.points.n));
    }
    return this.screen;
  }

  /** The id of the item at a position of the screen: of a hit, a neighbour, a picture or a point; or null. */
  itemAt(x, y) {
    return itemAt(this, x, y);
  }

  // ---- actions that are sent to the page -----------------------------------------------------------------------------

  pick(id) {
    this.send("pick", { id });
  }

  pickPlace(x, y) {
    this.send("place", { at: this.stage.unproject(x, y), name: this.points.name });
  }

  select(polygon) {
    const flat = this.points.dimensions === 2;
    const points = polygon.map(([x, y]) =>
      flat ? this.stage.unproject(x, y) : [(x / this.stage.width) * 2 - 1, 1 - (y / this.stage.height) * 2]);
    this.send("area", { points, matrix: flat ? null : [...this.stage.matrix.elements], name: this.points.name });
  }

  hide(hidden) {
    this.hidden = hidden;
    this.colour();
    this.draw();
    this.settle();
    this.send("hide", { hidden: [...hidden] });
  }

  save(kind) {
    save(this, kind);
  }
}
