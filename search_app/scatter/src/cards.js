// Links the numbered hits of a map with their cards on the page: each lights up under a pointer on the other.
const CARD = ".ns-result";
const LIT = "ns-lit";

const rankUnder = (event) => event.target.closest?.(CARD)?.dataset.rank ?? null;

export class Cards {
  /** `onRank` is told the number of the hit whose card the pointer is over, or null. */
  constructor(onRank) {
    this.rank = null;
    this.heard = new AbortController();
    document.addEventListener("mouseover", (event) => {
      const rank = rankUnder(event);
      if (rank === this.rank) return;
      this.rank = rank;
      onRank(rank);
    }, { signal: this.heard.signal });
  }

  /** Light up the card of a hit, and no other. */
  light(rank) {
    document.querySelectorAll(`.${LIT}`).forEach((card) => card.classList.remove(LIT));
    if (rank) document.querySelector(`${CARD}[data-rank="${rank}"]`)?.classList.add(LIT);
  }

  dispose() {
    this.light(null);
    this.heard.abort();
  }
}
