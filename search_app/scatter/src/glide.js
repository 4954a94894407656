// The passage of the points from one map to another of the same items.
const LASTS = 1100; // milliseconds

const eased = (share) => (share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2);
const between = (from, to, share) => from + (to - from) * share;

/** Whether a person has asked their system for less motion. */
export const lessMotion = () => globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;

/** Whether two messages draw the same items, in the same order, on flat maps. */
export const sameItems = (one, other) =>
  one.n === other.n && one.dimensions === 2 && other.dimensions === 2 && one.ids.every((id, row) => id === other.ids[row]);

/** Moves points, and the camera with them. */
export class Glide {
  /** From and to: positions, three numbers for each point.  `views`: where the stage looks before and after. */
  constructor(from, to, views) {
    this.from = from;
    this.to = to;
    this.views = views;
    this.began = performance.now();
    this.positions = Float32Array.from(from);
  }

  /** Bring points and camera to where they are by now; whether they have arrived. */
  step(stage) {
    const share = Math.min(1, (performance.now() - this.began) / LASTS);
    const part = eased(share);
    for (let place = 0; place < this.to.length; place++) this.positions[place] = between(this.from[place], this.to[place], part);
    stage.movePoints(this.positions);
    const [before, after] = this.views;
    stage.lookAt({
      target: after.target.map((to, axis) => between(before.target[axis], to, part)),
      position: after.position.map((to, axis) => between(before.position[axis], to, part)),
      zoom: Math.exp(between(Math.log(before.zoom), Math.log(after.zoom), part)),
    });
    return share === 1;
  }
}
