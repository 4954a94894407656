// One map: its parts, the layers it is drawn in, and what is done with pointer and keys.
import { Card } from "./card.js";
import { Cards } from "./cards.js";
import { axesNames, densityOf, over, under } from "./overlay.js";
import { save } from "./out.js";
import { same } from "./pack.js";
import { CanvasPen } from "./pens.js";
import { Pointer } from "./pointer.js";
import { chosen, Lookup } from "./sheet.js";
import { Stage } from "./stage.js";
import { build } from "./tools.js";

const STILL = 160; // milliseconds without a move after which pictures are chosen anew
const GONE = 20_000; // milliseconds without an element on the page after which a map ends
const SLOW = 34; // milliseconds a frame takes at most while the view moves, if fewer points help
const QUICK = 20; // milliseconds a frame takes where more points may be drawn
const LEAST = 4_000; // points that are drawn while the view moves, however slow that is
const FAINT = 34; // of 255: points that are not in question
const SIZES = [[300, 11], [3_000, 8], [20_000, 5.5], [60_000, 4], [200_000, 3], [Infinity, 2.2]]; // pixels across
const OPACITIES = [[3_000, 0.88], [20_000, 0.75], [60_000, 0.6], [200_000, 0.5], [Infinity, 0.4]];

const upTo = (table, count) => table.find(([most]) => count <= most)[1];

/** What a scene says, but for what may be done in it. */
const toldOf = (scene) => JSON.stringify({ ...scene, acts: null });

export class SpaceMap {
  constructor() {
    this.lookup = new Lookup(() => this.draw());
    this.pictured = [];
    this.frames = 0;
    this.share = 1; // of the points, drawn while the view moves
    this.moving = false;
    this.hover = -1;
    this.lit = null; // the number of the hit whose card is under the pointer
    this.area = null; // while it is drawn, on the screen
  }

  // ---- parts -------------------------------------------------------------------------------------------------------

  setPoints(points) {
    const kept = this.points?.name === points.name;
    if (kept && this.points.n === points.n && this.points.packed === points.packed) return;
    const spots = new Float32Array(3 * points.n);
    const { dimensions } = points;
    for (let row = 0; row < points.n; row++)
      for (let axis = 0; axis < dimensions; axis++) spots[3 * row + axis] = points.spots[dimensions * row + axis] / 32_000;
    this.points = points;
    this.spots = spots;
    this.keepView = kept;
    this.rows = null;
    this.screen = null;
    this.pictured = [];
    this.densityColour = null;
    this.stale = true;
    this.ready();
  }

  setLook(look) {
    if (this.look && same(this.look, look)) return; // the page is drawn again, and nothing of the map is another
    this.look = look;
    this.ready();
  }

  setScene(scene) {
    const before = this.scene;
    this.scene = scene;
    this.opening ??= scene.window;
    this.theme = scene.theme;
    this.untold = scene.acts.includes("drawn");
    if (before && toldOf(before) === toldOf(scene)) {
      this.remember(); // the page writes its address anew each time that it is drawn
      return;
    }
    this.hidden = new Set(scene.hidden);
    if (before && before.space !== scene.space) this.lookup.forget();
    else if (before && before.revision !== scene.revision) this.lookup.known.clear();
    for (const [name, colour] of Object.entries(scene.theme)) this.frame.style.setProperty(`--ns-${name}`, colour);
    this.tools.update(scene);
    this.asked = Boolean(before) && JSON.stringify(before.star) !== JSON.stringify(scene.star);
    this.ready();
    this.fly();
    this.card.again();
    if (!this.stale) this.remember();
  }

  /** Look at the part that the page asks for, once each time that it asks for another. */
  fly() {
    const { fly } = this.scene;
    if (!this.stage.points || this.points?.name !== this.scene.name || this.stale) return;
    const wanted = JSON.stringify([fly, this.scene.name]);
    if (wanted === this.flown) return;
    if (fly) this.stage.flyTo(fly.at, fly.wide);
    else if (this.flown && JSON.parse(this.flown)[0] && JSON.parse(this.flown)[1] === this.scene.name) this.stage.fit();
    this.flown = wanted;
  }

  /** Draw once all parts of one and the same map are there. */
  ready() {
    if (!this.stage || !this.scene || !this.points || !this.look) return;
    if (this.look.name !== this.points.name || this.scene.name !== this.points.name) return;
    if (this.look.codes.length !== this.points.n) return;
    if (this.stale) {
      const diamonds = Float32Array.from(this.points.kinds);
      this.stage.setPoints(this.spots, diamonds, this.points.dimensions, this.keepView);
      this.stale = false;
      this.fly();
      if (this.opening) this.stage.see(this.opening);
      this.opening = "";
      this.moved();
    }
    this.colour();
    this.find();
    this.tools.legend(this.look, this.scene, this.hidden, (hidden) => this.hide(hidden));
    this.frame.dataset.drawn = String(this.points.n);
    this.draw();
  }

  /** Show the whole map where a question that has just been asked lies outside of what is looked at. */
  find() {
    if (this.asked && this.scene.star) {
      const [x, y] = this.stage.project(this.scene.star.at);
      if (!(x >= 0 && y >= 0 && x <= this.stage.width && y <= this.stage.height)) this.stage.fit();
    }
    this.asked = false;
  }

  // ---- drawing -----------------------------------------------------------------------------------------------------

  attach(root, small) {
    clearTimeout(this.leaving);
    if (this.stage) {
      // Another element of the page: the view moves over as it is.
      if (this.frame.parentNode !== root) root.append(this.frame);
      return;
    }
    Object.assign(this, build(root, this, small));
    try {
      this.stage = new Stage(this.glass, () => this.moved(), small);
    } catch (error) {
      this.tools.say("This browser has no WebGL, which the map is drawn with. Turn on hardware acceleration, or use another browser.");
      this.tell("drawn", { points: 0 }); // nor will it ever be
      throw error;
    }
    this.underCanvas.after(this.stage.canvas);
    this.stage.canvas.classList.add("layer");
    this.card = new Card(this.frame, this);
    this.pointer = new Pointer(this);
    this.cards = new Cards((rank) => { this.lit = rank; this.draw(); });
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.stageBox);
    this.stale = Boolean(this.points);
    this.resize();
    // For tests, and for whoever scripts the page.
    this.frame.nearspace = this;
  }

  /** End, unless another element takes the view over at once. */
  leave() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      if (!this.stage || this.frame.isConnected) return;
      clearTimeout(this.settling);
      this.observer.disconnect();
      this.pointer.dispose();
      this.cards.dispose();
      this.stage.dispose();
      this.stage = this.scene = null;
      this.frame.remove();
    }, GONE);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stageBox;
    if (!width || !height || !this.stage) return;
    const dense = Math.min(globalThis.devicePixelRatio || 1, 2);
    for (const canvas of [this.underCanvas, this.overCanvas]) {
      canvas.width = width * dense;
      canvas.height = height * dense;
    }
    this.dense = dense;
    this.stage.resize(width, height);
    this.moved();
  }

  colour() {
    const { codes, palette, faint } = this.look;
    const hiddenCodes = new Set(this.look.legend.filter(({ name }) => this.hidden.has(name)).map(({ code }) => code));
    const drawnOver = new Set(this.scene.hits.map(({ id }) => String(id)));
    const count = this.points.n;
    const colours = new Uint8Array(4 * count);
    this.alpha = new Uint8Array(count);
    for (let row = 0; row < count; row++) {
      const code = codes[row];
      const alpha = hiddenCodes.has(code) ? 0 : faint.length && faint[row] ? FAINT : 255;
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
    return this.points.dimensions === 3 ? plain : Math.min(plain * Math.max(1, this.stage.closeness) ** 0.22, plain * 2.2);
  }

  moved() {
    this.screen = null;
    this.moving = true;
    this.draw();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), STILL);
  }

  /** The view rests: choose the pictures that are shown. */
  settle() {
    this.moving = false;
    this.paced = 0;
    this.remember();
    if (!this.scene?.sheet || !this.points || !this.alpha || !this.stage) { this.pictured = []; return this.draw(); }
    this.pictured = chosen(this.stage, this.points, this.screenOf(), this.alpha);
    this.lookup.drop();
    this.lookup.want(this.pictured.map((row) => this.idOf(row)), true);
    this.draw();
  }

  /** Keep what is looked at in the page's address, so that a link and a reload come back to it. */
  remember() {
    if (!this.stage?.points || !this.scene || this.scene.small || !this.frame.isConnected) return;
    const address = new URL(location.href);
    const { window } = this.stage;
    if ((address.searchParams.get("window") ?? "") === window) return;
    if (window) address.searchParams.set("window", window);
    else address.searchParams.delete("window");
    history.replaceState(history.state, "", address);
  }

  draw() {
    if (this.pending || !this.stage) return;
    this.pending = requestAnimationFrame(() => { this.pending = null; this.drawNow(); });
  }

  drawNow() {
    if (!this.stage?.points || !this.alpha || !this.scene) return;
    this.frames++;
    if (this.moving) this.pace(performance.now());
    const share = this.moving ? this.share : 1;
    this.stage.render(this.size, upTo(OPACITIES, this.points.n) * (this.faintest ? 0.62 : 1), share);
    const [below, above] = [this.underCanvas, this.overCanvas].map((canvas) => canvas.getContext("2d"));
    for (const context of [below, above]) {
      context.setTransform(this.dense, 0, 0, this.dense, 0, 0);
      context.clearRect(0, 0, this.stage.width, this.stage.height);
    }
    this.drawUnder(new CanvasPen(below));
    this.drawOver(new CanvasPen(above));
    this.tellDrawn();
  }

  /** Tell the page that the map is drawn, where it waits for that; and whoever measures it. */
  tellDrawn() {
    if (this.frames === 1) performance.mark("nearspace map drawn");
    if (!this.untold) return;
    this.untold = false;
    this.tell("drawn", { points: this.points.n });
  }

  /** Learn from the time since the last frame of a movement how many points this machine can move smoothly. */
  pace(now) {
    const took = this.paced ? now - this.paced : 0;
    this.paced = now;
    const least = Math.min(1, LEAST / this.points.n);
    if (took > 1000) return; // something else held the page up
    if (took > SLOW) this.share = Math.max(least, this.share * Math.max(0.5, SLOW / took));
    else if (took && took < QUICK) this.share = Math.min(1, this.share * 1.1);
  }

  drawUnder(pen) {
    if (this.points.density?.length && this.densityColour !== this.theme.muted) {
      const { density: values, densitySize: size, densityBox: box } = this.points;
      this.density = densityOf({ values, size, box }, this.theme.muted);
      this.densityColour = this.theme.muted;
    } else if (!this.points.density?.length) this.density = null;
    under(pen, { stage: this.stage, theme: this.theme, density: this.density, withDensity: this.scene.density, axes: this.scene.axes });
  }

  drawOver(pen) {
    const pictures = [];
    for (const row of this.scene.sheet ? this.pictured : []) {
      const picture = this.lookup.picture(this.idOf(row));
      const at = this.stage.project(this.at(row));
      if (picture && at[2] <= 1 && this.alpha[row] > 128) pictures.push({ spot: at, picture, colour: this.colourAt(row) });
    }
    this.names = over(pen, {
      stage: this.stage, theme: this.theme, scene: this.scene, pictures, lit: this.lit, area: this.area ?? this.drawnArea(),
      colourOf: (id) => { const row = this.rowOf(id); return row < 0 ? null : this.colourAt(row); },
    });
    if (this.hover >= 0) {
      const [x, y] = this.stage.project(this.at(this.hover));
      pen.circle(x, y, Math.max(this.size, 7), { stroke: this.theme.ink, width: 2 });
    }
    axesNames(pen, { stage: this.stage, theme: this.theme, axes: this.scene.axes });
  }

  /** The chosen area on the screen: where it lies on a flat map, and nowhere once a scene has been turned. */
  drawnArea() {
    const { area } = this.scene;
    if (!area || this.points.dimensions !== 2) return null;
    return area.map((at) => this.stage.project(at).slice(0, 2));
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
    return [this.spots[3 * row], this.spots[3 * row + 1], this.spots[3 * row + 2]];
  }

  colourAt(row) {
    const { codes, palette } = this.look;
    const from = 3 * codes[row];
    return `rgb(${palette[from]},${palette[from + 1]},${palette[from + 2]})`;
  }

  /** Where every point is on the screen. */
  screenOf() {
    if (!this.screen) {
      this.stage.look();
      this.screen = this.stage.projectAll(this.spots, new Float32Array(2 * this.points.n));
    }
    return this.screen;
  }

  /** What is under a place of the screen: a hit, a neighbour, a picture or a point; its id, or null. */
  under(x, y) {
    const near = (at, radius) => { const [u, v, depth] = this.stage.project(at); return depth <= 1 && Math.hypot(u - x, v - y) <= radius; };
    const marked = [...this.scene.hits.map((hit) => [hit, 11]), ...this.scene.near.map((each) => [each, 8])];
    const found = marked.find(([{ at }, radius]) => near(at, radius));
    if (found) return String(found[0].id);
    for (const row of this.scene.sheet ? [...this.pictured].reverse() : []) {
      const picture = this.lookup.picture(this.idOf(row));
      if (!picture) continue;
      const [u, v] = this.stage.project(this.at(row));
      const scale = 29 / Math.max(picture.width, picture.height);
      if (Math.abs(u - x) <= picture.width * scale && Math.abs(v - y) <= picture.height * scale) return this.idOf(row);
    }
    const screen = this.screenOf();
    const reach = Math.max(this.size / 2 + 3, 7);
    let best = reach * reach, chosenRow = -1;
    for (let row = 0; row < this.points.n; row++) {
      if (!this.alpha[row]) continue;
      const right = screen[2 * row] - x, down = screen[2 * row + 1] - y;
      const away = right * right + down * down;
      if (away < best) { best = away; chosenRow = row; }
    }
    return chosenRow < 0 ? null : this.idOf(chosenRow);
  }

  /** How many of the drawn points lie within a polygon of the screen. */
  within(polygon) {
    const screen = this.screenOf();
    let count = 0;
    for (let row = 0; row < this.points.n; row++)
      if (this.alpha[row] && inside(polygon, screen[2 * row], screen[2 * row + 1])) count++;
    return count;
  }

  // ---- what is told to the page -------------------------------------------------------------------------------------

  pick(id) {
    this.tell("pick", { id });
  }

  empty(x, y) {
    this.tell("spot", { at: this.stage.unproject(x, y), name: this.points.name });
  }

  select(polygon) {
    const flat = this.points.dimensions === 2;
    const points = polygon.map(([x, y]) =>
      flat ? this.stage.unproject(x, y) : [(x / this.stage.width) * 2 - 1, 1 - (y / this.stage.height) * 2]);
    this.tell("area", { points, matrix: flat ? null : [...this.stage.matrix.elements], name: this.points.name });
  }

  hide(hidden) {
    this.hidden = hidden;
    this.colour();
    this.draw();
    this.settle();
    this.tell("hide", { hidden: [...hidden] });
  }

  save(kind) {
    save(this, kind);
  }
}

function inside(polygon, x, y) {
  let within = false;
  for (let here = 0, before = polygon.length - 1; here < polygon.length; before = here++) {
    const [ax, ay] = polygon[here], [bx, by] = polygon[before];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}
