// Which part of the map is looked at: what is flown to, moved out from under a drawer, and written into the address.
const DRAWER_AFTER = 400; // milliseconds after which a drawer that opens or closes has done so

/** Look at the part that the page requests, once for each request. */
export function flyTo(map) {
  const { flyTo } = map.scene;
  if (!map.stage.points || map.points?.name !== map.scene.name || map.stale) return;
  const wanted = JSON.stringify([flyTo, map.scene.name]);
  if (wanted === map.flown) return;
  if (flyTo) map.stage.flyTo(flyTo.at, flyTo.wide);
  else if (map.flown && JSON.parse(map.flown)[0] && JSON.parse(map.flown)[1] === map.scene.name) map.stage.fit();
  map.flown = wanted;
}

/** The middle of what has been picked: of an item, a place or an area; null for none. */
function picked({ item, place, area }) {
  if (item || place || !area) return item?.at ?? place;
  return [0, 1].map((axis) => area.reduce((sum, corner) => sum + corner[axis], 0) / area.length);
}

/** Move what has been picked out from under the drawer. */
export function reveal(map, before) {
  const at = picked(map.scene);
  if (!at || !map.scene.drawer || map.stale || map.points?.dimensions !== 2 || !map.stage.points) return;
  if (before && JSON.stringify(picked(before)) === JSON.stringify(at)) return;
  map.measureCovered();
  const [x, y] = map.stage.project(at);
  // The drawer itself may not be drawn yet: the room beside it is known.
  const { top, right, bottom, left } = map.elements.insets(map.stage.width);
  const under = map.covered.some((box) => x > box[0] && y > box[1] && x < box[2] && y < box[3]);
  if (!under && x < map.stage.width - right && y < map.stage.height - bottom) return;
  const [middleX, middleY] = [(left + map.stage.width - right) / 2, (top + map.stage.height - bottom) / 2];
  map.stage.step((x - middleX) / map.stage.width, (middleY - y) / map.stage.height);
}

/** A drawer beside the map leaves it less room: the whole map is brought into what is left. */
export function makeRoom(map, before) {
  const { drawer } = map.scene;
  if (!map.stage.points || Boolean(before?.drawer) === Boolean(drawer)) return;
  setTimeout(() => map.settle(), DRAWER_AFTER);
  if (!map.stage.fitted) return;
  map.stage.insets = map.elements.insets(map.stage.width);
  map.stage.fit();
}

/** What the whole map is: what 96 of 100 points span on each axis, with the query and its results. */
export function setBox(map) {
  const [low, high] = map.points.fit.map((corner) => [...corner, 0].slice(0, 3));
  for (const { at } of [map.scene.star, ...map.scene.hits].filter(Boolean))
    at.forEach((place, axis) => {
      low[axis] = Math.min(low[axis], place);
      high[axis] = Math.max(high[axis], place);
    });
  map.stage.box = [low, high];
}

/** Show the whole map if a new query lies outside the visible part. */
export function showStar(map) {
  setBox(map);
  if (map.queryChanged && map.stage.fitted) map.stage.fit();
  if (map.queryChanged && map.scene.star) {
    const [x, y] = map.stage.project(map.scene.star.at);
    if (!(x >= 0 && y >= 0 && x <= map.stage.width && y <= map.stage.height)) map.stage.fit();
  }
  map.queryChanged = false;
}

/** Write the visible part of the map into the page's address, so that a link and a reload return to it. */
export function writeWindow(map) {
  if (!map.stage?.points || !map.scene || map.scene.small || !map.frame.isConnected) return;
  const address = new URL(location.href);
  const { window } = map.stage;
  if ((address.searchParams.get("window") ?? "") === window) return;
  if (window) address.searchParams.set("window", window);
  else address.searchParams.delete("window");
  history.replaceState(history.state, "", address);
}
