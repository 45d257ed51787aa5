import { err, ok, type Result } from '@ioi/basis';

const HEADER_BYTES = 4;

/** Largest frame body either side accepts, in bytes. */
const MAX_FRAME_BYTES = 128 * 1024 * 1024;

export type FrameError = { readonly code: 'frame.too_large'; readonly message: string };

/** Length-prefixed frame: 4 bytes big endian, then the body. */
export function encodeFrame(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** Cuts a byte stream back into frames, whatever the chunking. Keeps one partial frame. */
export class FrameReader {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #held = 0;

  constructor(limit: number = MAX_FRAME_BYTES) {
    this.#limit = limit;
  }

  /** Bodies completed by this chunk, in order. After an error the stream is unusable. */
  push(chunk: Uint8Array): Result<Uint8Array[], FrameError> {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const bodies: Uint8Array[] = [];
    while (this.#held >= HEADER_BYTES) {
      const head = this.#joined();
      const view = new DataView(head.buffer, head.byteOffset, head.length);
      const length = view.getUint32(0);
      if (length > this.#limit) {
        const message = `frame of ${length} bytes, the limit is ${this.#limit}`;
        return err({ code: 'frame.too_large', message });
      }
      if (this.#held < HEADER_BYTES + length) break;
      bodies.push(head.subarray(HEADER_BYTES, HEADER_BYTES + length));
      const rest = head.subarray(HEADER_BYTES + length);
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#held = rest.length;
    }
    return ok(bodies);
  }

  /** Joins only when a header or a whole frame may be there: long frames join once. */
  #joined(): Uint8Array {
    const first = this.#chunks[0];
    if (first && this.#chunks.length === 1) return first;
    if (first && first.length >= HEADER_BYTES) {
      const view = new DataView(first.buffer, first.byteOffset, first.length);
      if (this.#held < HEADER_BYTES + view.getUint32(0)) return first;
    }
    const joined = new Uint8Array(this.#held);
    let offset = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, offset);
      offset += chunk.length;
    }
    this.#chunks = [joined];
    return joined;
  }
}
