// What one map draws on its two canvases, or into a file: what lies under its points, and what lies over them.
import { densityOf, drawAxisNames, drawOver, drawUnder } from "./overlay.js";

/** Draw what lies under the points. */
export function paintUnder(map, pen) {
  if (map.points.density?.length && map.densityColour !== map.theme.muted) {
    const { density: values, densitySize: size, densityBox: box } = map.points;
    map.density = densityOf({ values, size, box }, map.theme.muted);
    map.densityColour = map.theme.muted;
  } else if (!map.points.density?.length) map.density = null;
  drawUnder(pen, { stage: map.stage, theme: map.theme, density: map.density, withDensity: map.scene.density && !map.gliding, axes: map.scene.axes });
}

/** Draw what lies over the points, and note where names of topics can be clicked. */
export function paintOver(map, pen) {
  const pictures = [];
  for (const row of map.gliding ? [] : map.pictured) {
    const picture = map.details.picture(map.idOf(row));
    const at = map.stage.project(map.at(row));
    if (picture && at[2] <= 1 && map.alpha[row] > 128) pictures.push({ position: at, picture, colour: map.colourAt(row) });
  }
  map.names = drawOver(pen, {
    stage: map.stage, theme: map.theme, scene: map.gliding ? passing(map) : map.scene, pictures, side: map.side,
    highlighted: map.pulse.rank, pulse: map.pulse.share, covered: map.covered, area: map.area ?? drawnArea(map),
    colourOf: (id) => { const row = map.rowOf(id); return row < 0 ? null : map.colourAt(row); },
  });
  if (map.hover >= 0) {
    const [x, y] = map.stage.project(map.at(map.hover));
    pen.circle(x, y, Math.max(map.size, 7), { stroke: map.theme.ink, width: 2 });
  }
  if (!map.scene.small && !map.gliding) drawAxisNames(pen, { stage: map.stage, theme: map.theme, axes: map.scene.axes, covered: map.covered });
}

/** The scene while its points are on their way: marks go with their items, and what has a place of its own is left out. */
function passing(map) {
  const there = (mark) => { const row = map.rowOf(mark.id); return row < 0 ? mark : { ...mark, at: map.at(row) }; };
  const { scene } = map;
  return {
    ...scene, hits: scene.hits.map(there), near: scene.near.map(there), item: scene.item && there(scene.item),
    star: null, trail: [], place: null, topics: [],
  };
}

/** The selected area on the screen, of a flat map; null in a scene, which may have been turned since. */
function drawnArea(map) {
  const { area } = map.scene;
  if (!area || map.points.dimensions !== 2) return null;
  return area.map((at) => map.stage.project(at).slice(0, 2));
}
