import { assert } from '@ioi/basis';
import { nodeHash } from './hashing.ts';
import type { NodeReader } from './log-nodes.ts';

// Both proofs read a number of nodes that grows with the logarithm of the size.

/** RFC 6962 2.1.1: the path that ties the leaf at `index` to the root at `size`, leaf first. */
export function inclusionProof(nodeAt: NodeReader, index: number, size: number): Uint8Array[] {
  assert(Number.isSafeInteger(size) && Number.isSafeInteger(index), 'sizes are safe integers');
  assert(index >= 0 && index < size, 'only a leaf of the log has a path');
  const path: Uint8Array[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push(rangeRoot(nodeAt, middle, to));
      to = middle;
    } else {
      path.push(rangeRoot(nodeAt, from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** RFC 6962 2.1.2: shows that the log at `newSize` begins with the log at `oldSize`. */
export function consistencyProof(
  nodeAt: NodeReader,
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
      proof.push(rangeRoot(nodeAt, middle, to));
      to = middle;
    } else {
      proof.push(rangeRoot(nodeAt, from, middle));
      from = middle;
    }
  }
  // The verifier already has the old root; it is left out when the old log is one whole subtree.
  if (from > 0) proof.push(rangeRoot(nodeAt, from, to));
  return proof.reverse();
}

/** Of a range that RFC 6962 splits the log into, so a perfect one is a node. */
function rangeRoot(nodeAt: NodeReader, from: number, to: number): Uint8Array {
  const size = to - from;
  let level = 0;
  while (2 ** level < size) level += 1;
  if (2 ** level === size) return nodeAt(level, from / size);
  const middle = from + splitOf(size);
  return nodeHash(rangeRoot(nodeAt, from, middle), rangeRoot(nodeAt, middle, to));
}

/** The largest power of two below `size`, for sizes above one. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}
