// Tells Streamlit the id of a point that is clicked on the map and the part of the map that is looked at, and links
// points with the cards of their items.
const PANEL = ".st-key-map-panel";
const STILL = 5; // pixels a pointer may move during a click
const SETTLED = 300; // milliseconds without a further change after which a view counts as chosen
const PICKED = 120; // milliseconds in which a 3-D scene has found the point under a pointer that came by touch

const card = (rank) => document.querySelector(`.st-key-card-${rank}`);

const idOf = (event) => {
  const id = event.points && event.points[0] && event.points[0].customdata;
  return id ? String(id) : null;
};

const rankOf = (event) => {
  const point = event.points && event.points[0];
  return point && point.data.mode === "markers+text" ? String(point.data.text[point.pointNumber]) : null;
};

// What is looked at, for the map of this name; without ranges or camera when it is the whole.
const extentOf = (graph) => {
  const layout = graph._fullLayout;
  const map = layout.uirevision;
  if (layout.scene) return { map, camera: layout.scene._scene.getCamera() };
  if (layout.xaxis.autorange) return { map };
  return { map, x: [...layout.xaxis.range], y: [...layout.yaxis.range] };
};

function listen(graph) {
  let down = null; // where the pointer went down
  let pressed = false;
  let over = null; // the point under the pointer

  graph.addEventListener("pointerdown", (event) => { down = [event.clientX, event.clientY]; pressed = true; }, true);
  window.addEventListener("pointerup", () => { pressed = false; }, true);
  // A 3-D scene tells of clicks unreliably, and of presses that only turn it; what is under the pointer it tells well.
  graph.addEventListener("click", (event) => {
    const still = down && Math.hypot(event.clientX - down[0], event.clientY - down[1]) < STILL;
    if (graph.nearspace.dimensions !== 3 || !still) return;
    setTimeout(() => { if (over) graph.nearspace.tell(over); }, PICKED);
  }, true);
  graph.on("plotly_click", (event) => {
    const id = idOf(event);
    if (id && !(pressed && graph.nearspace.dimensions === 3)) graph.nearspace.tell(id);
  });
  graph.on("plotly_hover", (event) => {
    over = idOf(event);
    const rank = rankOf(event);
    if (rank) card(rank)?.classList.add("ns-lit");
  });
  let noted = null;
  graph.on("plotly_relayout", () => {
    clearTimeout(noted);
    noted = setTimeout(() => { if (graph.isConnected) graph.nearspace.note(extentOf(graph)); }, SETTLED);
  });
  graph.on("plotly_unhover", () => {
    over = null;
    document.querySelectorAll(".ns-lit").forEach((lit) => lit.classList.remove("ns-lit"));
  });
}

function lightPoint(rank, on) {
  document.querySelectorAll(`${PANEL} .scatterlayer .trace`).forEach((trace) => {
    const places = [...trace.querySelectorAll(".textpoint")].map((text) => text.textContent.trim());
    const place = places.indexOf(rank);
    if (place >= 0) trace.querySelectorAll("path.point")[place]?.classList.toggle("ns-point-lit", on);
  });
}

const rankUnder = (event) => {
  const found = event.target.closest?.('[class*="st-key-card-"]')?.className.match(/st-key-card-(\d+)/);
  return found ? found[1] : null;
};

export default function ({ data, setStateValue, setTriggerValue }) {
  const settings = {
    dimensions: data.dimensions,
    tell: (id) => setTriggerValue("point", id),
    note: (extent) => setStateValue("extent", extent),
  };
  const attach = () => {
    const graph = document.querySelector(`${PANEL} .js-plotly-plot`);
    if (!graph || !graph.on) return;
    const known = Boolean(graph.nearspace);
    graph.nearspace = settings;
    if (!known) listen(graph);
  };
  const over = (event) => { const rank = rankUnder(event); if (rank) lightPoint(rank, true); };
  const out = (event) => { const rank = rankUnder(event); if (rank) lightPoint(rank, false); };

  attach();
  // Plotly draws after this runs, and Streamlit may put a new chart in the place of the old one.
  const timer = setInterval(attach, 300);
  document.addEventListener("mouseover", over);
  document.addEventListener("mouseout", out);
  return () => {
    clearInterval(timer);
    document.removeEventListener("mouseover", over);
    document.removeEventListener("mouseout", out);
  };
}
