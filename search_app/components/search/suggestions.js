// What the query bar suggests while one types: recent questions, topics and folders of the space.
const SHOWN = 6; // of each kind at once
const KEPT = 12; // recent questions that the browser keeps

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const icon = (name) => make("span", { class: "ns-icon", translate: "no", "aria-hidden": "true" }, name);
const iconButton = (name, label, attributes) =>
  make("button", { type: "button", title: label, "aria-label": label, ...attributes }, icon(name));

class Suggestions {
  constructor(bar) {
    this.bar = bar;
    this.chosen = -1;
    this.list = make("div", {
      class: "ns-bar-panel ns-bar-list", id: "ns-bar-list", role: "listbox", "aria-label": "Suggestions", hidden: true,
    });
    bar.box.setAttribute("aria-controls", "ns-bar-list");
    this.forget = make("button", {
      type: "button", class: "ns-bar-forget", onmousedown: (event) => event.preventDefault(),
      onclick: () => { forget(bar.data.space); this.show(); },
    }, "Forget recent searches");
  }

  get shown() { return !this.list.hidden; }

  get options() { return [...this.list.querySelectorAll("[role=option]")]; }

  // With `all`, what is suggested to an empty bar is shown while the box has the words of the question.
  show(all = false) {
    const { bar } = this;
    const { data } = bar;
    if (!data) return;
    const typed = bar.box.value.trim().toLowerCase();
    const wanted = all && typed === data.text.trim().toLowerCase() ? "" : typed;
    const fits = (words) => (!wanted || words.toLowerCase().includes(wanted)) && words !== data.asked.label;
    const asked = recent(data.space).filter((each) => fits(each.label)).slice(0, SHOWN);
    const topics = data.topics.filter(fits).slice(0, SHOWN);
    const folders = wanted ? data.folders.filter(fits).slice(0, SHOWN) : [];
    this.list.replaceChildren(
      ...asked.map(({ label, params }, place) => this.option(`recent-${place}`, "history", label, "", () => {
        bar.sent = bar.box.value;
        bar.send({ name: "recent", params });
      })),
      ...topics.map((name, place) => this.option(`topic-${place}`, "category", name, "topic", () => {
        bar.box.value = name;
        bar.ask();
      })),
      ...folders.map((folder, place) => {
        const [, parent, name] = folder.match(/^(?:(.*)\/)?([^/]*)$/s);
        const said = parent ? `folder in ${parent}` : "folder";
        return this.option(`folder-${place}`, "folder", name || folder, said, () => {
          bar.box.value = data.text; // what was typed named the folder
          bar.send({ name: "folder", folder });
        });
      }),
    );
    const hidden = !this.list.children.length || document.activeElement !== bar.box;
    this.list.hidden = hidden;
    this.forget.remove();
    if (asked.length && !hidden) this.list.after(this.forget);
    bar.root.classList.toggle("ns-suggesting", !hidden);
    this.choose(-1);
  }

  option(name, sign, words, kind, act) {
    return make("div", {
      role: "option", id: `ns-bar-option-${name}`, "aria-selected": "false", onclick: act, onpick: act,
      onmousedown: (event) => event.preventDefault(),
    }, icon(sign), make("span", { dir: "auto" }, words), kind ? make("small", {}, kind) : null);
  }

  choose(place) {
    const { box } = this.bar;
    const { options } = this;
    this.chosen = place;
    options.forEach((each, number) => each.setAttribute("aria-selected", String(number === place)));
    if (options[place]) {
      box.setAttribute("aria-activedescendant", options[place].id);
      options[place].scrollIntoView({ block: "nearest" });
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  }

  step(by) {
    if (!this.shown) this.show(true);
    const count = this.options.length;
    if (count) this.choose((this.chosen + by + count + (this.chosen < 0 && by < 0 ? 1 : 0)) % count);
  }

  // Does what the chosen one stands for; false where none is chosen.
  pick() {
    const option = this.shown ? this.options[this.chosen] : undefined;
    option?.dispatchEvent(new Event("pick"));
    return Boolean(option);
  }

  hide() {
    this.list.hidden = true;
    this.forget.remove();
    this.bar.root.classList.remove("ns-suggesting");
    this.choose(-1);
  }
}

// ---- recent questions, which stay in this browser ----

const storeName = (space) => `nearspace.recent.${space}`;

function recent(space) {
  try {
    const found = JSON.parse(localStorage.getItem(storeName(space)) ?? "[]");
    return Array.isArray(found) ? found.filter((each) => typeof each?.label === "string") : [];
  } catch {
    return [];
  }
}

function remember({ space, asked }) {
  if (!asked.label) return;
  const others = recent(space).filter((each) => each.label !== asked.label);
  try {
    localStorage.setItem(storeName(space), JSON.stringify([asked, ...others].slice(0, KEPT)));
  } catch {
    // A browser that keeps nothing has no recent questions.
  }
}

function forget(space) {
  try {
    localStorage.removeItem(storeName(space));
  } catch {
    // There is none.
  }
}
