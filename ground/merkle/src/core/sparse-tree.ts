import { assert } from '@ioi/basis';
import { type Arena, isLeaf, NONE, slotOf } from './arena.ts';
import { bitAt, KEY_BITS, type KeyRange, sharesBits, type TreePath } from './tree-path.ts';

// A sparse tree is whatever hangs below one edge of an arena. A subtree with one leaf is that leaf,
// whatever its depth: what makes the root forget in which order the tree grew.

/** The leaf of a key, made if there is none, and everything on the way to it marked stale. */
export function touchLeaf(
  arena: Arena,
  root: number,
  key: Uint8Array,
): { readonly slot: number; readonly isNew: boolean } {
  let edge = root;
  for (let depth = 0; ; depth += 1) {
    const reference = arena.below(edge);
    const slot = slotOf(reference);
    if (reference === NONE) return { slot: hang(arena, edge, key), isNew: true };
    if (isLeaf(reference) && !isKeyOf(arena, slot, key)) {
      return { slot: fork(arena, { edge, depth }, key), isNew: true };
    }
    arena.markStale(slot);
    if (isLeaf(reference)) return { slot, isNew: false };
    edge = 2 * slot + bitAt(key, depth);
  }
}

/** The leaf of a key, or NONE. */
export function findLeaf(arena: Arena, root: number, key: Uint8Array): number {
  const slot = slotOf(arena.below(walk(arena, root, { key, bits: KEY_BITS }).at(-1) as number));
  return slot !== NONE && isKeyOf(arena, slot, key) ? slot : NONE;
}

/** Takes a leaf that is there out of the tree, and marks everything above it stale. */
export function removeLeaf(arena: Arena, root: number, key: Uint8Array): void {
  const path = walk(arena, root, { key, bits: KEY_BITS });
  const last = path.pop() as number;
  arena.release(slotOf(arena.below(last)));
  arena.clear(last);
  let edge = last;
  for (let above = path.pop(); above !== undefined; above = path.pop()) {
    const sole = soleLeafOf(arena, slotOf(edge));
    if (sole === NONE) {
      arena.markStale(slotOf(edge));
    } else {
      arena.move(sole, above);
      arena.release(slotOf(edge));
    }
    edge = above;
  }
}

/** The siblings on the way to a range of keys, and the leaf that stands there and is outside it. */
export function pathTo(arena: Arena, root: number, range: KeyRange): TreePath {
  const path = walk(arena, root, range);
  const siblings = path.slice(1).map((edge) => arena.read(edge ^ 1));
  const reference = arena.below(path.at(-1) as number);
  if (!isLeaf(reference)) return { siblings };
  const key = arena.read(reference - 1);
  if (sharesBits(key, range.key, range.bits)) return { siblings };
  return { siblings, neighbour: { key, value: arena.read(reference) } };
}

/** The edges from the root down to the range, or to a leaf or nothing above it. */
function walk(arena: Arena, root: number, { key, bits }: KeyRange): number[] {
  const path = [root];
  let reference = arena.below(root);
  while (reference !== NONE && !isLeaf(reference) && path.length <= bits) {
    const edge = reference + bitAt(key, path.length - 1);
    path.push(edge);
    reference = arena.below(edge);
  }
  return path;
}

/** The edge of an inner node's only child, if that is a leaf. */
function soleLeafOf(arena: Arena, slot: number): number {
  const [left, right] = [2 * slot, 2 * slot + 1];
  if (arena.below(right) === NONE && isLeaf(arena.below(left))) return left;
  if (arena.below(left) === NONE && isLeaf(arena.below(right))) return right;
  return NONE;
}

function hang(arena: Arena, edge: number, key: Uint8Array): number {
  const leaf = arena.newLeaf(key);
  arena.link(edge, leaf);
  arena.markStale(slotOf(leaf));
  return slotOf(leaf);
}

/** Puts inner nodes where a leaf stood, down to the bit at which the two keys part. */
function fork(
  arena: Arena,
  at: { readonly edge: number; readonly depth: number },
  key: Uint8Array,
): number {
  const old = arena.below(at.edge);
  const oldKey = arena.read(2 * slotOf(old));
  const oldHash = arena.read(at.edge);
  let edge = at.edge;
  for (let { depth } = at; ; depth += 1) {
    assert(depth < KEY_BITS, 'two keys differ within their 256 bits');
    const inner = arena.newInner();
    arena.link(edge, inner);
    arena.markStale(slotOf(inner));
    const bit = bitAt(key, depth);
    if (bit !== bitAt(oldKey, depth)) {
      arena.link(inner + 1 - bit, old);
      arena.write(inner + 1 - bit, oldHash);
      return hang(arena, inner + bit, key);
    }
    edge = inner + bit;
  }
}

function isKeyOf(arena: Arena, slot: number, key: Uint8Array): boolean {
  const { bytes } = arena;
  const from = slot * 2 * key.length;
  for (let at = 0; at < key.length; at += 1) {
    if (bytes[from + at] !== key[at]) return false;
  }
  return true;
}
