import { HASH_SIZE } from './hashing.ts';

/** Bits of a key: as many as of the hash that it is. */
export const KEY_BITS = HASH_SIZE * 8;

/** What a path ends in, and the hash beside it at each bit from the root down. */
export type TreePath = {
  readonly siblings: readonly Uint8Array[];
  /** Where the key is absent: the leaf found in its place, if there is one. */
  readonly neighbour?: { readonly key: Uint8Array; readonly value: Uint8Array };
};

/** Shows that a key has a value, that it has none, or what a class lists. */
export type StateProof = {
  /** From the state root to the class. */
  readonly classPath: TreePath;
  /** From the class to the object; absent when the whole class is. */
  readonly idPath?: TreePath;
};

/** The hash of an empty subtree. Nothing is known to hash to it. */
export function emptyHash(): Uint8Array {
  return new Uint8Array(HASH_SIZE);
}

/** Bit `index` of a key, from the most significant bit of its first byte. */
export function bitAt(key: Uint8Array, index: number): number {
  return ((key[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;
}

/** Whether two keys begin with the same `count` bits. */
export function sharesBits(a: Uint8Array, b: Uint8Array, count: number): boolean {
  for (let at = 0; at < count; at += 1) {
    if (bitAt(a, at) !== bitAt(b, at)) return false;
  }
  return true;
}

/** All keys that begin with the first `bits` bits of this one. */
export type KeyRange = { readonly key: Uint8Array; readonly bits: number };

/** The keys that begin with these bits, written as zeros and ones; undefined if it is not that. */
export function rangeOf(prefix: string): KeyRange | undefined {
  if (prefix.length > KEY_BITS || !/^[01]*$/.test(prefix)) return undefined;
  const key = new Uint8Array(HASH_SIZE);
  for (let at = 0; at < prefix.length; at += 1) {
    if (prefix[at] === '1') key[at >> 3] = (key[at >> 3] ?? 0) | (0x80 >> (at & 7));
  }
  return { key, bits: prefix.length };
}
