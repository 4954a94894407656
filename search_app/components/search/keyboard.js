// Keys for the results: each does what a click on the button of its name would.
const CARD = ".ns-result";
const CHOSEN = "ns-chosen";

// The number of the chosen card: Streamlit may put another element in its place.
let current = "";

const cards = () => [...document.querySelectorAll(CARD)];
const chosen = () => (current ? document.querySelector(`${CARD}[data-rank="${current}"]`) : null);
// A popover has that role too.
const dialog = () => document.querySelector(".st-key-details-head")?.closest('[role="dialog"]');
const press = (root, name) => {
  const button = root?.querySelector(`[class*="st-key-${name}"] button:not([disabled])`);
  button?.click();
  return Boolean(button);
};
const act = (card, name) => {
  const button = card?.querySelector(`.ns-acts [data-act="${name}"]`);
  button?.click();
  return Boolean(button);
};

// Whether a key belongs to what has the focus: a field, a menu, a slider, the map.
const typing = (target) =>
  target.isContentEditable ||
  Boolean(target.closest?.('input, textarea, select, [role="combobox"], [role="listbox"], [role="slider"], [role="menu"]'));

function choose(card) {
  current = card?.dataset.rank ?? "";
  light();
  if (!card) return;
  card.tabIndex = -1;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function light() {
  const card = chosen();
  document.querySelectorAll(`.${CHOSEN}`).forEach((lit) => { if (lit !== card) lit.classList.remove(CHOSEN); });
  if (card && !card.classList.contains(CHOSEN)) card.classList.add(CHOSEN);
}

// The card that lies next in a direction: in a row, or nearest in the row above or below.
function beside(card, key) {
  const all = cards();
  const place = all.indexOf(card);
  if (key === "ArrowLeft") return all[place - 1];
  if (key === "ArrowRight") return all[place + 1];
  const here = card.getBoundingClientRect();
  const down = key === "ArrowDown";
  const others = all.filter((other) => {
    const there = other.getBoundingClientRect();
    return down ? there.top > here.top + 4 : there.top < here.top - 4;
  });
  const far = (other) => {
    const there = other.getBoundingClientRect();
    return Math.abs(there.top - here.top) * 4 + Math.abs(there.left - here.left);
  };
  return others.sort((one, two) => far(one) - far(two))[0];
}

function onDialog(event) {
  const names = { ArrowLeft: "details-previous", ArrowRight: "details-next" };
  return names[event.key] ? press(dialog(), names[event.key]) : false;
}

function onPage(event) {
  const card = chosen();
  const all = cards();
  switch (event.key) {
    case "/":
      document.querySelector(".st-key-ask textarea")?.focus();
      return true;
    case "j":
    case "k": {
      const step = event.key === "j" ? 1 : -1;
      const next = card ? all[all.indexOf(card) + step] : all[0];
      if (next) choose(next);
      return Boolean(next);
    }
    case "ArrowLeft":
    case "ArrowRight":
    case "ArrowUp":
    case "ArrowDown": {
      const next = card && beside(card, event.key);
      if (next) choose(next);
      return Boolean(card);
    }
    case "Enter":
      // A button that has the focus is pressed by the browser.
      return card && !event.target.closest?.("button, a, summary") ? act(card, "details") : false;
    case "m":
      return act(card, "more");
    case "s":
      return act(card, "from");
    case "n":
      return press(document, "page-next");
    case "p":
      return press(document, "page-previous");
    case "?":
      return press(document, "keys-help");
    case "Escape":
      if (card) choose(null);
      return false;
    default:
      return false;
  }
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
  if (typing(event.target)) {
    if (event.key === "Escape" && !dialog() && event.target.closest(".st-key-ask")) event.target.blur();
    return;
  }
  if (dialog() ? onDialog(event) : onPage(event)) event.preventDefault();
}

// A button that copies the words beside it.
async function onClick(event) {
  const button = event.target.closest?.(".ns-copy");
  if (button) {
    const words = button.parentElement.querySelector(".ns-copied-words").textContent;
    try {
      await navigator.clipboard.writeText(words);
    } catch {
      // Without a secure address there is no clipboard but the old one.
      const field = document.createElement("textarea");
      field.value = words;
      button.parentElement.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
    return;
  }
  const card = event.target.closest?.(CARD);
  if (card && card !== chosen() && !event.target.closest("button, a, summary")) choose(card);
}

// The passage of a document that was found is brought into view when the document appears.
let shown = null;
function bringIntoView() {
  const here = document.querySelector(".ns-document .ns-here");
  if (here === shown) return;
  shown = here;
  const around = here?.closest(".ns-document");
  if (around) around.scrollTop += here.getBoundingClientRect().top - around.getBoundingClientRect().top - 48;
}

let asked = null;
export default function ({ data }) {
  if (asked && asked.question !== data.question) current = "";
  if (asked && asked.question === data.question && asked.page !== data.page) {
    document.querySelector(".st-key-results-head")?.scrollIntoView({ block: "start", behavior: "smooth" });
  }
  asked = data;
  const timer = setInterval(() => { light(); bringIntoView(); }, 150);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.documentElement.classList.add("ns-hears-keys");
  return () => {
    document.documentElement.classList.remove("ns-hears-keys");
    clearInterval(timer);
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("click", onClick);
  };
}
