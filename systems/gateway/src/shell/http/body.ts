import type { IncomingMessage } from 'node:http';
import { type Digest, digestBytes } from '@ioi/canon';
import type { HttpLimits } from './limits.ts';

/** What receipts of oversized input are made over. */
const PREFIX_BYTES = 64 * 1024;

export type Body =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'oversized'; readonly byteCount: number; readonly prefixDigest: Digest }
  /** Too many others are being read, or the client left or was too slow and is cut off. */
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'gone' };

/** Reads bodies, of which all together are bounded; one at a time of each request. */
export class BodyReader {
  readonly #limits: HttpLimits;
  #reading = 0;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  async read(request: IncomingMessage): Promise<Body> {
    const { bodyBytes, bodyMs, readingBytes } = this.#limits;
    const slow = setTimeout(() => request.destroy(), bodyMs);
    const chunks: Buffer[] = [];
    let byteCount = 0;
    let kept = 0;
    try {
      // An answer must still get out where reading ends early.
      const bodies: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
      for await (const chunk of bodies) {
        byteCount += chunk.length;
        // What is too large is read to its end, so that the client hears of it, and not kept.
        if (byteCount > bodyBytes && kept > PREFIX_BYTES) continue;
        if (this.#reading + chunk.length > readingBytes) return { kind: 'overloaded' };
        chunks.push(chunk);
        kept += chunk.length;
        this.#reading += chunk.length;
      }
    } catch {
      return { kind: 'gone' };
    } finally {
      clearTimeout(slow);
      this.#reading -= kept;
    }
    if (!request.complete) return { kind: 'gone' };
    const bytes = Buffer.concat(chunks);
    if (byteCount <= bodyBytes) return { kind: 'body', bytes };
    const prefixDigest = digestBytes(bytes.subarray(0, PREFIX_BYTES));
    return { kind: 'oversized', byteCount, prefixDigest };
  }
}
