// Details of items, which the app sends only on request: their words, and their pictures.
const PICTURES_AT_ONCE = 48;
const DETAILS_AT_ONCE = 4;
const TIMEOUT = 6000; // milliseconds after which an unanswered request is repeated

/** Requests details of items, a batch at a time, and caches them. */
export class ItemDetails {
  constructor(onChange) {
    this.known = new Map();
    this.waiting = new Map(); // id to whether its small picture alone is needed
    this.pictures = new Map();
    this.onChange = onChange;
    this.send = null;
    this.sentAt = 0;
  }

  /** The details of an item; requests them if they are missing. */
  of(id) {
    const found = this.known.get(id);
    if (!found) this.request([id], false);
    return found;
  }

  /** The small picture of an item, once it is loaded. */
  picture(id) {
    const found = this.pictures.get(id);
    return found?.complete && found.naturalWidth ? found : null;
  }

  request(ids, small) {
    for (const id of ids) {
      const there = small ? this.pictures.has(id) : this.known.has(id);
      if (!there && this.waiting.get(id) !== false) this.waiting.set(id, small);
    }
    this.sendNext();
  }

  /** Drop the requests that have not been sent yet, as the view has moved on. */
  dropWaiting() {
    this.waiting.clear();
  }

  /** Forget everything: the ids are those of another space now. */
  clear() {
    for (const part of [this.known, this.waiting, this.pictures]) part.clear();
  }

  sendNext() {
    const now = performance.now();
    // An answer may get lost when the page is drawn again; the next request does not wait for it for ever.
    if (!this.send || !this.waiting.size || (this.sentAt && now - this.sentAt < TIMEOUT)) return;
    this.sentAt = now;
    const whole = [...this.waiting].filter(([, small]) => !small).map(([id]) => id).slice(0, DETAILS_AT_ONCE);
    const small = [...this.waiting].filter(([, only]) => only).map(([id]) => id).slice(0, PICTURES_AT_ONCE);
    this.send({ whole, small, at: Math.round(now) });
  }

  /** Request again: the page has been drawn again, and the last request may have been lost. */
  resend() {
    this.sentAt = 0;
    this.sendNext();
  }

  receive({ whole, small }) {
    for (const [id, details] of Object.entries(whole)) { this.known.set(id, details); this.waiting.delete(id); }
    for (const [id, source] of Object.entries(small)) {
      const picture = new Image();
      picture.onload = () => this.onChange();
      if (source) picture.src = source;
      this.pictures.set(id, picture);
      this.waiting.delete(id);
    }
    this.sentAt = 0;
    this.onChange();
    this.sendNext();
  }
}
