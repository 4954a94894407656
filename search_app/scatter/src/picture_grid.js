// Which items show their picture on the map in place of their dot, so that no two pictures overlap.
const MAX_PICTURES = 140;
const GAP = 4; // pixels between two pictures
const FROM = 1.8; // times closer than the whole map, from where on pictures take the place of dots
const SMALLEST = 34, LARGEST = 88; // pixels of the longer side of a picture

/** Pixels of the longer side of a picture at a magnification; 0 where all items are dots, unless pictures are `wanted`. */
export function pictureSide(magnification, wanted) {
  if (magnification < FROM && !wanted) return 0;
  const closer = Math.log2(Math.max(magnification, 1) / (wanted ? 1 : FROM));
  return Math.round(Math.min(LARGEST, SMALLEST + (wanted ? 10 : 0) + 16 * closer));
}

/**
 * Rows of the points that show a picture of at most `side` pixels, at most MAX_PICTURES: in the points' own order, so that
 * the same ones are chosen as the view moves, each where it meets none chosen before and none of the boxes `taken`.
 */
export function rowsWithPicture(stage, points, screen, alpha, side, taken) {
  const { width, height } = stage;
  const room = side + GAP, half = side / 2;
  const cells = new Map();
  const rows = [];
  for (let row = 0; row < points.n && rows.length < MAX_PICTURES; row++) {
    if (points.kinds[row] || alpha[row] < 128) continue;
    const x = screen[2 * row], y = screen[2 * row + 1];
    if (!(x > half && y > half && x < width - half && y < height - half)) continue;
    if (taken.some(([left, top, right, bottom]) => x + half > left && x - half < right && y + half > top && y - half < bottom)) continue;
    const column = Math.floor(x / room), line = Math.floor(y / room);
    let free = true;
    for (let near = 0; near < 9 && free; near++) {
      const there = cells.get(`${column + (near % 3) - 1},${line + Math.floor(near / 3) - 1}`);
      free = !there?.some(([u, v]) => Math.abs(u - x) < room && Math.abs(v - y) < room);
    }
    if (!free) continue;
    const cell = `${column},${line}`;
    if (!cells.has(cell)) cells.set(cell, []);
    cells.get(cell).push([x, y]);
    rows.push(row);
  }
  return rows;
}
