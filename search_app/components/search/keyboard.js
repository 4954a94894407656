// Keys for the results: each clicks the button of its name.
const CARD = ".ns-result";
const SELECTED = "ns-selected";

// The rank of the selected card: Streamlit may replace the element.
let selectedRank = "";

const cards = () => [...document.querySelectorAll(`${CARD}:not([hidden])`)];
const selectedCard = () => (selectedRank ? document.querySelector(`${CARD}[data-rank="${selectedRank}"]`) : null);
const clickButton = (root, name) => {
  const button = root?.querySelector(`[class*="st-key-${name}"] button:not([disabled])`);
  button?.click();
  return Boolean(button);
};
const runAction = (card, name) => {
  const button = card?.querySelector(`.ns-actions [data-action="${name}"]`);
  button?.click();
  return Boolean(button);
};

// Whether the focused element uses the key itself: a field, a menu, a slider, the map.
const takesKeys = (target) =>
  target.isContentEditable ||
  Boolean(target.closest?.('input, textarea, select, [role="combobox"], [role="listbox"], [role="slider"], [role="menu"]'));

function select(card, keepsFocus = false) {
  selectedRank = card?.dataset.rank ?? "";
  markSelected();
  if (!card) return;
  card.scrollIntoView({ block: "nearest", behavior: "smooth" });
  if (keepsFocus) return;
  card.tabIndex = -1;
  card.focus({ preventScroll: true });
}

// The result whose details are shown is the selected one.
const onOpened = ({ detail }) => select(cards().find((card) => card.dataset.item === detail.item) ?? null, true);

function markSelected() {
  const card = selectedCard();
  document.querySelectorAll(`.${SELECTED}`).forEach((marked) => { if (marked !== card) marked.classList.remove(SELECTED); });
  if (card && !card.classList.contains(SELECTED)) card.classList.add(SELECTED);
}

// The next card in the direction of an arrow key: in the same row, or the nearest in the row above or below.
function adjacentCard(card, key) {
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
  const distance = (other) => {
    const there = other.getBoundingClientRect();
    return Math.abs(there.top - here.top) * 4 + Math.abs(there.left - here.left);
  };
  return others.sort((one, two) => distance(one) - distance(two))[0];
}

function onPageKey(event) {
  const card = selectedCard();
  const all = cards();
  switch (event.key) {
    case "/":
      document.querySelector(".st-key-ask textarea")?.focus();
      return true;
    case "j":
    case "k": {
      const step = event.key === "j" ? 1 : -1;
      const next = card ? all[all.indexOf(card) + step] : all[0];
      if (next) select(next);
      return Boolean(next);
    }
    case "ArrowLeft":
    case "ArrowRight":
    case "ArrowUp":
    case "ArrowDown": {
      const next = card && adjacentCard(card, event.key);
      if (next) select(next);
      return Boolean(card);
    }
    case "Enter":
      // The browser itself clicks a focused button.
      return card && !event.target.closest?.("button, a, summary") ? runAction(card, "details") : false;
    case "m":
      return runAction(card, "more");
    case "s":
      return runAction(card, "from");
    case "n":
      return clickButton(document, "more-");
    case "?":
      return clickButton(document, "keys-help");
    case "Escape":
      if (card) select(null);
      return false;
    default:
      return false;
  }
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
  if (takesKeys(event.target)) {
    if (event.key === "Escape" && event.target.closest(".st-key-ask")) event.target.blur();
    return;
  }
  if (onPageKey(event)) event.preventDefault();
}

// Copies the text beside a copy button; selects a card that is clicked.
async function onClick(event) {
  const button = event.target.closest?.(".ns-copy");
  if (button) {
    const text = button.parentElement.querySelector(".ns-copy-text").textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Outside a secure context only the old clipboard command works.
      const field = document.createElement("textarea");
      field.value = text;
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
  if (card && card !== selectedCard() && !event.target.closest("button, a, summary")) select(card);
}

// Scrolls a document to its current passage when the document appears.
let scrolledTo = null;
function scrollToPassage() {
  const passage = document.querySelector(".ns-document .ns-current-passage");
  if (passage === scrolledTo) return;
  scrolledTo = passage;
  const box = passage?.closest(".ns-document");
  if (box) box.scrollTop += passage.getBoundingClientRect().top - box.getBoundingClientRect().top - 48;
}

let previous = null;
export default function ({ data }) {
  if (previous && previous.question !== data.question) selectedRank = "";
  if (previous && previous.question === data.question && previous.page !== data.page) {
    document.querySelector(".st-key-results-head")?.scrollIntoView({ block: "start", behavior: "smooth" });
  }
  previous = data;
  const timer = setInterval(() => { markSelected(); scrollToPassage(); }, 150);
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("nearspace:opened", onOpened);
  document.documentElement.classList.add("ns-keys-ready");
  return () => {
    document.documentElement.classList.remove("ns-keys-ready");
    clearInterval(timer);
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("click", onClick);
    document.removeEventListener("nearspace:opened", onOpened);
  };
}
