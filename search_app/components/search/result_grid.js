// Arranges the grids of pictures, keeps the chosen size, loads more near the end, and returns to the place one left.
const SIZE = "nearspace.picture-size";
const PLACE = "nearspace.place:";
const PATIENCE = 30_000; // milliseconds for a page to be there again
const ENOUGH = 20; // pictures that the first rows of a shelf show, where its width allows
const FEWEST_ROWS = 2;
const MOST_ROWS = 4;
const root = document.documentElement;
const page = () => document.querySelector('[data-testid="stMain"]');
const stored = (store, key) => { try { return store.getItem(key); } catch { return null; } };
const keep = (store, key, value) => { try { store.setItem(key, value); } catch { /* a private window keeps nothing */ } };

// ---- the size of the pictures

function setSize(size) {
  root.style.setProperty("--ns-size", size);
  document.querySelectorAll(".ns-size").forEach((slider) => { if (slider.value !== String(size)) slider.value = size; });
}

function chosenSize() {
  const size = Number(stored(localStorage, SIZE));
  return size >= 0.6 && size <= 3 ? size : 1;
}

// ---- the first rows of a shelf

// Whether the shelf of a grid has a button that shows all of it, so that only its first rows are shown.
const isFolded = (grid) => Boolean(grid.closest('[class*="st-key-shelf-"]')?.querySelector('[class*="st-key-all-"]'));

function rowsOf(cards) {
  const rows = [];
  let top = -Infinity;
  for (const card of cards) {
    const box = card.getBoundingClientRect();
    if (box.top > top + 8) rows.push([]);
    top = Math.max(top, box.top);
    rows.at(-1).push(card);
  }
  return rows;
}

// The rows that show enough pictures without taking more than a view's share.
function firstRows(rows) {
  let count = 0;
  let shown = 0;
  while (count < rows.length && count < MOST_ROWS && (count < FEWEST_ROWS || shown < ENOUGH)) shown += rows[count++].length;
  return count;
}

function arrangeGrid(grid) {
  const cards = [...grid.querySelectorAll(".ns-tile-card")];
  const folded = isFolded(grid);
  const state = [cards.length, grid.clientWidth, root.style.getPropertyValue("--ns-size"), folded, innerHeight].join();
  if (grid.dataset.arranged === state && cards.every((card) => card.dataset.placed)) return;
  cards.forEach((card) => { card.hidden = false; card.dataset.placed = "1"; });
  grid.classList.remove("ns-folded");
  const right = grid.getBoundingClientRect().right;
  if (folded) {
    const rows = rowsOf(cards);
    const hidden = rows.slice(firstRows(rows)).flat();
    hidden.forEach((card) => { card.hidden = true; });
    grid.classList.toggle("ns-folded", hidden.length > 0);
    const goesOn = grid.closest('[class*="st-key-shelf-"]').querySelector("[data-goes-on]");
    root.classList.toggle("ns-all-fit", !hidden.length && !goesOn);
  }
  cards.forEach((card) => card.classList.toggle("ns-at-end", card.getBoundingClientRect().left + 230 > right));
  grid.dataset.arranged = state;
}

let queued = 0;
const arrangeSoon = () => { queued ||= requestAnimationFrame(arrange); };
const arrange = () => {
  queued = 0;
  setSize(root.style.getPropertyValue("--ns-size") || chosenSize());
  document.querySelectorAll('[class*="st-key-"][class*="-grid"]').forEach(arrangeGrid);
};

// ---- more results near the end

let clickedAt = -Infinity;
function loadMore() {
  const main = page();
  const button = [...document.querySelectorAll('[class*="st-key-more-"] button')].find((each) => {
    const box = each.getBoundingClientRect();
    return box.width > 0 && box.top > 0 && box.top < innerHeight + 250;
  });
  // Only as one scrolls on: a short page would load all there is.
  if (!button || button.disabled || main.scrollTop < clickedAt + 120) return;
  clickedAt = main.scrollTop;
  button.click();
}

// ---- the place of the page

let wanted = null; // how far down the page one comes back to was
let until = 0;
const keyOfPlace = () => PLACE + location.pathname + location.search;

function onPop() {
  const place = Number(stored(sessionStorage, keyOfPlace()));
  wanted = place > 0 ? place : null;
  until = performance.now() + PATIENCE;
}

function returnToPlace() {
  if (wanted === null) return;
  const main = page();
  if (performance.now() > until) wanted = null;
  else if (main && document.querySelector(".ns-result") && main.scrollHeight - main.clientHeight >= wanted - 2) {
    if (Math.abs(main.scrollTop - wanted) < 2) wanted = null;
    else main.scrollTop = wanted;
  }
}

// What a page that is being replaced scrolls to by itself is no place of anybody's.
const isRunning = () => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "running";
function keepPlace() {
  if (wanted === null && page()) keep(sessionStorage, keyOfPlace(), page().scrollTop);
}

let timer = null;
function onScroll(event) {
  if (event.target !== page()) return;
  if (event.target.scrollTop < clickedAt - 400) clickedAt = -Infinity;
  clearTimeout(timer);
  if (!isRunning()) timer = setTimeout(() => { if (!isRunning()) keepPlace(); }, 120);
  if (event.target.scrollTop > 40 && wanted === null) loadMore();
}

let question = null;
export default function ({ data }) {
  if (question !== data?.question) clickedAt = -Infinity;
  question = data?.question;
  setSize(chosenSize());
  const onInput = (event) => {
    if (!event.target.classList?.contains("ns-size")) return;
    setSize(event.target.value);
    keep(localStorage, SIZE, event.target.value);
    arrange();
  };
  const giveUp = () => { wanted = null; };
  const observer = new MutationObserver(arrangeSoon);
  observer.observe(document.body, { childList: true, subtree: true });
  const listeners = new AbortController();
  const options = { signal: listeners.signal };
  document.addEventListener("input", onInput, options);
  document.addEventListener("click", keepPlace, { capture: true, ...options });
  document.addEventListener("scroll", onScroll, { capture: true, ...options });
  window.addEventListener("popstate", onPop, options);
  window.addEventListener("resize", arrange, options);
  for (const name of ["wheel", "touchmove", "keydown"]) document.addEventListener(name, giveUp, { passive: true, ...options });
  const coming = setInterval(returnToPlace, 60);
  arrange();
  return () => { observer.disconnect(); listeners.abort(); clearInterval(coming); };
}
