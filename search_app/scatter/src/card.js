// The card over a point: its picture or the beginning of its text.  All words are set as text, never as markup.
export class Card {
  constructor(frame, map) {
    this.map = map;
    this.box = document.createElement("div");
    this.box.className = "card";
    this.box.hidden = true;
    this.box.setAttribute("role", "status");
    frame.append(this.box);
  }

  show(id, at) {
    this.id = id;
    this.spot = at;
    const told = this.map.lookup.of(id);
    if (!told) { this.box.hidden = true; this.waiting = id; return this.wait(); }
    this.waiting = null;
    this.fill(id, told);
    this.box.hidden = false;
    const { clientWidth: width, clientHeight: height } = this.map.stageBox;
    const { offsetWidth: wide, offsetHeight: high } = this.box;
    const left = at[0] + 16 + wide > width ? at[0] - wide - 16 : at[0] + 16;
    this.box.style.left = `${Math.max(4, left)}px`;
    this.box.style.top = `${Math.max(4, Math.min(at[1] - high / 2, height - high - 4))}px`;
  }

  /** Show it once the answer is there, unless the pointer has gone on meanwhile. */
  wait() {
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      if (this.waiting === null) return clearInterval(this.timer);
      if (this.map.lookup.known.has(this.waiting)) {
        clearInterval(this.timer);
        this.show(this.waiting, this.spot);
      }
    }, 60);
  }

  fill(id, told) {
    const part = (kind, words, into = this.box) => {
      if (!words) return;
      const element = document.createElement("div");
      element.className = kind;
      element.textContent = words;
      into.append(element);
    };
    this.box.replaceChildren();
    if (told.picture) {
      const picture = document.createElement("img");
      picture.src = told.picture;
      picture.alt = "";
      this.box.append(picture);
    }
    const words = document.createElement("div");
    words.className = "words";
    const rank = this.map.scene.hits.find((hit) => String(hit.id) === id)?.rank;
    part("title", rank ? `${rank} · ${told.title}` : told.title, words);
    part("where", told.where, words);
    part("text", told.text, words);
    const row = this.map.rowOf(id);
    const kind = row < 0 ? null : this.map.look.legend.find(({ code }) => code === this.map.look.codes[row]);
    if (kind && this.map.look.by !== "modality") part("kind", `${this.map.look.by}: ${kind.name}`, words);
    this.box.append(words);
  }

  /** The page is drawn again: what the pointer rests on is told as long as it is still there. */
  again() {
    const id = this.waiting ?? (this.box.hidden ? null : this.id);
    if (id === null) return;
    if (!this.map.stale && this.map.alpha && this.map.under(...this.spot) === id) this.show(id, this.spot);
    else this.hide();
  }

  hide() {
    this.waiting = null;
    this.box.hidden = true;
  }
}
