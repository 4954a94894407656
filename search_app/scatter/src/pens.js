// One drawing interface with two outputs: a canvas for the screen, and SVG for a file.

const font = (size, weight) => `${weight} ${size}px Inter, "Helvetica Neue", Arial, sans-serif`;
const ruler = document.createElement("canvas").getContext("2d");

/** Draws on a canvas whose units are CSS pixels. */
export class CanvasPen {
  constructor(context) {
    this.context = context;
  }

  path(points, { stroke, fill, width = 1, dash = [], closed = false, opacity = 1 }) {
    const pen = this.context;
    if (points.length < 2) return;
    pen.save();
    pen.globalAlpha = opacity;
    pen.beginPath();
    points.forEach(([x, y], place) => (place ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    if (closed) pen.closePath();
    if (fill) { pen.fillStyle = fill; pen.fill(); }
    if (stroke) { pen.strokeStyle = stroke; pen.lineWidth = width; pen.lineJoin = "round"; pen.setLineDash(dash); pen.stroke(); }
    pen.restore();
  }

  circle(x, y, radius, { stroke, fill, width = 1 }) {
    const pen = this.context;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    if (fill) { pen.fillStyle = fill; pen.fill(); }
    if (stroke) { pen.strokeStyle = stroke; pen.lineWidth = width; pen.stroke(); }
  }

  /** A rectangle with round ends around a middle. */
  pill(x, y, width, height, { stroke, fill }) {
    const pen = this.context;
    pen.beginPath();
    pen.roundRect(x - width / 2, y - height / 2, width, height, height / 2);
    pen.fillStyle = fill;
    pen.fill();
    pen.strokeStyle = stroke;
    pen.lineWidth = 1;
    pen.stroke();
  }

  /** How wide words are, in pixels. */
  measure(words, { size = 12, weight = 500 }) {
    this.context.font = font(size, weight);
    return this.context.measureText(words).width;
  }

  text(words, x, y, { size = 12, weight = 500, fill, halo, align = "center", vertical = false }) {
    const pen = this.context;
    pen.save();
    pen.translate(x, y);
    if (vertical) pen.rotate(-Math.PI / 2);
    pen.font = font(size, weight);
    pen.textAlign = align === "start" ? "left" : align === "end" ? "right" : "center";
    pen.textBaseline = "middle";
    if (halo) { pen.strokeStyle = halo; pen.lineWidth = 3.5; pen.lineJoin = "round"; pen.strokeText(words, 0, 0); }
    pen.fillStyle = fill;
    pen.fillText(words, 0, 0);
    pen.restore();
  }

  image(picture, x, y, width, height, opacity = 1) {
    this.context.save();
    this.context.globalAlpha = opacity;
    this.context.drawImage(picture, x, y, width, height);
    this.context.restore();
  }
}

const escaped = (words) =>
  String(words).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "");
const short = (number) => Math.round(number * 10) / 10;

/** Writes the same marks as SVG elements. */
export class SvgPen {
  constructor() {
    this.parts = [];
  }

  path(points, { stroke = "none", fill = "none", width = 1, dash = [], closed = false, opacity = 1 }) {
    if (points.length < 2) return;
    const line = points.map(([x, y], place) => `${place ? "L" : "M"}${short(x)} ${short(y)}`).join("");
    this.parts.push(
      `<path d="${line}${closed ? "Z" : ""}" stroke="${stroke}" fill="${fill}" stroke-width="${width}"` +
      ` opacity="${opacity}"${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}/>`);
  }

  circle(x, y, radius, { stroke = "none", fill = "none", width = 1, opacity = 1 }) {
    this.parts.push(
      `<circle cx="${short(x)}" cy="${short(y)}" r="${radius}" stroke="${stroke}" fill="${fill}"` +
      ` stroke-width="${width}"${opacity < 1 ? ` opacity="${opacity}"` : ""}/>`);
  }

  pill(x, y, width, height, { stroke, fill }) {
    this.parts.push(
      `<rect x="${short(x - width / 2)}" y="${short(y - height / 2)}" width="${short(width)}" height="${height}"` +
      ` rx="${height / 2}" fill="${fill}" stroke="${stroke}"/>`);
  }

  measure(words, marks) {
    return new CanvasPen(ruler).measure(words, marks);
  }

  text(words, x, y, { size = 12, weight = 500, fill, halo, align = "center", vertical = false }) {
    const anchor = align === "center" ? "middle" : align;
    const ring = halo ? ` stroke="${halo}" stroke-width="3.5" stroke-linejoin="round" paint-order="stroke"` : "";
    this.parts.push(
      `<text x="${short(x)}" y="${short(y)}" font-size="${size}" font-weight="${weight}" fill="${fill}"${ring}` +
      ` text-anchor="${anchor}" dominant-baseline="central"` +
      `${vertical ? ` transform="rotate(-90 ${short(x)} ${short(y)})"` : ""}>${escaped(words)}</text>`);
  }

  image(picture, x, y, width, height, opacity = 1) {
    const source = picture.src ?? picture.toDataURL("image/png");
    this.parts.push(
      `<image href="${escaped(source)}" x="${short(x)}" y="${short(y)}" width="${short(width)}"` +
      ` height="${short(height)}" opacity="${opacity}" preserveAspectRatio="none"/>`);
  }

  toSvg(width, height, background) {
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"` +
      ` font-family="Inter, Helvetica, Arial, sans-serif"><rect width="100%" height="100%" fill="${background}"/>` +
      `${this.parts.join("")}</svg>`);
  }
}
