// Links the numbered hits of a map with their cards on the page: hovering over one highlights the other.
const CARD = ".ns-result";
const HIGHLIGHTED = "ns-lit";

const rankUnder = (event) => event.target.closest?.(CARD)?.dataset.rank ?? null;

export class ResultCards {
  /** `onRank` is called with the number of the hit whose card is under the pointer, or null. */
  constructor(onRank) {
    this.rank = null;
    this.listeners = new AbortController();
    document.addEventListener("mouseover", (event) => {
      const rank = rankUnder(event);
      if (rank === this.rank) return;
      this.rank = rank;
      onRank(rank);
    }, { signal: this.listeners.signal });
  }

  /** Highlight the card of a hit, and no other. */
  highlight(rank) {
    document.querySelectorAll(`.${HIGHLIGHTED}`).forEach((card) => card.classList.remove(HIGHLIGHTED));
    if (rank) document.querySelector(`${CARD}[data-rank="${rank}"]`)?.classList.add(HIGHLIGHTED);
  }

  dispose() {
    this.highlight(null);
    this.listeners.abort();
  }
}
