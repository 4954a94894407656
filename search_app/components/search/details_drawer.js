// Opens the details of results, goes from one to the next in the order in which they are drawn, and closes them.
const RESULT = ".ns-result[data-item]";
const drawer = () => document.querySelector(".st-key-details");
const results = () => [...document.querySelectorAll(RESULT)].filter((card) => card.offsetParent);
const resultOf = (item) => results().find((card) => card.dataset.item === item);
const pictureOf = (card) => card?.querySelector("img.ns-picture");
const isPicture = (card) => Boolean(pictureOf(card));

let opened = ""; // the item whose details are shown, or are on their way
let asked = null; // what the drawer was last asked to show, until it does
let send = () => {};
let opener = null; // what had the focus
let focusWanted = false;

const viewer = pictureViewer({
  step: (direction) => {
    const to = neighbour(direction, isPicture);
    if (to) show(to.dataset.item);
  },
  whole: () => {
    const picture = document.querySelector(`.ns-details-picture[data-item="${opened}"]`);
    const shown = Math.max(...["width", "height"].map((side) => Number(picture?.firstElementChild?.getAttribute(side))));
    if (picture && Number(picture.dataset.whole) > shown && !picture.dataset.asked) {
      picture.dataset.asked = "yes";
      send("show", { item: opened, whole: true });
    }
  },
  closed: () => {},
});

// The result before or after the opened one as they are drawn, of those that pass `wanted`.
function neighbour(direction, wanted = () => true) {
  const all = results();
  for (let at = all.findIndex((card) => card.dataset.item === opened) + direction; all[at]; at += direction) {
    if (wanted(all[at])) return all.some((card) => card.dataset.item === opened) ? all[at] : null;
  }
  return null;
}

function show(item) {
  if (!opened) {
    opener = document.activeElement;
    focusWanted = true;
  }
  opened = asked = item;
  send("show", { item });
  arrange(); // first, so that the result is scrolled to a place that the drawer leaves free
  document.dispatchEvent(new CustomEvent("nearspace:opened", { detail: { item } }));
}

function close() {
  if (!opened) return;
  const card = resultOf(opened);
  opened = asked = "";
  arrange();
  send("show", { item: "" });
  const back = card ?? opener;
  if (back?.isConnected) {
    if (card && card.tabIndex < 0) card.tabIndex = -1;
    back.focus({ preventScroll: true });
  }
}

// The drawer covers the column of the map, and never the results, nor the question above them.
function arrange() {
  const root = document.documentElement;
  root.classList.toggle("ns-details-open", Boolean(opened));
  if (!opened) return;
  const column = document.querySelector(".stColumn:has(.st-key-map-panel)")?.getBoundingClientRect();
  const beside = column && column.left > innerWidth * 0.4;
  const width = beside ? innerWidth - column.left + 6 : Math.min(innerWidth * 0.42, 560);
  const top = beside ? Math.min(Math.max(column.top, 0), innerHeight * 0.4) : 0;
  root.style.setProperty("--ns-drawer-width", `${Math.round(Math.min(Math.max(width, 360), 900))}px`);
  root.style.setProperty("--ns-drawer-top", `${Math.round(top)}px`);
  root.classList.toggle("ns-details-push", !beside && results().length > 0);
}

// Streamlit draws the drawer anew for each item: what it cannot say of its elements is said here.
function complete() {
  arrange();
  const section = drawer();
  if (!section || !opened) return;
  if (section.getAttribute("role") !== "region") {
    section.setAttribute("role", "region");
    section.tabIndex = -1;
    section.querySelector(".st-key-details-head")?.setAttribute("aria-live", "polite");
  }
  const title = section.querySelector(".ns-details-head h4")?.textContent ?? "";
  const label = `Details of ${title}`;
  if (section.getAttribute("aria-label") !== label) section.setAttribute("aria-label", label);
  for (const [name, direction] of [["previous", -1], ["next", 1]]) {
    const button = section.querySelector(`[data-details="${name}"]`);
    if (button) button.disabled = !neighbour(direction);
  }
  const number = section.querySelector(".ns-details-number");
  const rank = resultOf(section.querySelector(".ns-details-head")?.dataset.item)?.dataset.rank;
  if (number && rank && number.textContent !== `, result ${rank}`) number.textContent = `, result ${rank}`;
  if (focusWanted) {
    focusWanted = false;
    section.focus({ preventScroll: true });
  }
  if (viewer.isOpen()) view();
}

// Shows the opened picture alone: that of the drawer once it is there, and until then the small one of its card.
function view() {
  const shown = document.querySelector(`.ns-details-picture[data-item="${opened}"] img`);
  const card = resultOf(opened);
  const image = shown ?? pictureOf(card);
  if (!image) return;
  const title = card?.querySelector("h4") ?? document.querySelector(".ns-details-head h4");
  viewer.show({
    item: opened, url: image.src, alt: image.alt, name: title?.textContent ?? image.alt,
    first: !neighbour(-1, isPicture), last: !neighbour(1, isPicture),
  });
}

const takesKeys = (target) =>
  target.isContentEditable ||
  Boolean(target.closest?.('input, textarea, select, canvas, [role="combobox"], [role="listbox"], [role="slider"], [role="menu"], [role="radiogroup"]'));
const isCovered = () => Boolean(document.querySelector('[data-testid="stPopoverBody"], [data-testid="stDialog"]'));

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
  if (viewer.isOpen()) {
    if (viewer.onKey(event)) event.preventDefault();
    event.stopPropagation();
    return;
  }
  if (!opened || isCovered() || takesKeys(event.target)) return;
  const step = { ArrowLeft: -1, ArrowRight: 1, k: -1, j: 1 }[event.key];
  if (step) {
    const to = neighbour(step);
    if (to) show(to.dataset.item);
  } else if (event.key === "Escape") close();
  else if (event.key === "f" && document.querySelector(`.ns-details-picture[data-item="${opened}"]`)) view();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function onClick(event) {
  const action = event.target.closest?.('button[data-action="details"]');
  if (action) return show(action.dataset.item);
  const name = event.target.closest?.("[data-details]")?.dataset.details;
  if (name === "close") close();
  else if (name === "zoom") view();
  else if (name === "grip") drawer()?.classList.toggle("ns-tall");
  else if (name) {
    const to = neighbour(name === "next" ? 1 : -1);
    if (to) show(to.dataset.item);
  }
}

export default function ({ data, setTriggerValue }) {
  send = setTriggerValue;
  // An answer to an earlier key does not take back what was asked since.
  if (asked === data.opened) asked = null;
  if (asked === null) opened = data.opened;
  arrange();
  const timer = setInterval(complete, 120);
  const root = document.documentElement;
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", onClick);
  addEventListener("resize", arrange);
  document.addEventListener("scroll", arrange, { capture: true, passive: true });
  root.classList.add("ns-details-ready");
  complete();
  return () => {
    clearInterval(timer);
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("click", onClick);
    removeEventListener("resize", arrange);
    document.removeEventListener("scroll", arrange, { capture: true });
    root.classList.remove("ns-details-ready");
  };
}
