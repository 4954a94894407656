// Chooses results by their corners: a click takes one, with Shift all from the last one; `x` does the same by the keyboard.
const CORNER = ".ns-result [data-choose]";
const corners = () => [...document.querySelectorAll(CORNER)].filter((corner) => corner.offsetParent);
const shownIds = () => [...new Set(corners().map((corner) => corner.dataset.choose))];

let question = "";
let chosen = new Set();
let awaited = null; // what the bar was last told, until it says the same
let last = ""; // where a range begins
let paths = [];
let most = 100;
let followed = null; // the last link that a button of the bar drew
let send = () => {};

function mark() {
  for (const corner of document.querySelectorAll(CORNER)) {
    const on = chosen.has(corner.dataset.choose);
    if (corner.getAttribute("aria-checked") !== String(on)) corner.setAttribute("aria-checked", String(on));
    corner.closest(".ns-result").classList.toggle("ns-is-chosen", on);
  }
  const root = document.documentElement;
  root.classList.toggle("ns-choosing", chosen.size > 0);
  if (!chosen.size) return;
  const link = document.querySelector(".st-key-choosing-follow a");
  if (link && link !== followed) {
    followed = link;
    link.click();
  }
  // The bar lies under the results, not under the map.
  const column = corners()[0]?.closest(".stColumn, .stMainBlockContainer")?.getBoundingClientRect();
  if (!column) return;
  root.style.setProperty("--ns-choosing-left", `${Math.round(column.left)}px`);
  root.style.setProperty("--ns-choosing-width", `${Math.round(column.width)}px`);
}

function tell() {
  mark();
  const ids = [...chosen];
  awaited = ids.join();
  send("chosen", { ids });
}

function choose(id, withRange) {
  const all = shownIds();
  const [from, to] = [all.indexOf(last), all.indexOf(id)];
  if (withRange && from >= 0 && to >= 0) {
    for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) if (chosen.size < most) chosen.add(each);
  } else if (chosen.has(id)) chosen.delete(id);
  else if (chosen.size < most) chosen.add(id);
  last = id;
  tell();
}

function clear() {
  chosen.clear();
  last = "";
  tell();
}

async function copy(button) {
  const text = paths.join("\n");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Outside a secure context only the old clipboard command works.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  const label = button.lastElementChild;
  const before = label.textContent;
  label.textContent = "Copied";
  setTimeout(() => { label.textContent = before; }, 1500);
}

function onClick(event) {
  const corner = event.target.closest?.(CORNER);
  const button = event.target.closest?.("[data-choosing]");
  if (corner) {
    event.preventDefault();
    event.stopPropagation(); // the card is not selected, nor opened
    choose(corner.dataset.choose, event.shiftKey);
  } else if (button?.dataset.choosing === "copy") copy(button);
  else if (button) clear();
}

// With Shift a browser would mark the text between the two clicks.
const onMouseDown = (event) => { if (event.shiftKey && event.target.closest?.(CORNER)) event.preventDefault(); };

const isTyping = (target) =>
  target.isContentEditable || Boolean(target.closest?.('input, textarea, select, [role="combobox"], [role="listbox"]'));
const isCovered = () => Boolean(document.querySelector('[data-testid="stPopoverBody"], [data-testid="stDialog"], .ns-viewer'));

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
  if (isTyping(event.target) || isCovered()) return;
  if (event.key === "Escape" && chosen.size) clear();
  else if (event.key.toLowerCase() === "x") {
    const corner = document.querySelector(".ns-result.ns-selected [data-choose]");
    if (!corner) return;
    choose(corner.dataset.choose, event.shiftKey);
  } else return;
  event.preventDefault();
}

export default function ({ data, setTriggerValue }) {
  send = setTriggerValue;
  ({ paths, most } = data);
  const told = data.ids.join();
  if (data.question !== question) [question, last, awaited] = [data.question, "", null];
  // An answer to an earlier click does not take back what was chosen since.
  if (awaited === told) awaited = null;
  if (awaited === null) chosen = new Set(data.ids);
  mark();
  const timer = setInterval(mark, 150);
  document.addEventListener("click", onClick, true);
  document.addEventListener("mousedown", onMouseDown);
  document.addEventListener("keydown", onKey);
  document.documentElement.classList.add("ns-choosing-ready");
  return () => {
    clearInterval(timer);
    document.removeEventListener("click", onClick, true);
    document.removeEventListener("mousedown", onMouseDown);
    document.removeEventListener("keydown", onKey);
    document.documentElement.classList.remove("ns-choosing-ready");
  };
}
