import { assert } from '@ioi/basis';
import { nodeHash } from './hashing.ts';

/** The leaf hash at an index below the size in question. */
export type LeafReader = (index: number) => Uint8Array;

/** RFC 6962 2.1.1: the path that ties the leaf at `index` to the root at `size`, leaf first. */
export function inclusionProof(leafAt: LeafReader, index: number, size: number): Uint8Array[] {
  assert(Number.isSafeInteger(size) && Number.isSafeInteger(index), 'sizes are safe integers');
  assert(index >= 0 && index < size, 'only a leaf of the log has a path');
  const path: Uint8Array[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push(rangeRoot(leafAt, middle, to));
      to = middle;
    } else {
      path.push(rangeRoot(leafAt, from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** RFC 6962 2.1.2: shows that the log at `newSize` begins with the log at `oldSize`. */
export function consistencyProof(
  leafAt: LeafReader,
  oldSize: number,
  newSize: number,
): Uint8Array[] {
  assert(Number.isSafeInteger(oldSize) && Number.isSafeInteger(newSize), 'sizes are safe integers');
  assert(oldSize > 0 && oldSize <= newSize, 'a log grows from a size of at least one');
  const proof: Uint8Array[] = [];
  let [from, to] = [0, newSize];
  while (oldSize !== to) {
    const middle = from + splitOf(to - from);
    if (oldSize <= middle) {
      proof.push(rangeRoot(leafAt, middle, to));
      to = middle;
    } else {
      proof.push(rangeRoot(leafAt, from, middle));
      from = middle;
    }
  }
  // The verifier already has the old root; it is left out when the old log is one whole subtree.
  if (from > 0) proof.push(rangeRoot(leafAt, from, to));
  return proof.reverse();
}

function rangeRoot(leafAt: LeafReader, from: number, to: number): Uint8Array {
  if (to - from === 1) return leafAt(from);
  const middle = from + splitOf(to - from);
  return nodeHash(rangeRoot(leafAt, from, middle), rangeRoot(leafAt, middle, to));
}

/** The largest power of two below `size`, for sizes above one. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}
