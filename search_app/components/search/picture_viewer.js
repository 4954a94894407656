// A picture alone on the screen: it is zoomed by wheel, pinch, double click and keys, and dragged once it is larger.
const MOST_ZOOM = 12;
const SWIPE = 60; // pixels
const ZOOM_STEP = 1.5;

const TOOLS = [
  ["zoom-out", "Smaller", "-", "zoom_out"],
  ["zoom-in", "Larger", "+", "zoom_in"],
  ["previous", "Previous picture", "ArrowLeft", "chevron_left"],
  ["next", "Next picture", "ArrowRight", "chevron_right"],
  ["close", "Close the full screen", "Escape", "close"],
];

// `on.step(direction)` goes to another picture, `on.whole()` asks for more pixels, `on.closed()` hears of the end.
function pictureViewer(on) {
  let box = null; // the viewer's element while it is open
  let image = null;
  let before = null; // what had the focus
  let scale = 1;
  let [left, top] = [0, 0]; // of the zoomed picture, from where it fits
  const pointers = new Map();
  let spread = 0; // between two fingers
  let start = null; // of a swipe

  const place = () => {
    image.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
    box.classList.toggle("ns-zoomed", scale > 1);
    box.querySelector('[data-viewer="zoom-out"]').disabled = scale <= 1;
    box.querySelector('[data-viewer="zoom-in"]').disabled = scale >= MOST_ZOOM;
  };
  // As large as the screen allows, also where the picture has fewer pixels.
  const fit = () => {
    if (!box || !image.naturalWidth) return;
    const ratio = Math.min(box.clientWidth / image.naturalWidth, box.clientHeight / image.naturalHeight);
    image.style.width = `${image.naturalWidth * ratio}px`;
    image.style.height = `${image.naturalHeight * ratio}px`;
    move(left, top);
  };
  // Keeps the picture over the middle of the screen, however far it is dragged.
  const bounded = (value, size, room) => {
    const most = Math.max((size * scale - room) / 2, 0);
    return Math.min(Math.max(value, -most), most);
  };
  const move = (x, y) => {
    left = bounded(x, image.offsetWidth, box.clientWidth);
    top = bounded(y, image.offsetHeight, box.clientHeight);
    place();
  };
  // Zooms so that the point of the picture under (x, y), from the middle of the screen, stays there.
  const zoomTo = (wanted, x = 0, y = 0) => {
    const next = Math.min(Math.max(wanted, 1), MOST_ZOOM);
    const ratio = next / scale;
    scale = next;
    move(x - (x - left) * ratio, y - (y - top) * ratio);
    const shown = image.offsetWidth * scale * devicePixelRatio;
    if (shown > image.naturalWidth * 1.1) on.whole();
  };
  const fromMiddle = (event) => [event.clientX - box.clientWidth / 2, event.clientY - box.clientHeight / 2];
  const fingers = () => {
    const [one, two] = [...pointers.values()];
    return { apart: Math.hypot(one.x - two.x, one.y - two.y), x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 };
  };

  const onWheel = (event) => {
    event.preventDefault();
    zoomTo(scale * Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), ...fromMiddle(event));
  };
  const onDoubleClick = (event) => {
    if (event.target.closest("button")) return;
    if (scale > 1) zoomTo(1);
    else zoomTo(Math.max(2.5, image.naturalWidth / image.offsetWidth / devicePixelRatio), ...fromMiddle(event));
  };
  const onPointerDown = (event) => {
    if (event.target.closest("button")) return;
    box.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    start = pointers.size === 1 ? { x: event.clientX, y: event.clientY } : null;
    if (pointers.size === 2) spread = fingers().apart;
  };
  const onPointerMove = (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 2) {
      const now = fingers();
      zoomTo((scale * now.apart) / (spread || 1), now.x - box.clientWidth / 2, now.y - box.clientHeight / 2);
      spread = now.apart;
    } else if (scale > 1) move(left + event.clientX - last.x, top + event.clientY - last.y);
  };
  const onPointerUp = (event) => {
    if (!pointers.delete(event.pointerId) || !start || event.pointerType === "mouse" || scale > 1) return;
    const [x, y] = [event.clientX - start.x, event.clientY - start.y];
    if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) on.step(x < 0 ? 1 : -1);
    else if (y > 2 * SWIPE && y > 2 * Math.abs(x)) close();
  };
  const onClick = (event) => {
    const name = event.target.closest("[data-viewer]")?.dataset.viewer;
    if (name) run(name);
  };

  function run(name) {
    if (name === "close") close();
    else if (name === "zoom-in") zoomTo(scale * ZOOM_STEP);
    else if (name === "zoom-out") zoomTo(scale / ZOOM_STEP);
    else if (name === "fit") zoomTo(1);
    else on.step(name === "next" ? 1 : -1);
  }

  // Whether the key means something here.
  function onKey(event) {
    const names = { Escape: "close", ArrowLeft: "previous", ArrowRight: "next", "+": "zoom-in", "=": "zoom-in" };
    const name = { ...names, "-": "zoom-out", _: "zoom-out", 0: "fit", f: "close" }[event.key];
    if (name) run(name);
    return Boolean(name);
  }

  function open() {
    before = document.activeElement;
    box = document.createElement("div");
    box.className = "ns-viewer";
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-modal", "true");
    const tools = TOOLS.map(([name, label, key, icon]) =>
      `<button type="button" data-viewer="${name}" aria-label="${label}" title="${label}" aria-keyshortcuts="${key}">` +
      `<span class="ns-icon" translate="no" aria-hidden="true">${icon}</span></button>`);
    box.innerHTML = `<img alt="" draggable="false"><div class="ns-viewer-bar"><b dir="auto" aria-live="polite"></b>${tools.join("")}</div>`;
    image = box.querySelector("img");
    for (const [name, listen] of Object.entries({
      wheel: onWheel, dblclick: onDoubleClick, pointerdown: onPointerDown, pointermove: onPointerMove,
      pointerup: onPointerUp, pointercancel: onPointerUp, click: onClick,
    })) box.addEventListener(name, listen, { passive: false });
    addEventListener("resize", fit);
    document.getElementById("root")?.setAttribute("inert", "");
    document.body.append(box);
    box.querySelector('[data-viewer="close"]').focus();
  }

  // Shows a picture: `{ item, name, url, alt, first, last }`; the same one with more pixels keeps its zoom.
  function show(picture) {
    if (!box) open();
    const another = box.dataset.item !== picture.item;
    if (another) {
      box.dataset.item = picture.item;
      pointers.clear();
      [scale, left, top] = [1, 0, 0];
    }
    if (picture.url && image.src !== picture.url) {
      image.src = picture.url;
      image.onload = fit;
    }
    if (image.alt !== picture.alt) image.alt = picture.alt;
    const name = box.querySelector("b");
    if (name.textContent !== picture.name) {
      name.textContent = picture.name;
      box.setAttribute("aria-label", `${picture.name}, alone on the screen`);
    }
    box.querySelector('[data-viewer="previous"]').disabled = picture.first;
    box.querySelector('[data-viewer="next"]').disabled = picture.last;
    place();
  }

  function close() {
    if (!box) return;
    removeEventListener("resize", fit);
    box.remove();
    box = null;
    document.getElementById("root")?.removeAttribute("inert");
    before?.focus?.({ preventScroll: true });
    on.closed();
  }

  return { show, close, onKey, isOpen: () => Boolean(box) };
}
