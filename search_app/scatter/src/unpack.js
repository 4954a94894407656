// Reads the messages of `search_app/components/map/binary_message.py`: a header in JSON, then blocks of numbers.
const TYPES = { u1: Uint8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array };
const ALIGNED = 8; // bytes: every block starts at a multiple of it

const aligned = (place) => Math.ceil(place / ALIGNED) * ALIGNED;

/** The header with each block as a typed array under its name, and the `bytes` of the whole message. */
export function unpack(bytes) {
  // Copied to a buffer of its own, since a typed array must start at a multiple of its numbers' size.
  const copy = bytes.slice();
  const length = new DataView(copy.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(copy.subarray(4, 4 + length)));
  let place = aligned(4 + length);
  const arrays = {};
  for (const { name, kind, count } of header.blocks) {
    arrays[name] = new TYPES[kind](copy.buffer, place, count);
    place = aligned(place + arrays[name].byteLength);
  }
  return { ...header, ...arrays, bytes: copy };
}

/** Whether two unpacked messages are the same. */
export const same = (one, other) =>
  one.bytes.length === other.bytes.length && one.bytes.every((byte, place) => byte === other.bytes[place]);
