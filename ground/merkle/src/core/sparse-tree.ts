import { HASH_SIZE, sameBytes, stateNodeHash } from './hashing.ts';

/** An immutable sparse tree over 32-byte keys. `undefined` is the empty tree. */
export type SparseTree = Leaf | Inner | undefined;

export type Leaf = {
  readonly kind: 'leaf';
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly hash: Uint8Array;
};

export type Inner = {
  readonly kind: 'inner';
  readonly left: SparseTree;
  readonly right: SparseTree;
  /** Filled in when first asked for, so that a batch of changes hashes each node once. */
  hash: Uint8Array | undefined;
};

/** What a path ends in, and the hash beside it at each bit from the root down. */
export type TreePath = {
  readonly siblings: readonly Uint8Array[];
  /** Where the key is absent: the leaf found in its place, if there is one. */
  readonly neighbour?: { readonly key: Uint8Array; readonly value: Uint8Array };
};

/** The hash of an empty subtree. Nothing hashes to it. */
export function emptyHash(): Uint8Array {
  return new Uint8Array(HASH_SIZE);
}

export function hashOf(tree: SparseTree): Uint8Array {
  if (tree === undefined) return emptyHash();
  if (tree.kind === 'inner') tree.hash ??= stateNodeHash(hashOf(tree.left), hashOf(tree.right));
  return tree.hash as Uint8Array;
}

export function insert(tree: SparseTree, leaf: Leaf, depth = 0): SparseTree {
  if (tree === undefined) return leaf;
  if (tree.kind === 'leaf') {
    return sameBytes(tree.key, leaf.key) ? leaf : fork(tree, leaf, depth);
  }
  return bitAt(leaf.key, depth) === 0
    ? inner(insert(tree.left, leaf, depth + 1), tree.right)
    : inner(tree.left, insert(tree.right, leaf, depth + 1));
}

/** The tree without a key; the very same tree when the key was not in it. */
export function remove(tree: SparseTree, key: Uint8Array, depth = 0): SparseTree {
  if (tree === undefined) return undefined;
  if (tree.kind === 'leaf') return sameBytes(tree.key, key) ? undefined : tree;
  const isLeft = bitAt(key, depth) === 0;
  const before = isLeft ? tree.left : tree.right;
  const after = remove(before, key, depth + 1);
  if (after === before) return tree;
  const other = isLeft ? tree.right : tree.left;
  // A subtree with one leaf is that leaf: what makes the root forget in which order it grew.
  if (after === undefined && other?.kind === 'leaf') return other;
  if (other === undefined && after?.kind === 'leaf') return after;
  return isLeft ? inner(after, other) : inner(other, after);
}

export function pathTo(tree: SparseTree, key: Uint8Array): TreePath {
  const siblings: Uint8Array[] = [];
  let at = tree;
  while (at !== undefined && at.kind === 'inner') {
    const isLeft = bitAt(key, siblings.length) === 0;
    siblings.push(hashOf(isLeft ? at.right : at.left));
    at = isLeft ? at.left : at.right;
  }
  if (at === undefined || sameBytes(at.key, key)) return { siblings };
  return { siblings, neighbour: { key: at.key, value: at.value } };
}

/** Bit `index` of a key, from the most significant bit of its first byte. */
export function bitAt(key: Uint8Array, index: number): number {
  return ((key[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;
}

function fork(a: Leaf, b: Leaf, depth: number): Inner {
  const [bitA, bitB] = [bitAt(a.key, depth), bitAt(b.key, depth)];
  if (bitA !== bitB) return bitA === 0 ? inner(a, b) : inner(b, a);
  const below = fork(a, b, depth + 1);
  return bitA === 0 ? inner(below, undefined) : inner(undefined, below);
}

function inner(left: SparseTree, right: SparseTree): Inner {
  return { kind: 'inner', left, right, hash: undefined };
}
