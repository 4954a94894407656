// The pulse of the result whose card is under the pointer.
import { lessMotion } from "./glide.js";

const LASTS = 1000; // milliseconds of one pulse
const PULSES = 3;
const RESTS_AT = 0.3;

export class Pulse {
  /** `draw` draws the marks anew. */
  constructor(draw) {
    this.draw = draw;
    this.rank = null; // the number of the result
    this.began = 0;
  }

  /** Let the result with that number pulse at once; none for null. */
  start(rank) {
    this.rank = rank;
    this.began = performance.now();
    cancelAnimationFrame(this.frame);
    this.step();
  }

  step() {
    this.draw();
    if (this.rank === null || lessMotion() || performance.now() - this.began > LASTS * PULSES) return;
    this.frame = requestAnimationFrame(() => this.step());
  }

  /** How far the present pulse is, 0 to 1. */
  get share() {
    const pulses = (performance.now() - this.began) / LASTS;
    return lessMotion() || pulses >= PULSES ? RESTS_AT : pulses % 1;
  }
}
