import {
  emptyRoot,
  HASH_SIZE,
  nodeHash,
  STATE_CLASS,
  STATE_LEAF,
  stateLeafHash,
  stateNodeHash,
} from './hashing.ts';

/** RFC 6962 2.1, read aloud. */
export function referenceRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(referenceRoot(leaves.slice(0, split)), referenceRoot(leaves.slice(split)));
}

export type ReferenceEntry = { readonly key: Uint8Array; readonly valueDigest: Uint8Array };

/** The state root of these entries, each key once, by dividing the list bit by bit. */
export function referenceStateRoot(entries: readonly ReferenceEntry[]): Uint8Array {
  const classes = new Map<string, ReferenceEntry[]>();
  for (const entry of entries) {
    const name = entry.key.subarray(0, HASH_SIZE).join();
    classes.set(name, [...(classes.get(name) ?? []), entry]);
  }
  const leaves = [...classes.values()].map((members) => {
    const classHash = (members[0] as ReferenceEntry).key.slice(0, HASH_SIZE);
    const root = divide(members.map(objectLeaf), 0);
    return { key: classHash, hash: stateLeafHash(STATE_CLASS, classHash, root) };
  });
  return divide(leaves, 0);
}

type HashedLeaf = { readonly key: Uint8Array; readonly hash: Uint8Array };

function objectLeaf(entry: ReferenceEntry): HashedLeaf {
  const key = entry.key.slice(HASH_SIZE);
  return { key, hash: stateLeafHash(STATE_LEAF, key, entry.valueDigest) };
}

function divide(leaves: readonly HashedLeaf[], depth: number): Uint8Array {
  if (leaves.length === 0) return new Uint8Array(HASH_SIZE);
  if (leaves.length === 1) return (leaves[0] as HashedLeaf).hash;
  const isRight = (leaf: HashedLeaf): boolean => {
    const byte = leaf.key[Math.floor(depth / 8)] as number;
    return Math.floor(byte / 2 ** (7 - (depth % 8))) % 2 === 1;
  };
  const left = leaves.filter((leaf) => !isRight(leaf));
  const right = leaves.filter(isRight);
  return stateNodeHash(divide(left, depth + 1), divide(right, depth + 1));
}
