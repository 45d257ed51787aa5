/** A text in pieces of its UTF-8, so that it never stands in memory twice. */
export function* utf8Pieces(text: string): Generator<Uint8Array, void> {
  const buffer = new Uint8Array(Math.min(PIECE_UNITS, text.length) * 3);
  const encoder = new TextEncoder();
  for (let at = 0; at < text.length; ) {
    const { read, written } = encoder.encodeInto(text.slice(at, at + PIECE_UNITS), buffer);
    // A pair cut in half by the slice is taken whole with the next piece.
    const whole = endsInHalf(text, at + read) ? read - 1 : read;
    yield buffer.subarray(0, whole === read ? written : written - 3);
    at += whole;
  }
}

const PIECE_UNITS = 16_384;

function endsInHalf(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1);
  return end < text.length && last >= 0xd800 && last < 0xdc00;
}
