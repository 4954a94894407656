// What lies at a position of the screen.

/** The id of the item there: of a hit, a neighbour, a picture or a point, whatever is drawn on top; or null. */
export function itemAt(map, x, y) {
  return markAt(map, x, y) ?? pictureAt(map, x, y) ?? pointAt(map, x, y);
}

function markAt({ scene, stage }, x, y) {
  const near = (at, radius) => { const [u, v, depth] = stage.project(at); return depth <= 1 && Math.hypot(u - x, v - y) <= radius; };
  const marked = [...scene.hits.map((hit) => [hit, 11]), ...scene.near.map((each) => [each, 8])];
  const found = marked.find(([{ at }, radius]) => near(at, radius));
  return found ? String(found[0].id) : null;
}

function pictureAt(map, x, y) {
  for (const row of [...map.pictured].reverse()) {
    const picture = map.details.picture(map.idOf(row));
    if (!picture) continue;
    const [u, v] = map.stage.project(map.at(row));
    const scale = map.side / 2 / Math.max(picture.width, picture.height);
    if (Math.abs(u - x) <= picture.width * scale && Math.abs(v - y) <= picture.height * scale) return map.idOf(row);
  }
  return null;
}

function pointAt(map, x, y) {
  const screen = map.screenPositions();
  const reach = Math.max(map.size / 2 + 3, 7);
  let best = reach * reach, chosenRow = -1;
  for (let row = 0; row < map.points.n; row++) {
    if (!map.alpha[row]) continue;
    const right = screen[2 * row] - x, down = screen[2 * row + 1] - y;
    const away = right * right + down * down;
    if (away < best) { best = away; chosenRow = row; }
  }
  return chosenRow < 0 ? null : map.idOf(chosenRow);
}
