// The map of a space.  Streamlit passes its parts one by one, each from a component of its own, so that an unchanged part
// is not sent again: `points`, `colours`, `scene` (the only visible one) and `items`.
import { unpack } from "./unpack.js";
import { SpaceMap } from "./map.js";

const maps = new Map();

function named(name) {
  if (!maps.has(name)) maps.set(name, new SpaceMap());
  return maps.get(name);
}

/** The positions of the points. */
export const points = ({ data }, name) => named(name).setPoints(unpack(data));

/** The colours of the points, and which of them are faint. */
export const colours = ({ data }, name) => named(name).setColours(unpack(data));

/** What is drawn beside the points; `parentElement` shows the map. */
export function scene({ data, parentElement, setTriggerValue }, name) {
  const map = named(name);
  // An action that the page does not handle is not sent.
  map.send = (action, values) => { if (data.actions.includes(action)) setTriggerValue(action, values); };
  map.attach(parentElement, data.small);
  map.setScene(data);
}

/** The details of the items that were requested. */
export function items({ data, setTriggerValue }, name) {
  const { details } = named(name);
  details.send = (request) => setTriggerValue("request", request);
  if (data) details.receive(data);
  else details.resend();
}

/** A part was removed from the page, or is about to be drawn again. */
export function unmount(name, part) {
  const map = maps.get(name);
  if (!map) return;
  if (part === "items") map.details.send = null;
  if (part === "scene") map.detach();
}
