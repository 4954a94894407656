// Saves the view as a file: PNG as it is seen, or SVG with a mark for every point in view.
import { paintOver, paintUnder } from "./painting.js";
import { CanvasPen, SvgPen } from "./pens.js";

const MAX_MARKS = 60_000; // of an SVG that programs can still open

export function save(map, kind) {
  if (kind === "svg") download(new Blob([asSvg(map)], { type: "image/svg+xml" }), "map.svg");
  else asPng(map).toBlob((blob) => download(blob, "map.png"), "image/png");
}

function asPng(map) {
  const canvas = document.createElement("canvas");
  canvas.width = map.overCanvas.width;
  canvas.height = map.overCanvas.height;
  const context = canvas.getContext("2d");
  context.fillStyle = map.theme.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  map.moving = false; // all points are drawn
  // The WebGL canvas can be read only in the task that drew it.
  map.drawNow();
  for (const layer of [map.underCanvas, map.stage.canvas, map.overCanvas]) context.drawImage(layer, 0, 0, canvas.width, canvas.height);
  context.setTransform(map.pixelRatio, 0, 0, map.pixelRatio, 0, 0);
  legend(new CanvasPen(context), map);
  return canvas;
}

function asSvg(map) {
  const { stage, theme } = map;
  const pen = new SvgPen();
  paintUnder(map, pen);
  const screen = map.screenPositions();
  const radius = Math.round(map.size * 4) / 10;
  let drawn = 0;
  for (let row = 0; row < map.points.n && drawn < MAX_MARKS; row++) {
    const x = screen[2 * row], y = screen[2 * row + 1];
    if (!map.alpha[row] || !(x > -radius && y > -radius && x < stage.width + radius && y < stage.height + radius)) continue;
    drawn++;
    const marks = { fill: map.colourAt(row), opacity: map.alpha[row] < 128 ? 0.15 : 0.8 };
    if (map.points.kinds[row]) pen.path([[x, y - radius], [x + radius, y], [x, y + radius], [x - radius, y]], { ...marks, closed: true });
    else pen.circle(x, y, radius, marks);
  }
  paintOver(map, pen);
  legend(pen, map);
  return pen.toSvg(stage.width, stage.height, theme.background);
}

function legend(pen, map) {
  let y = 18;
  for (const { name, colour } of map.colours.legend.filter(({ name }) => !map.hidden.has(name)).slice(0, 14)) {
    pen.circle(18, y, 5, { fill: colour });
    pen.text(name, 30, y, { size: 12, fill: map.theme.ink, halo: map.theme.background, align: "start" });
    y += 18;
  }
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
