// Pointer and keys: hover, click, lasso and box; moving the view is left to the stage's controls.
const STILL = 5; // pixels a pointer may move during a click
const CLOSE = 4; // pixels between two corners of a lasso
const LINGER = 70; // milliseconds a pointer rests on a point before its card shows

export class Pointer {
  constructor(map) {
    this.map = map;
    this.tool = "move";
    this.down = null;
    this.pointers = 0;
    const { glass } = map;
    this.heard = new AbortController();
    const on = (name, act) => glass.addEventListener(name, act, { signal: this.heard.signal });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.lift(event));
    on("pointercancel", () => this.cancel());
    on("pointerleave", () => this.leave());
    on("keydown", (event) => this.key(event));
    on("contextmenu", (event) => event.preventDefault());
  }

  use(tool) {
    if (!this.map.scene?.acts.includes("area")) return;
    this.tool = this.tool === tool ? "move" : tool;
    this.map.stage.controls.enabled = this.tool === "move";
    this.map.glass.dataset.tool = this.tool;
    this.map.tools.mark(this.tool);
    this.cancel();
  }

  place(event) {
    const box = this.map.glass.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  press(event) {
    this.pointers++;
    this.leave();
    if (event.button > 0) return;
    this.down = this.pointers === 1 ? this.place(event) : null;
    if (this.tool !== "move" && this.down) {
      this.map.glass.setPointerCapture(event.pointerId);
      this.corners = [this.down];
    }
  }

  move(event) {
    const at = this.place(event);
    if (this.corners) {
      if (this.tool === "box") {
        const [x, y] = this.down;
        this.corners = [[x, y], [at[0], y], at, [x, at[1]]];
      } else if (Math.hypot(at[0] - this.corners.at(-1)[0], at[1] - this.corners.at(-1)[1]) >= CLOSE) this.corners.push(at);
      this.map.area = this.corners;
      this.map.draw();
    } else if (event.pointerType !== "touch" && !event.buttons) this.over(at);
  }

  over(at) {
    clearTimeout(this.lingering);
    this.lingering = setTimeout(() => this.show(at), LINGER);
  }

  show(at) {
    const { map } = this;
    if (!map.scene || !map.alpha) return;
    const id = map.under(...at);
    const row = id ? map.rowOf(id) : -1;
    map.glass.style.cursor = id || this.nameAt(at) ? "pointer" : "";
    if (row !== map.hover) { map.hover = row; map.draw(); }
    map.cards.light(map.scene.hits.find((hit) => String(hit.id) === id)?.rank);
    if (id) map.card.show(id, at);
    else map.card.hide();
  }

  nameAt([x, y]) {
    return (this.map.names ?? []).find(({ box }) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]);
  }

  lift(event) {
    this.pointers = Math.max(0, this.pointers - 1);
    const at = this.place(event);
    const { map, corners, down } = this;
    this.corners = this.down = null;
    if (corners) {
      map.area = null;
      const wide = Math.max(...corners.map(([x]) => x)) - Math.min(...corners.map(([x]) => x));
      if (corners.length > 2 && wide > STILL) map.select(corners);
      this.use("move");
      map.draw();
      return;
    }
    if (!down || Math.hypot(at[0] - down[0], at[1] - down[1]) > STILL || !map.alpha) return;
    const name = this.nameAt(at);
    const id = map.under(...at);
    map.card.hide(); // what is done is seen better without it
    if (id) map.pick(id);
    else if (name) map.tell("topic", { code: name.code });
    else map.empty(...at);
  }

  cancel() {
    this.corners = this.down = null;
    this.pointers = 0;
    if (this.map.area) { this.map.area = null; this.map.draw(); }
  }

  leave() {
    clearTimeout(this.lingering);
    this.map.card?.hide();
    this.map.cards?.light(null);
    if (this.map.hover >= 0) { this.map.hover = -1; this.map.draw(); }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { stage } = this.map;
    const acts = {
      ArrowLeft: () => stage.step(-0.1, 0), ArrowRight: () => stage.step(0.1, 0),
      ArrowUp: () => stage.step(0, 0.1), ArrowDown: () => stage.step(0, -0.1),
      "+": () => stage.zoom(1), "=": () => stage.zoom(1), "-": () => stage.zoom(-1), 0: () => stage.fit(),
      l: () => this.use("lasso"), b: () => this.use("box"), Escape: () => this.use("move"),
      Enter: () => this.middle(true), " ": () => this.middle(false),
    };
    if (!stage.points || !acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** What lies nearest to the middle of the view: shown, or picked. */
  middle(pick) {
    const { map } = this;
    const [x, y] = [map.stage.width / 2, map.stage.height / 2];
    const screen = map.screenOf();
    let best = Infinity, row = -1;
    for (let each = 0; each < map.points.n; each++) {
      const away = map.alpha[each] ? Math.hypot(screen[2 * each] - x, screen[2 * each + 1] - y) : Infinity;
      if (away < best) { best = away; row = each; }
    }
    if (row < 0) return;
    if (pick) map.pick(map.idOf(row));
    else { map.hover = row; map.draw(); map.card.show(map.idOf(row), [screen[2 * row], screen[2 * row + 1]]); }
  }

  dispose() {
    clearTimeout(this.lingering);
    this.heard.abort();
  }
}
