import type { Duplex } from 'node:stream';

/** For whoever reads what is said last. */
const GRACE_MS = 5_000;

/**
 * Says this, and ends. A program that stops reading never lets it be said to the end, so after a
 * while the connection is gone all the same.
 */
export function endSoon(near: Duplex, words = ''): void {
  const late = setTimeout(() => near.destroy(), GRACE_MS);
  near.once('close', () => clearTimeout(late));
  near.end(words);
}
