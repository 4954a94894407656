// The card over a point: its picture or the beginning of its text.  All words are set as text, never as markup.
export class HoverCard {
  constructor(frame, map) {
    this.map = map;
    this.box = document.createElement("div");
    this.box.className = "hover-card";
    this.box.hidden = true;
    this.box.setAttribute("role", "status");
    frame.append(this.box);
  }

  show(id, at) {
    this.id = id;
    this.position = at;
    const details = this.map.details.of(id);
    if (!details) { this.box.hidden = true; this.waiting = id; return this.wait(); }
    this.waiting = null;
    this.fill(id, details);
    this.box.hidden = false;
    const { clientWidth: width, clientHeight: height } = this.map.stageBox;
    const { offsetWidth: wide, offsetHeight: high } = this.box;
    const left = at[0] + 16 + wide > width ? at[0] - wide - 16 : at[0] + 16;
    this.box.style.left = `${Math.max(4, left)}px`;
    this.box.style.top = `${Math.max(4, Math.min(at[1] - high / 2, height - high - 4))}px`;
  }

  /** Show it once the details are there, unless the pointer has moved on. */
  wait() {
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      if (this.waiting === null) return clearInterval(this.timer);
      if (this.map.details.known.has(this.waiting)) {
        clearInterval(this.timer);
        this.show(this.waiting, this.position);
      }
    }, 60);
  }

  fill(id, details) {
    const part = (kind, words, into = this.box) => {
      if (!words) return;
      const element = document.createElement("div");
      element.className = kind;
      element.textContent = words;
      into.append(element);
    };
    this.box.replaceChildren();
    if (details.picture) {
      const picture = document.createElement("img");
      picture.src = details.picture;
      picture.alt = "";
      this.box.append(picture);
    }
    const words = document.createElement("div");
    words.className = "words";
    const rank = this.map.scene.hits.find((hit) => String(hit.id) === id)?.rank;
    part("title", rank ? `${rank} · ${details.title}` : details.title, words);
    part("where", details.where, words);
    part("text", details.text, words);
    const row = this.map.rowOf(id);
    const kind = row < 0 ? null : this.map.colours.legend.find(({ code }) => code === this.map.colours.codes[row]);
    if (kind && this.map.colours.by !== "modality") part("kind", `${this.map.colours.by}: ${kind.name}`, words);
    this.box.append(words);
  }

  /** After the page was drawn again: keep the card while its item is still under the pointer. */
  refresh() {
    const id = this.waiting ?? (this.box.hidden ? null : this.id);
    if (id === null) return;
    if (!this.map.stale && this.map.alpha && this.map.itemAt(...this.position) === id) this.show(id, this.position);
    else this.hide();
  }

  hide() {
    this.waiting = null;
    this.box.hidden = true;
  }
}
