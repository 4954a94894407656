// Everything drawn under and over the points: density, axes, pictures, lines, numbers, the star, names of topics.
import { contours } from "d3-contour";

const STAR = 12; // pixels from its middle to a tip
const LEVELS = [0.06, 0.16, 0.32, 0.55]; // of the greatest density
const NAME = { size: 12.5, weight: 600 }; // of a topic
const NAME_HEIGHT = 23; // pixels of the pill behind it
const NAME_GAP = 4; // pixels between two names
const ROOM_OF_NAME = 60_000; // square pixels of the view for each name, seen from afar
const AXIS_NAME = 16; // pixels of the height of an axis's name
const BADGE = 9.5, RING = 7; // radii of a numbered result, and of another one

const starPoints = (x, y, radius) =>
  Array.from({ length: 10 }, (_, corner) => {
    const far = corner % 2 ? radius * 0.42 : radius;
    const turn = (corner * Math.PI) / 5 - Math.PI / 2;
    return [x + far * Math.cos(turn), y + far * Math.sin(turn)];
  });

/** The density as a picture of one colour, and its contours, both in the map's own numbers. */
export function densityOf({ size, values, box }, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(size, size);
  const [red, green, blue] = [1, 3, 5].map((from) => parseInt(colour.slice(from, from + 2), 16));
  for (let cell = 0; cell < size * size; cell++) {
    // Rows run upwards on the map and downwards in the picture.
    const place = 4 * ((size - 1 - Math.floor(cell / size)) * size + (cell % size));
    pixels.data.set([red, green, blue, Math.min(150, values[cell] * 0.8)], place);
  }
  context.putImageData(pixels, 0, 0);
  const most = values.reduce((greatest, value) => Math.max(greatest, value), 1);
  const toMap = ([x, y]) => [box[0] + (x / size) * (box[2] - box[0]), box[1] + (y / size) * (box[3] - box[1])];
  const lines = contours().size([size, size]).thresholds(LEVELS.map((level) => level * most))(values)
    .flatMap((level) => level.coordinates.flatMap((polygon) => polygon.map((ring) => ring.map(toMap))));
  return { canvas, box, lines };
}

/** Draw everything under the points. */
export function drawUnder(pen, { stage, theme, density, withDensity, axes }) {
  if (density && withDensity && stage.dimensions === 2) {
    const [left, bottom] = stage.project(density.box);
    const [right, top] = stage.project(density.box.slice(2));
    pen.image(density.canvas, left, top, right - left, bottom - top);
    for (const line of density.lines)
      pen.path(line.map((place) => stage.project(place)), { stroke: theme.muted, width: 0.8, opacity: 0.55, closed: true });
  }
  if (stage.dimensions === 3) frame3d(pen, stage, theme, axes);
  else if (axes.some(({ title }) => title)) cross(pen, stage, theme);
}

function cross(pen, stage, theme) {
  const [x, y] = stage.project([0, 0]);
  pen.path([[0, y], [stage.width, y]], { stroke: theme.line, width: 1 });
  pen.path([[x, 0], [x, stage.height]], { stroke: theme.line, width: 1 });
}

function frame3d(pen, stage, theme, axes) {
  axes.forEach((axis, number) => {
    const end = (side) => [0, 1, 2].map((place) => (place === number ? side : 0));
    const [from, to] = [stage.project(end(-1.08)), stage.project(end(1.08))];
    if (from[2] > 1 || to[2] > 1) return;
    pen.path([from, to], { stroke: theme.muted, width: 1, opacity: 0.6 });
    const marks = { size: 11, fill: theme.muted, halo: theme.background };
    const within = (words, x) => Math.min(Math.max(x, 3.2 * words.length), stage.width - 3.2 * words.length);
    const name = axis.high || axis.title;
    if (axis.low) pen.text(axis.low, within(axis.low, from[0]), from[1] + 10, marks);
    pen.text(name, within(name, to[0]), to[1] - 10, marks);
  });
}

/** Draw the names of the axes of a flat map, along its edges and beside what covers these. */
export function drawAxisNames(pen, { stage, theme, axes, covered }) {
  if (stage.dimensions !== 2) return;
  const marks = { size: 11.5, fill: theme.muted, halo: theme.background };
  const [right, up] = axes;
  const { width, height } = stage;
  const wide = (words) => pen.measure(words, marks);
  /** Along the lower edge, from `x` on; above what covers it there. */
  const along = (words, x) => {
    const [, top] = cleared([x, height - 12 - AXIS_NAME / 2, x + wide(words), height - 12 + AXIS_NAME / 2], covered, -1);
    pen.text(words, x, top + AXIS_NAME / 2, { ...marks, align: "start" });
  };
  /** Up the left edge, from `y` on; moved up or down from what covers it there. */
  const upwards = (words, y, way) => {
    const [, , , bottom] = cleared([12 - AXIS_NAME / 2, y - wide(words), 12 + AXIS_NAME / 2, y], covered, way);
    pen.text(words, 12, bottom, { ...marks, align: "start", vertical: true });
  };
  if (right.low) {
    along(`← ${right.low}`, 26);
    along(`${right.high} →`, width - 10 - wide(`${right.high} →`));
  } else along(right.title, (width - wide(right.title)) / 2);
  if (up.low) {
    upwards(`← ${up.low}`, height - 26, -1);
    upwards(`${up.high} →`, 10 + wide(`${up.high} →`), 1);
  } else upwards(up.title, (height + wide(up.title)) / 2, -1);
}

/** A box moved up (`way` -1) or down (1) until nothing of `covered` covers it. */
function cleared(box, covered, way) {
  for (const other of [...covered].sort((one, another) => way * (one[1] - another[1]))) {
    if (!meet(box, other, NAME_GAP)) continue;
    const shift = way < 0 ? other[1] - NAME_GAP - box[3] - 1 : other[3] + NAME_GAP - box[1] + 1;
    box = [box[0], box[1] + shift, box[2], box[3] + shift];
  }
  return box;
}

/** Draw everything over the points; returns the boxes of names that can be clicked. */
export function drawOver(pen, { stage, theme, scene, pictures, side, colourOf, area, highlighted, pulse, covered }) {
  for (const { position, picture, colour } of pictures) framed(pen, position, picture, side, colour, theme);
  const onScreen = (at) => {
    const place = stage.project(at);
    return place[2] > 1 ? null : place;
  };
  trail(pen, scene, onScreen, theme);
  neighbours(pen, scene, onScreen, theme, colourOf);
  hits(pen, scene, onScreen, theme, highlighted, pulse);
  if (scene.place) {
    const place = onScreen(scene.place);
    if (place) {
      const [x, y] = place;
      pen.circle(x, y, 8, { stroke: theme.accent, width: 2 });
      pen.path([[x - 13, y], [x + 13, y]], { stroke: theme.accent, width: 1.5 });
      pen.path([[x, y - 13], [x, y + 13]], { stroke: theme.accent, width: 1.5 });
    }
  }
  if (scene.star) {
    const place = onScreen(scene.star.at);
    if (place) pen.path(starPoints(place[0], place[1], STAR), { fill: theme.star, stroke: theme.card, width: 1.5, closed: true });
  }
  outline(pen, area, theme);
  return topics(pen, scene, onScreen, theme, stage, [...markBoxes(scene, onScreen), ...covered]);
}

const boxAround = ([x, y], reach) => [x - reach, y - reach, x + reach, y + reach];

/** The boxes of all marks that nothing may cover: the results, the query's star, the item and the place looked at. */
export function markBoxes(scene, onScreen) {
  const numbered = numberedRanks(scene, onScreen);
  const marks = scene.hits.map((hit) => [hit.at, numbered.has(hit.rank) ? BADGE + 3 : RING + 2]);
  if (scene.star) marks.push([scene.star.at, STAR + 2]);
  if (scene.item) marks.push([scene.item.at, 12]);
  if (scene.place) marks.push([scene.place, 14]);
  return marks.map(([at, reach]) => [onScreen(at), reach]).filter(([place]) => place).map(([place, reach]) => boxAround(place, reach));
}

/**
 * Which results show their number: the first `scene.numbered`, or, where that is 0, each whose number covers neither the
 * number of a better one nor the star.  As one zooms in they move apart, and more of them show theirs.
 */
function numberedRanks(scene, onScreen) {
  if (scene.numbered) return new Set(scene.hits.map(({ rank }) => rank).filter((rank) => Number(rank) <= scene.numbered));
  const shown = new Set();
  const star = scene.star && onScreen(scene.star.at);
  const taken = star ? [[star, STAR * 0.6 + BADGE]] : [];
  for (const hit of [...scene.hits].sort((one, other) => one.rank - other.rank)) {
    const place = onScreen(hit.at);
    if (!place || taken.some(([[x, y], reach]) => Math.hypot(x - place[0], y - place[1]) < reach)) continue;
    taken.push([place, 2 * BADGE]);
    shown.add(hit.rank);
  }
  return shown;
}

function framed(pen, [x, y], picture, side, colour, theme) {
  const scale = side / Math.max(picture.width, picture.height);
  const wide = picture.width * scale, high = picture.height * scale;
  const corners = [[x - wide / 2, y - high / 2], [x + wide / 2, y - high / 2], [x + wide / 2, y + high / 2], [x - wide / 2, y + high / 2]];
  pen.path(corners, { fill: theme.card, stroke: colour, width: 2.5, closed: true });
  pen.image(picture, x - wide / 2, y - high / 2, wide, high);
}

function trail(pen, scene, onScreen, theme) {
  const stops = scene.trail.map(({ at }) => onScreen(at)).filter(Boolean);
  const now = scene.star && onScreen(scene.star.at);
  pen.path(now ? [...stops, now] : stops, { stroke: theme.star, width: 1.5, dash: [4, 4], opacity: 0.7 });
  scene.trail.forEach(({ at, label }) => {
    const place = onScreen(at);
    if (!place) return;
    pen.path(starPoints(place[0], place[1], STAR * 0.6), { fill: theme.card, stroke: theme.star, width: 1.4, closed: true });
    pen.text(label, place[0] + 11, place[1], { size: 11, fill: theme.muted, halo: theme.background, align: "start" });
  });
}

function neighbours(pen, scene, onScreen, theme, colourOf) {
  const middle = scene.item && onScreen(scene.item.at);
  for (const { id, at } of scene.near) {
    const place = onScreen(at);
    if (!place) continue;
    const from = middle ?? (scene.place && onScreen(scene.place));
    if (from) pen.path([from, place], { stroke: theme.accent, width: 1.4, opacity: 0.75 });
    pen.circle(place[0], place[1], 6, { fill: colourOf(id) ?? theme.muted, stroke: theme.card, width: 1.5 });
  }
  if (middle) pen.circle(middle[0], middle[1], 9, { fill: colourOf(scene.item.id) ?? theme.accent, stroke: theme.accent, width: 3 });
}

function hits(pen, scene, onScreen, theme, highlighted, pulse) {
  // The worst first, so that better ones lie above it, and the highlighted one above all.
  const worst = [...scene.hits].reverse().sort((one, other) => (one.rank === highlighted) - (other.rank === highlighted));
  const shown = numberedRanks(scene, onScreen);
  // Numbers lie above rings.
  worst.sort((one, other) => (shown.has(one.rank) || one.rank === highlighted) - (shown.has(other.rank) || other.rank === highlighted));
  for (const hit of worst) {
    const place = onScreen(hit.at);
    if (!place) continue;
    const [x, y] = place, colour = hit.kind ? theme.text : theme.image, lit = hit.rank === highlighted;
    const numbered = lit || shown.has(hit.rank);
    if (lit) pen.circle(x, y, 15 + 9 * pulse, { stroke: theme.accent, width: 3 * (1 - pulse) + 1 });
    if (numbered) {
      pen.circle(x, y, lit ? 12 : BADGE, { fill: colour, stroke: lit ? theme.accent : theme.card, width: lit ? 4 : 1.5 });
      pen.text(hit.rank, x, y + 0.5, { size: 11, weight: 700, fill: theme.onBadge });
    } else {
      pen.circle(x, y, RING, { stroke: theme.card, width: 4 });
      pen.circle(x, y, RING, { fill: theme.card, stroke: colour, width: 2.5 });
      pen.circle(x, y, 2.5, { fill: colour });
    }
  }
}

const meet = (one, other, gap) =>
  one[0] < other[2] + gap && one[2] > other[0] - gap && one[1] < other[3] + gap && one[3] > other[1] - gap;

/** The names of topics, the largest topics first: none covers another one or a mark, and from afar there are fewer. */
function topics(pen, scene, onScreen, theme, stage, taken) {
  const placed = [];
  const most = Math.max(3, Math.floor((stage.width * stage.height * Math.max(1, stage.magnification)) / ROOM_OF_NAME));
  for (const { code, label, at, colour } of scene.topics) {
    const place = onScreen(at);
    if (placed.length >= most) break;
    if (!place || place[0] < 0 || place[1] < 0 || place[0] > stage.width || place[1] > stage.height) continue;
    const dot = colour ? 13 : 0;
    const wide = pen.measure(label, NAME) + 20 + dot;
    const box = roomFor(place, wide, [...taken, ...placed.map((each) => each.box)], stage);
    if (!box) continue;
    placed.push({ code, label, box });
    const x = (box[0] + box[2]) / 2, y = (box[1] + box[3]) / 2;
    pen.pill(x, y, wide, NAME_HEIGHT, { fill: theme.card, stroke: theme.line });
    if (colour) pen.circle(box[0] + 13, y, 4.5, { fill: colour });
    pen.text(label, x + dot / 2, y + 0.5, { ...NAME, fill: theme.ink });
  }
  return placed;
}

/** The box of a name at its place, or just above or below it; null where all of these are taken. */
function roomFor([x, y], wide, taken, stage) {
  for (const shift of [0, -1, 1]) {
    const middle = y + shift * (NAME_HEIGHT + 5);
    const box = [x - wide / 2, middle - NAME_HEIGHT / 2, x + wide / 2, middle + NAME_HEIGHT / 2];
    const inView = box[0] >= 0 && box[1] >= 0 && box[2] <= stage.width && box[3] <= stage.height;
    if (inView && !taken.some((other) => meet(box, other, NAME_GAP))) return box;
  }
  return null;
}

function outline(pen, area, theme) {
  if (!area || area.length < 2) return;
  pen.path(area, { stroke: theme.accent, width: 2, dash: [6, 4], closed: true });
  pen.path(area, { fill: theme.accent, opacity: 0.08, closed: true });
}
