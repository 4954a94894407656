// The HTML elements of a map: its layers, the buttons over it, the caption, and the legend below.
import style from "./map.css";

const TOOLS = [
  ["lasso", "Lasso: draw around items (L)", '<path d="M12 4c5 0 9 2.6 9 6s-4 6-9 6-9-2.6-9-6 4-6 9-6Z"/><path d="M7 15c-2 1-2 4 1 5"/>'],
  ["box", "Box: draw a rectangle around items (B)", '<rect x="4" y="5" width="16" height="14" stroke-dasharray="3 2.5"/>'],
  ["in", "Closer (+)", '<path d="M12 6v12M6 12h12"/>'],
  ["out", "Further away (−)", '<path d="M6 12h12"/>'],
  ["fit", "The whole map (0)", '<path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/>'],
  ["png", "Save the view as PNG", '<path d="M12 4v10m-4-4 4 4 4-4M5 19h14"/>'],
  ["svg", "Save the view as SVG", '<path d="M4 20 14 4l6 10"/><circle cx="4" cy="20" r="2"/><circle cx="14" cy="4" r="2"/><circle cx="20" cy="14" r="2"/>'],
];

const HEADER = ".st-key-head"; // of the page
const OVER = ".st-key-map-ask, .st-key-asked, .st-key-map-bar, .st-key-map-drawer, .st-key-map-foot"; // elements of the page over a large map

const SMALL_TOOLS = ["in", "out", "fit"]; // buttons of a small map

const make = (tag, kind, parent) => {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  parent?.append(element);
  return element;
};

/** Puts the elements of a map into `root`; returns those that the map works with. */
export function build(root, map, small) {
  const frame = make("div", small ? "frame small" : "frame", root);
  make("style", "", frame).textContent = style;
  const stageBox = make("div", "stage", frame);
  const underCanvas = make("canvas", "layer", stageBox);
  const overCanvas = make("canvas", "layer over", stageBox);
  const surface = make("div", "surface", stageBox);
  surface.tabIndex = 0;
  surface.setAttribute("role", "application");
  surface.setAttribute(
    "aria-label",
    "Map of the space: near points are close in meaning. Arrow keys move it, plus and minus zoom, 0 shows all, " +
      "space tells what is in the middle, Enter opens it.");
  const bar = make("div", "bar", frame);
  const buttons = new Map();
  for (const [name, title, drawing] of TOOLS) {
    if (small && !SMALL_TOOLS.includes(name)) continue;
    const button = make("button", name, bar);
    button.type = "button";
    button.title = title;
    button.setAttribute("aria-label", title);
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true">${drawing}</svg>`;
    button.onclick = () => act(name);
    buttons.set(name, button);
  }
  const act = (name) => {
    const { stage, pointer } = map;
    if (name === "lasso" || name === "box") pointer.use(name);
    else if (name === "in" || name === "out") stage.zoom(name === "in" ? 1 : -1);
    else if (name === "fit") stage.fit();
    else map.save(name);
  };
  const dock = make("div", "dock", frame);
  const legendBox = make("div", "legend", dock);
  fadeWhereMore(legendBox);
  const caption = make("div", "caption", dock);
  caption.setAttribute("role", "status");
  const elements = {
    showMessage: (message) => { caption.textContent = message; },
    markTool: (tool) => buttons.forEach((button, name) => button.setAttribute("aria-pressed", String(name === tool))),
    update: (scene) => { caption.textContent = scene.caption; },
    legend: (...all) => legend(legendBox, ...all),
    /** Put a large map under the page's header, and its buttons beside the drawer if that is open. */
    arrange: (drawer) => {
      if (small) return;
      frame.style.top = `${Math.round(document.querySelector(HEADER)?.getBoundingClientRect().bottom ?? 0) + 6}px`;
      frame.classList.toggle("beside", Boolean(drawer));
    },
    /** Pixels at each side of the view that other elements cover. */
    insets: (width) => {
      if (small) return { top: 44, right: 16, bottom: 16, left: 16 };
      if (width < 640) return { top: 150, right: 56, bottom: 110, left: 14 };
      return { top: 84, right: frame.classList.contains("beside") ? 460 : 72, bottom: 76, left: 28 };
    },
    /** What covers parts of the view. */
    over: () => [bar, ...(small ? [] : [dock, ...document.querySelectorAll(OVER)])],
  };
  return { frame, stageBox, underCanvas, overCanvas, surface, elements };
}

/** Mark an element that has more than it shows, and whether it is scrolled to its end. */
function fadeWhereMore(box) {
  const mark = () => {
    const left = [box.scrollHeight - box.clientHeight - box.scrollTop, box.scrollWidth - box.clientWidth - box.scrollLeft];
    box.classList.toggle("more", box.scrollHeight > box.clientHeight + 2 || box.scrollWidth > box.clientWidth + 2);
    box.classList.toggle("end", Math.max(...left) <= 2);
  };
  box.addEventListener("scroll", mark);
  new MutationObserver(mark).observe(box, { childList: true });
  new ResizeObserver(mark).observe(box);
}

function legend(box, colours, scene, hidden, onHide) {
  const drawn = JSON.stringify([colours.legend, colours.ramp, Boolean(scene.star), Boolean(scene.hits.length), [...hidden]]);
  if (box.dataset.drawn === drawn) return;
  box.dataset.drawn = drawn;
  box.replaceChildren();
  if (scene.star) make("span", "symbol star", box).textContent = "query";
  if (scene.hits.length) make("span", "symbol hits", box).textContent = "results";
  if (colours.ramp) {
    make("span", "scale-end", box).textContent = colours.ramp.low;
    make("span", "scale", box).style.background = `linear-gradient(90deg, ${colours.ramp.colours.join(", ")})`;
    make("span", "scale-end", box).textContent = colours.ramp.high;
  }
  for (const { name, colour, count, square } of colours.legend) {
    const entry = make("button", hidden.has(name) ? "entry off" : "entry", box);
    entry.type = "button";
    entry.title = hidden.has(name) ? "Show these items" : "Hide these items; with Shift or a double click all others";
    entry.setAttribute("aria-pressed", String(!hidden.has(name)));
    make("i", square ? "square" : "", entry).style.background = colour;
    make("span", "name", entry).textContent = name;
    make("small", "", entry).textContent = count.toLocaleString("en");
    const alone = () => onHide(new Set(colours.legend.map((other) => other.name).filter((other) => other !== name)));
    entry.onclick = (event) => {
      if (event.shiftKey) return alone();
      const now = new Set(hidden);
      if (!now.delete(name)) now.add(name);
      onHide(now);
    };
    entry.ondblclick = alone;
  }
  if (hidden.size) {
    const all = make("button", "entry all", box);
    all.type = "button";
    all.textContent = "show all";
    all.onclick = () => onHide(new Set());
  }
}
