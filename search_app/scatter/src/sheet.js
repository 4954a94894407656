// The contact sheet: which items show their picture on the map, one for each square of a grid that goes with the zoom.
const CELL = 74; // pixels
const MOST = 140;
const AHEAD = 48; // pictures asked for at a time

/** Rows of the points that show a picture: the first one of each square in view; at most MOST. */
export function chosen(stage, points, screen, alpha) {
  const { width, height } = stage;
  // The grid holds on to the map while it is moved, and its squares are halved as often as the zoom doubles.
  const [zeroX, zeroY] = stage.dimensions === 2 ? stage.project([0, 0]) : [0, 0];
  const unit = stage.dimensions === 2 ? stage.project([1, 0])[0] - zeroX : 1;
  const cell = stage.dimensions === 2 ? unit * 2 ** Math.ceil(Math.log2(CELL / unit)) : CELL;
  const taken = new Set();
  const rows = [];
  for (let row = 0; row < points.n && rows.length < MOST; row++) {
    if (points.kinds[row] || alpha[row] < 128) continue;
    const x = screen[2 * row], y = screen[2 * row + 1];
    if (!(x > 20 && y > 20 && x < width - 20 && y < height - 20)) continue;
    const square = `${Math.floor((x - zeroX) / cell)},${Math.floor((y - zeroY) / cell)}`;
    if (taken.has(square)) continue;
    taken.add(square);
    rows.push(row);
  }
  return rows;
}

/** Asks for what the map shows of items, a batch at a time, and remembers the answers. */
export class Lookup {
  constructor(onAnswer) {
    this.known = new Map();
    this.waiting = new Map(); // id to whether its small picture alone is wanted
    this.pictures = new Map();
    this.onAnswer = onAnswer;
    this.send = null;
    this.asked = 0;
  }

  /** What is known of an item; asks for it otherwise. */
  of(id) {
    const found = this.known.get(id);
    if (!found) this.want([id], false);
    return found;
  }

  /** The small picture of an item, once it is there. */
  picture(id) {
    const found = this.pictures.get(id);
    return found?.complete && found.naturalWidth ? found : null;
  }

  want(ids, small) {
    for (const id of ids) {
      const there = small ? this.pictures.has(id) : this.known.has(id);
      if (!there && this.waiting.get(id) !== false) this.waiting.set(id, small);
    }
    this.next();
  }

  /** Forget what was wanted and not asked for yet, as the view has moved on. */
  drop() {
    this.waiting.clear();
  }

  /** Forget all, as ids are those of another space. */
  forget() {
    for (const part of [this.known, this.waiting, this.pictures]) part.clear();
  }

  next() {
    const now = performance.now();
    // An answer may get lost where the page is drawn anew; the next question does not wait for it for ever.
    if (!this.send || !this.waiting.size || (this.asked && now - this.asked < 6000)) return;
    this.asked = now;
    const whole = [...this.waiting].filter(([, small]) => !small).map(([id]) => id).slice(0, 4);
    const small = [...this.waiting].filter(([, only]) => only).map(([id]) => id).slice(0, AHEAD);
    this.send({ whole, small, at: Math.round(now) });
  }

  /** Ask anew: the page has been drawn again, and what was asked before may have been lost. */
  again() {
    this.asked = 0;
    this.next();
  }

  answer({ whole, small }) {
    for (const [id, told] of Object.entries(whole)) { this.known.set(id, told); this.waiting.delete(id); }
    for (const [id, source] of Object.entries(small)) {
      const picture = new Image();
      picture.onload = () => this.onAnswer();
      if (source) picture.src = source;
      this.pictures.set(id, picture);
      this.waiting.delete(id);
    }
    this.asked = 0;
    this.onAnswer();
    this.next();
  }
}
