import { decodeBase64, encodeBase64 } from '@ioi/basis';
import { HASH_SIZE } from './hashing.ts';

// The lines that texts about logs (C2SP tlog-proof, tlog-witness) are made of.

/** No log of fewer than 2^63 entries needs more (C2SP tlog-witness). */
const MAX_HASHES = 63;
const COUNT = /^(?:0|[1-9][0-9]{0,15})$/;

export function formatHashes(hashes: readonly Uint8Array[]): string {
  return hashes.map((hash) => `${encodeBase64(hash)}\n`).join('');
}

/** A hash per line; undefined if a line is anything else or there are too many. */
export function parseHashes(lines: readonly string[]): Uint8Array[] | undefined {
  if (lines.length > MAX_HASHES) return undefined;
  const hashes = lines.map(decodeBase64).filter((hash) => hash?.length === HASH_SIZE);
  return hashes.length === lines.length ? (hashes as Uint8Array[]) : undefined;
}

/** A decimal number below 2^53 without leading zeros. */
export function parseCount(text: string): number | undefined {
  const count = Number(text);
  return COUNT.test(text) && Number.isSafeInteger(count) ? count : undefined;
}

/** The lines before the first empty one, and all the text after it. */
export function splitAtEmptyLine(
  text: string,
): { readonly lines: readonly string[]; readonly rest: string } | undefined {
  const blank = text.indexOf('\n\n');
  if (blank === -1) return undefined;
  return { lines: text.slice(0, blank).split('\n'), rest: text.slice(blank + 2) };
}
