/** What stands next in a file of lines; every line must end in a line feed, the last too. */
export type ReadLine =
  | { readonly kind: 'line'; readonly bytes: Uint8Array }
  | { readonly kind: 'too_long' }
  | { readonly kind: 'unterminated' }
  | { readonly kind: 'end' };

const LINE_FEED = 0x0a;

/** Cuts chunks of bytes, however they fall, into lines; holds one line at most. */
export class LineReader {
  readonly #chunks: Iterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]();
  }

  /** The next line without its line feed, if it has at most `maxBytes`. */
  next(maxBytes: number): ReadLine {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const end = this.#chunk.indexOf(LINE_FEED);
      const piece = end < 0 ? this.#chunk : this.#chunk.subarray(0, end);
      size += piece.length;
      if (size > maxBytes) return { kind: 'too_long' };
      // Copied, since a source may fill the same buffer again for its next chunk.
      if (piece.length > 0) pieces.push(piece.slice());
      if (end >= 0) {
        this.#chunk = this.#chunk.subarray(end + 1);
        return { kind: 'line', bytes: joined(pieces, size) };
      }
      const following = this.#chunks.next();
      if (following.done === true) {
        this.#chunk = new Uint8Array();
        return { kind: size > 0 ? 'unterminated' : 'end' };
      }
      this.#chunk = following.value;
    }
  }

  /** Lets the source of the chunks go before its end. */
  close(): void {
    this.#chunks.return?.();
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
