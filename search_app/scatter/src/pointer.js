// Pointer and keys: hover, click, lasso and box; moving the view is left to the stage's controls.
const CLICK_RADIUS = 5; // pixels a pointer may move during a click
const CORNER_DISTANCE = 4; // pixels between two corners of a lasso
const HOVER_DELAY = 70; // milliseconds a pointer rests on a point before its card shows

export class Pointer {
  constructor(map) {
    this.map = map;
    this.tool = "move";
    this.down = null;
    this.pointers = 0;
    const { surface } = map;
    this.listeners = new AbortController();
    const on = (name, act) => surface.addEventListener(name, act, { signal: this.listeners.signal });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.lift(event));
    on("pointercancel", () => this.cancel());
    on("pointerleave", () => this.leave());
    on("keydown", (event) => this.key(event));
    on("contextmenu", (event) => event.preventDefault());
  }

  use(tool) {
    if (!this.map.scene?.actions.includes("area")) return;
    this.tool = this.tool === tool ? "move" : tool;
    this.map.stage.controls.enabled = this.tool === "move";
    this.map.surface.dataset.tool = this.tool;
    this.map.elements.markTool(this.tool);
    this.cancel();
  }

  place(event) {
    const box = this.map.surface.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  press(event) {
    this.pointers++;
    this.leave();
    if (event.button > 0) return;
    this.down = this.pointers === 1 ? this.place(event) : null;
    if (this.tool !== "move" && this.down) {
      this.map.surface.setPointerCapture(event.pointerId);
      this.corners = [this.down];
    }
  }

  move(event) {
    const at = this.place(event);
    if (this.corners) {
      if (this.tool === "box") {
        const [x, y] = this.down;
        this.corners = [[x, y], [at[0], y], at, [x, at[1]]];
      } else if (Math.hypot(at[0] - this.corners.at(-1)[0], at[1] - this.corners.at(-1)[1]) >= CORNER_DISTANCE) this.corners.push(at);
      this.map.area = this.corners;
      this.map.draw();
    } else if (event.pointerType !== "touch" && !event.buttons) this.over(at);
  }

  over(at) {
    clearTimeout(this.hoverTimer);
    this.hoverTimer = setTimeout(() => this.show(at), HOVER_DELAY);
  }

  show(at) {
    const { map } = this;
    if (!map.scene || !map.alpha) return;
    const id = map.itemAt(...at);
    const row = id ? map.rowOf(id) : -1;
    map.surface.style.cursor = id || this.nameAt(at) ? "pointer" : "";
    if (row !== map.hover) { map.hover = row; map.draw(); }
    map.resultCards.highlight(map.scene.hits.find((hit) => String(hit.id) === id)?.rank);
    if (id) map.hoverCard.show(id, at);
    else map.hoverCard.hide();
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
      if (corners.length > 2 && wide > CLICK_RADIUS) map.select(corners);
      this.use("move");
      map.draw();
      return;
    }
    if (!down || Math.hypot(at[0] - down[0], at[1] - down[1]) > CLICK_RADIUS || !map.alpha) return;
    const name = this.nameAt(at);
    const id = map.itemAt(...at);
    map.hoverCard.hide(); // it would cover the effect of the click
    if (id) map.pick(id);
    else if (name) map.send("topic", { code: name.code });
    else map.pickPlace(...at);
  }

  cancel() {
    this.corners = this.down = null;
    this.pointers = 0;
    if (this.map.area) { this.map.area = null; this.map.draw(); }
  }

  leave() {
    clearTimeout(this.hoverTimer);
    this.map.hoverCard?.hide();
    this.map.resultCards?.highlight(null);
    if (this.map.hover >= 0) { this.map.hover = -1; this.map.draw(); }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { stage } = this.map;
    const actions = {
      ArrowLeft: () => stage.step(-0.1, 0), ArrowRight: () => stage.step(0.1, 0),
      ArrowUp: () => stage.step(0, 0.1), ArrowDown: () => stage.step(0, -0.1),
      "+": () => stage.zoom(1), "=": () => stage.zoom(1), "-": () => stage.zoom(-1), 0: () => stage.fit(),
      l: () => this.use("lasso"), b: () => this.use("box"), Escape: () => this.use("move"),
      Enter: () => this.middle(true), " ": () => this.middle(false),
    };
    if (!stage.points || !actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }

  /** What lies nearest to the middle of the view: shown, or picked. */
  middle(pick) {
    const { map } = this;
    const [x, y] = [map.stage.width / 2, map.stage.height / 2];
    const screen = map.screenPositions();
    let best = Infinity, row = -1;
    for (let each = 0; each < map.points.n; each++) {
      const away = map.alpha[each] ? Math.hypot(screen[2 * each] - x, screen[2 * each + 1] - y) : Infinity;
      if (away < best) { best = away; row = each; }
    }
    if (row < 0) return;
    if (pick) map.pick(map.idOf(row));
    else { map.hover = row; map.draw(); map.hoverCard.show(map.idOf(row), [screen[2 * row], screen[2 * row + 1]]); }
  }

  dispose() {
    clearTimeout(this.hoverTimer);
    this.listeners.abort();
  }
}
