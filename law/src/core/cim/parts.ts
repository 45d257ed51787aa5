import type { Pausing } from '@ioi/basis';

/** Of spans between two pauses: some 0.5 ms. */
const PART = 256;

/** Looks at all of them in order, part by part, with pauses in between. */
export function* forEachPart<T>(
  all: readonly T[],
  look: (part: readonly T[]) => void,
): Pausing<void> {
  for (let from = 0; from < all.length; from += PART) {
    if (from > 0) yield;
    look(all.slice(from, from + PART));
  }
}
