// The bar that the question lives in; query_bar.py sends it the question, and is sent what is done here.
const SENT_AS_IT_IS = 4e6; // bytes; a larger picture is reduced here, where the browser can read it
const SIDE = 2048;
const LEAST = 0.25;
const HEAVIEST = 3;

const bars = new WeakMap();
let current = null; // the bar on the page, for what happens outside of it

class Bar {
  constructor(parent) {
    this.data = null;
    this.given = null; // the words that the question had when they were last put into the box
    this.sent = null; // the words that were sent last
    this.draft = null; // the box for words that are about to be added
    this.opened = null; // the token whose settings are shown
    this.build(parent);
  }

  // ---- what there is to see ----

  build(parent) {
    this.box = make("textarea", {
      rows: "1", cols: "1", dir: "auto", autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
      "aria-label": "Question", "aria-autocomplete": "list",
      oninput: () => this.typed(), onkeydown: (event) => this.key(event),
      onfocus: () => { if (!this.box.value) this.suggestions.show(); }, onblur: () => this.suggestions.hide(),
    });
    this.replica = make("span", { class: "ns-bar-box" }, this.box);
    this.weight = iconButton("tune", "Weight of the words", { class: "ns-bar-weight", onclick: () => this.openWords() });
    this.dropWords = iconButton("close", "Take the words out", {
      class: "ns-token-drop", onclick: () => this.send({ name: "ask", text: "" }),
    });
    this.words = make("span", { class: "ns-bar-words" }, this.replica, this.weight, this.dropWords);
    this.tokens = make("span", { class: "ns-bar-tokens", role: "group", "aria-label": "Parts of the question" });
    this.parts = make("div", { class: "ns-bar-parts" }, this.words, this.tokens);
    this.clear = iconButton("close", "Clear the question", {
      class: "ns-bar-clear", onclick: () => { this.box.value = ""; this.send({ name: "clear" }); this.box.focus(); },
    });
    this.add = iconButton("add", "Add to the question", {
      class: "ns-bar-add", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => this.toggleMenu(),
    });
    this.go = iconButton("search", "Search", { class: "ns-bar-go", onclick: () => this.ask() });
    const buttons = make("div", { class: "ns-bar-buttons" }, this.clear, this.add, this.go);
    this.field = make("div", { class: "ns-bar-field", onmousedown: (event) => this.focusBox(event) }, this.parts, buttons);
    this.suggestions = new Suggestions(this);
    this.menu = make("div", { class: "ns-bar-panel ns-bar-menu", role: "menu", "aria-label": "Add to the question", hidden: true });
    this.settings = make("div", { class: "ns-bar-panel ns-bar-settings", role: "dialog", hidden: true });
    this.file = make("input", {
      type: "file", hidden: true, tabindex: "-1", "aria-hidden": "true", onchange: () => { this.picture(this.file.files[0]); this.file.value = ""; },
    });
    this.said = make("div", { class: "ns-bar-said", role: "status" });
    this.root = make("div", { class: "ns-bar", role: "search", "aria-label": "The space" },
      this.field, this.suggestions.list, this.menu, this.settings, this.file, this.said);
    parent.append(this.root);
  }

  draw(data) {
    const before = this.data;
    this.data = data;
    this.root.classList.remove("ns-busy");
    // The answer to what was sent leaves alone what has been typed since.
    const typing = this.sent !== null && this.box.value !== this.sent;
    if (!before || (!typing && (this.sent !== null || data.text !== this.given))) this.box.value = data.text;
    this.given = data.text;
    this.sent = null;
    this.root.dataset.question = data.text;
    this.box.maxLength = data.longest;
    this.file.accept = data.accept;
    const focused = document.activeElement?.closest?.("[data-token]")?.dataset.token;
    this.tokens.replaceChildren(
      ...data.tokens.map((token, place) => this.token(token, place === 0 && !data.text)),
      ...data.filters.map((filter) => this.filter(filter)),
      ...(this.draft ? [this.draft] : []),
    );
    if (focused) this.tokens.querySelector(`[data-token="${CSS.escape(focused)}"] button`)?.focus();
    this.fit();
    this.keepSettings();
    if (this.suggestions.shown) this.suggestions.show();
    remember(data);
  }

  // What depends on the words in the box.
  fit() {
    const { data } = this;
    this.replica.dataset.text = `${this.box.value} `;
    const company = data.tokens.length > 0;
    this.root.classList.toggle("ns-company", company && Boolean(data.text));
    this.root.classList.toggle("ns-words-last", !data.text && company);
    this.root.classList.toggle("ns-bare", !company);
    this.clear.hidden = !(data.text || company || this.box.value);
    this.box.placeholder = company ? (data.judged ? "Ask something else" : data.text ? "" : "Add words") : "Describe it, or paste a picture";
  }

  token(token, first) {
    const sign = token.kind === "text" ? (token.weight < 0 ? "−" : first ? "" : "+") : token.kind === "between" ? "between" : token.weight < 0 ? "unlike" : "like";
    const share = Math.abs(token.weight);
    const said = `${sign === "−" ? "without" : sign} ${token.words}`.trim();
    const open = make("button", {
      type: "button", class: "ns-token-open", "aria-haspopup": "dialog", title: token.words,
      onclick: () => this.openToken(token),
      "aria-label": share === 1 ? said : `${said}, weight ${share}`,
    });
    if (sign) open.append(make("em", {}, sign));
    token.pictures.forEach((address) => open.append(make("img", { src: address, alt: "" })));
    if (token.kind !== "image" || !token.pictures.length) open.append(make("b", { dir: "auto" }, token.words));
    if (token.at !== null) open.append(make("small", {}, `${Math.round(100 * token.at)} %`));
    if (share !== 1) open.append(make("small", {}, `× ${share}`));
    const drop = iconButton("close", `Take out: ${said}`, {
      class: "ns-token-drop", onclick: () => this.send({ name: "drop", token: token.id }),
    });
    return make("span", { class: `ns-token${token.weight < 0 ? " ns-negative" : ""}`, "data-token": token.id }, open, drop);
  }

  filter(filter) {
    return make("span", { class: "ns-token ns-filter", "data-token": filter.id },
      make("button", {
        type: "button", class: "ns-token-open", title: filter.title ?? "Take this filter away",
        "aria-label": `Take this filter away: ${filter.words}`,
        onclick: () => this.send({ name: "drop", token: filter.id }),
      }, filter.icon ? icon(filter.icon) : null, make("b", { dir: "auto" }, filter.words), icon("close")));
  }

  // ---- asking ----

  send(event) {
    this.root.classList.add("ns-busy");
    this.suggestions.hide();
    this.closeMenu();
    this.said.textContent = "";
    this.trigger("event", { ...event, moment: Date.now() });
  }

  ask() {
    const text = this.box.value.trim();
    if (this.draft) this.draft.querySelector("input").blur();
    if (!text && !this.data.text) { this.box.focus(); return; }
    this.sent = this.box.value;
    this.send({ name: "ask", text });
  }

  async picture(file, event = { name: "ask" }) {
    if (!file) return;
    if (file.size > this.data.most_bytes) {
      this.said.textContent = `${file.name} is larger than ${Math.round(this.data.most_bytes / 1e6)} MB. Save a smaller copy.`;
      return;
    }
    this.root.classList.add("ns-busy");
    this.said.textContent = "Sending the picture …";
    const content = await encoded(await reduced(file));
    this.sent = this.box.value;
    // A second picture is a further part, the first is asked with the words.
    const more = this.data.tokens.some((token) => token.kind === "image");
    this.send({ ...event, name: more ? "add" : event.name, text: more ? "" : this.box.value.trim(), picture: content, file: file.name });
  }

  typed() {
    this.fit();
    this.suggestions.show();
  }

  key(event) {
    if (event.isComposing) return;
    const { suggestions } = this;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && (suggestions.shown || (event.key === "ArrowDown" && !this.box.value.includes("\n")))) {
      suggestions.step(step);
      event.preventDefault();
    } else if (event.key === "Escape" && suggestions.shown) {
      suggestions.hide();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (!suggestions.pick()) this.ask();
    } else if (event.key === "Backspace" && !this.box.value && this.data.tokens.length && !this.data.text) {
      event.preventDefault();
      this.tokens.querySelector(".ns-token:not(.ns-filter):last-of-type .ns-token-open, .ns-token-open")?.focus();
    }
  }

  focusBox(event) {
    if (event.target.closest("button, input, textarea, .ns-token")) return;
    event.preventDefault();
    this.box.focus();
    this.box.setSelectionRange(this.box.value.length, this.box.value.length);
  }

  // ---- the menu to add parts ----

  toggleMenu() {
    if (!this.menu.hidden) { this.closeMenu(); return; }
    this.closeSettings();
    this.suggestions.hide();
    const entry = (name, label, hint, act) => make("button", {
      type: "button", role: "menuitem", tabindex: "-1", onclick: () => { this.closeMenu(); act(); },
    }, icon(name), make("span", {}, label, hint ? make("small", {}, hint) : null));
    this.menu.replaceChildren(
      entry("add", "Words", "that are looked for as well", () => this.startDraft(false)),
      entry("remove", "Leave out", "words of what is not wanted", () => this.startDraft(true)),
      entry("image", "A picture", "or paste one, or drop it on the page", () => this.file.click()),
      entry("photo_library", "From the collection", "more like one of its pictures or passages", () => this.send({ name: "pick" })),
      ...(this.data.between ? [entry("linear_scale", "Between the two", "what lies between both items", () => this.send({ name: "between" }))] : []),
    );
    this.menu.onkeydown = (event) => this.menuKey(event);
    this.menu.hidden = false;
    this.add.setAttribute("aria-expanded", "true");
    this.menu.firstElementChild.focus();
  }

  menuKey(event) {
    const entries = [...this.menu.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      entries[(entries.indexOf(document.activeElement) + step + entries.length) % entries.length].focus();
      event.preventDefault();
    } else if (event.key === "Escape" || event.key === "Tab") {
      this.closeMenu();
      this.add.focus();
      event.preventDefault();
      event.stopPropagation();
    }
  }

  closeMenu() {
    this.menu.hidden = true;
    this.add.setAttribute("aria-expanded", "false");
  }

  startDraft(without) {
    const input = make("input", {
      type: "text", dir: "auto", autocomplete: "off", maxlength: this.data.longest,
      "aria-label": without ? "Words to leave out" : "Words to add", placeholder: without ? "leave out …" : "add …",
      onkeydown: (event) => {
        if (event.isComposing) return;
        if (event.key === "Enter") { event.preventDefault(); this.endDraft(input, without); }
        if (event.key === "Escape") { event.stopPropagation(); input.value = ""; this.endDraft(input, without); this.box.focus(); }
      },
      onblur: () => this.endDraft(input, without),
    });
    this.draft?.remove();
    this.draft = make("span", { class: `ns-token ns-draft${without ? " ns-negative" : ""}` }, make("em", {}, without ? "−" : "+"), input);
    this.tokens.append(this.draft);
    this.root.classList.remove("ns-bare");
    input.focus();
  }

  endDraft(input, without) {
    if (!this.draft?.contains(input)) return;
    const text = input.value.trim();
    const draft = this.draft;
    this.draft = null;
    draft.remove();
    this.fit();
    if (text) this.send({ name: "add", text, without });
  }

  // ---- the settings of a token ----

  openWords() {
    this.openToken({ id: "term-0", kind: "text", words: this.data.text, weight: 1, pictures: [], at: null, item: "" });
  }

  openToken(token) {
    if (this.opened?.id === token.id && !this.settings.hidden) { this.closeSettings(); return; }
    this.closeMenu();
    this.opened = { ...token };
    const judged = token.kind === "judged";
    const negative = token.weight < 0;
    const share = Math.abs(token.weight);
    const rows = [];
    token.pictures.forEach((address) => rows.push(make("img", { src: address, alt: token.words })));
    if (token.kind === "text") {
      rows.push(make("input", {
        type: "text", dir: "auto", value: token.words, "aria-label": "Words", maxlength: this.data.longest,
        onchange: (event) => this.change({ words: event.target.value.trim() || this.opened.words }),
      }));
    } else {
      rows.push(make("p", { dir: "auto" }, token.words));
    }
    if (!judged) {
      const sign = (label, without) => make("button", {
        type: "button", "aria-pressed": String(negative === without),
        onclick: () => { this.change({ weight: (without ? -1 : 1) * Math.abs(this.opened.weight) }); },
      }, label);
      rows.push(make("div", { class: "ns-bar-signs", role: "group", "aria-label": "This part" }, sign("Look for it", false), sign("Leave it out", true)));
      rows.push(this.slider("Counts", Math.min(LEAST, share), Math.max(HEAVIEST, share), 0.25, share, (value) => `× ${value}`,
        (value) => this.change({ weight: Math.sign(this.opened.weight) * value })));
    }
    if (token.kind === "between") {
      rows.push(this.slider("From the first to the second", 0, 100, 5, Math.round(100 * token.at), (value) => `${value} %`,
        (value) => this.change({ at: value / 100 })));
    }
    const buttons = make("div", { class: "ns-bar-settings-buttons" });
    if (token.item) buttons.append(make("button", { type: "button", onclick: () => { this.closeSettings(); this.send({ name: "details", item: token.item }); } }, icon("open_in_full"), "Details"));
    buttons.append(make("button", { type: "button", onclick: () => { const id = this.opened.id; this.closeSettings(); this.send(id === "term-0" && this.data.text ? { name: "ask", text: "" } : { name: "drop", token: id }); } }, icon("close"), "Take out"));
    rows.push(buttons);
    this.settings.replaceChildren(...rows);
    this.settings.setAttribute("aria-label", `Settings of ${token.words}`);
    this.settings.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.closeSettings();
      this.tokens.querySelector(`[data-token="${CSS.escape(token.id)}"] button`)?.focus();
    };
    this.settings.hidden = false;
    const anchor = this.tokens.querySelector(`[data-token="${CSS.escape(token.id)}"]`) ?? this.words;
    const left = anchor.getBoundingClientRect().left - this.root.getBoundingClientRect().left;
    this.settings.style.left = `${Math.max(0, Math.min(left, this.root.clientWidth - this.settings.offsetWidth))}px`;
    this.settings.querySelector("input, button")?.focus({ preventScroll: true });
  }

  slider(label, least, most, step, value, words, act) {
    const output = make("output", {}, words(value));
    const range = make("input", {
      type: "range", min: String(least), max: String(most), step: String(step), "aria-label": label,
      oninput: () => { output.textContent = words(Number(range.value)); },
      onchange: () => act(Number(range.value)),
    });
    range.value = String(value);
    return make("label", { class: "ns-bar-slider" }, make("span", {}, label, output), range);
  }

  change(changes) {
    Object.assign(this.opened, changes);
    const { id, weight, words, at } = this.opened;
    this.settings.querySelectorAll("[aria-pressed]").forEach((button, place) => button.setAttribute("aria-pressed", String((weight < 0) === (place === 1))));
    this.send({ name: "change", token: id, weight, text: words, at });
  }

  // A term keeps its settings open while it is changed, also under another name.
  keepSettings() {
    if (this.settings.hidden || !this.opened) return;
    const { kind, words, item } = this.opened;
    const same = this.data.tokens.find((token) => token.kind === kind && token.words === words && token.item === item);
    if (same) this.opened.id = same.id;
    else if (kind === "text" && words === this.data.text) this.opened.id = "term-0";
    else this.closeSettings();
  }

  closeSettings() {
    this.settings.hidden = true;
    this.opened = null;
  }

  closeAllBut(target) {
    if (!this.menu.contains(target) && !this.add.contains(target)) this.closeMenu();
    if (!this.settings.contains(target) && !this.field.contains(target)) this.closeSettings();
  }
}

// ---- pictures ----

async function reduced(file) {
  if (file.size <= SENT_AS_IT_IS) return file;
  try {
    const whole = await createImageBitmap(file);
    const share = Math.min(1, SIDE / Math.max(whole.width, whole.height));
    const canvas = make("canvas");
    canvas.width = Math.round(whole.width * share);
    canvas.height = Math.round(whole.height * share);
    canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
    return (await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92))) ?? file;
  } catch {
    return file; // a format that only the server reads
  }
}

const encoded = (blob) => new Promise((done, failed) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
  reader.onerror = () => failed(reader.error);
  reader.readAsDataURL(blob);
});

const pictureOf = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? transfer?.files?.[0];
const isElsewhere = (target) => Boolean(target?.closest?.('[data-testid="stFileUploaderDropzone"], [role="dialog"]:not(.ns-bar-settings)'));

function onPaste(event) {
  const typing = event.target.closest?.("input, textarea, [contenteditable]");
  if (!current || (typing && !current.root.contains(typing)) || isElsewhere(event.target)) return;
  const file = pictureOf(event.clipboardData);
  if (!file) return;
  event.preventDefault();
  current.picture(file);
}

function onDrag(event) {
  if (!current || !event.dataTransfer?.types?.includes("Files") || isElsewhere(event.target)) return;
  if (event.type !== "dragleave") event.preventDefault();
  current.root.classList.toggle("ns-dropping", event.type === "dragover" || (event.type === "dragleave" && event.relatedTarget !== null));
  if (event.type === "drop") current.picture(pictureOf(event.dataTransfer));
}

const onPress = (event) => current?.closeAllBut(event.target);

const OUTSIDE = { paste: onPaste, dragover: onDrag, dragleave: onDrag, drop: onDrag, mousedown: onPress };

export default function ({ data, parentElement, setTriggerValue }) {
  let bar = bars.get(parentElement);
  if (!bar) {
    bar = new Bar(parentElement);
    bars.set(parentElement, bar);
  }
  current = bar;
  bar.trigger = setTriggerValue;
  bar.draw(data);
  for (const [name, act] of Object.entries(OUTSIDE)) document.addEventListener(name, act);
  return () => {
    bar.root.remove();
    bars.delete(parentElement);
    if (current !== bar) return;
    current = null;
    for (const [name, act] of Object.entries(OUTSIDE)) document.removeEventListener(name, act);
  };
}
