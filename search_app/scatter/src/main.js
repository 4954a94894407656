// The map of a space.  Streamlit hands over its parts one by one, each from a component of its own, so that a part
// that has not changed is not sent again: `points`, `look`, `scene` (the one that is seen) and `answers`.
import { unpack } from "./pack.js";
import { SpaceMap } from "./map.js";

const maps = new Map();

function named(name) {
  if (!maps.has(name)) maps.set(name, new SpaceMap());
  return maps.get(name);
}

/** Where every point lies. */
export const points = ({ data }, name) => named(name).setPoints(unpack(data));

/** How the points are coloured, and which of them are faint. */
export const look = ({ data }, name) => named(name).setLook(unpack(data));

/** What is drawn beside the points; `parentElement` shows the map. */
export function scene({ data, parentElement, setTriggerValue }, name) {
  const map = named(name);
  // What the page takes no notice of cannot be done.
  map.tell = (what, value) => { if (data.acts.includes(what)) setTriggerValue(what, value); };
  map.attach(parentElement, data.small);
  map.setScene(data);
}

/** What is known of the items that were asked for. */
export function answers({ data, setTriggerValue }, name) {
  const { lookup } = named(name);
  lookup.send = (wanted) => setTriggerValue("want", wanted);
  if (data) lookup.answer(data);
  else lookup.again();
}

/** A part is not on the page any more, or is about to be drawn again. */
export function gone(name, part) {
  const map = maps.get(name);
  if (!map) return;
  if (part === "answers") map.lookup.send = null;
  if (part === "scene") map.leave();
}
