import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { type Header, returnedHeaders, scrub } from '../core/index.ts';

/** What of a server's headers is told, without any of the secrets. */
export function cleanHeaders(headers: Headers, secrets: readonly string[]): readonly Header[] {
  // Names come in lower case, whatever of a secret they hold.
  const lower = secrets.map((each) => each.toLowerCase());
  return returnedHeaders(headers, [])
    .filter(([name]) => scrub(name, lower, inflated) === name)
    .map(([name, value]) => [name, scrub(value, secrets, inflated)] as const);
}

/** What is compressed and holds a secret inside is nothing anybody is shown. */
export function cleanBytes(bytes: Buffer, secrets: readonly string[]): Buffer {
  const opened = inflated(bytes);
  if (opened !== undefined) {
    const text = Buffer.from(opened).toString('latin1');
    if (scrub(text, secrets, inflated) !== text) return Buffer.from('[redacted]', 'latin1');
  }
  return Buffer.from(scrub(bytes.toString('latin1'), secrets, inflated), 'latin1');
}

const OPENERS = [gunzipSync, brotliDecompressSync, inflateSync] as const;
const MOST_INFLATED = 16 * 1024 * 1024;

/** Undefined where the bytes are not compressed in a way that is known. */
function inflated(bytes: Uint8Array): Uint8Array | undefined {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const isZlib = bytes[0] === 0x78;
  const opener = isGzip ? OPENERS[0] : isZlib ? OPENERS[2] : OPENERS[1];
  try {
    return bytes.length === 0 ? undefined : opener(bytes, { maxOutputLength: MOST_INFLATED });
  } catch {
    return undefined;
  }
}
