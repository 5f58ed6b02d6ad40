// Cedar counts UTF-8 bytes, the editor counts UTF-16 units.

/** The place in `text` of a place given in bytes of its UTF-8 form; beyond its end it is the end. */
export function placesOf(text: string): (bytes: number) => number {
  // oxlint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return (bytes) => Math.min(bytes, text.length);
  const starts: number[] = [];
  let bytes = 0;
  for (let place = 0; place < text.length; ) {
    const point = text.codePointAt(place) ?? 0;
    const units = point > 0xffff ? 2 : 1;
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (let at = 0; at < size; at += 1) starts[bytes + at] = place;
    bytes += size;
    place += units;
  }
  return (given) => starts[given] ?? text.length;
}
