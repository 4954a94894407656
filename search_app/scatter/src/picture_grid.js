// Which items show their picture on the map: one for each cell of a grid whose cells follow the zoom.
const CELL = 74; // pixels
const MAX_PICTURES = 140;

/** Rows of the points that show a picture: the first of each cell in view; at most MAX_PICTURES. */
export function rowsWithPicture(stage, points, screen, alpha) {
  const { width, height } = stage;
  // The grid is anchored to the map while it moves, and its cells are halved each time the zoom doubles.
  const [zeroX, zeroY] = stage.dimensions === 2 ? stage.project([0, 0]) : [0, 0];
  const unit = stage.dimensions === 2 ? stage.project([1, 0])[0] - zeroX : 1;
  const cell = stage.dimensions === 2 ? unit * 2 ** Math.ceil(Math.log2(CELL / unit)) : CELL;
  const taken = new Set();
  const rows = [];
  for (let row = 0; row < points.n && rows.length < MAX_PICTURES; row++) {
    if (points.kinds[row] || alpha[row] < 128) continue;
    const x = screen[2 * row], y = screen[2 * row + 1];
    if (!(x > 20 && y > 20 && x < width - 20 && y < height - 20)) continue;
    const square = `${Math.floor((x - zeroX) / cell)},${Math.floor((y - zeroY) / cell)}`;
    if (taken.has(square)) continue;
    taken.add(square);
    rows.push(row);
  }
  return rows;
}
