import { assert } from '@ioi/basis';
import { sha256 } from '@ioi/canon';

/** Bytes of every hash here: SHA-256. */
export const HASH_SIZE = 32;

// What is hashed in the log begins with its kind (RFC 6962). In the state tree leaves do, and are
// 65 bytes; an inner node is its two children, 64 bytes: no input of one is an input of the other.
const LOG_LEAF = 0x00;
const LOG_NODE = 0x01;
export const STATE_LEAF = 0x02;
export const STATE_CLASS = 0x04;

/** What the hash of two under a tag is over. */
export const NODE_INPUT_SIZE = 1 + 2 * HASH_SIZE;

/** LOG_LEAF as the first character of a text. */
const LEAF_PREFIX = '\u0000';

/** RFC 6962 2.1: the hash of one log entry. */
export function leafHash(entry: Uint8Array | string): Uint8Array {
  // A text is hashed by the engine as its UTF-8, which spares a copy.
  if (typeof entry === 'string') return sha256(LEAF_PREFIX + entry);
  const input = new Uint8Array(1 + entry.length);
  input[0] = LOG_LEAF;
  input.set(entry, 1);
  return sha256(input);
}

/**
 * The hash of a leaf that binds several digests under a tag: SHA-256 of the tag's own SHA-256 and
 * the digests. With two or more digests its input is never as long as that of an inner node.
 */
export function taggedLeaf(tag: string, digests: readonly Uint8Array[]): Uint8Array {
  assert(digests.length >= 2, 'a tagged leaf binds at least two digests');
  const input = new Uint8Array((1 + digests.length) * HASH_SIZE);
  [sha256(tag), ...digests].forEach((digest, at) => {
    assert(digest.length === HASH_SIZE, 'a digest has 32 bytes');
    input.set(digest, at * HASH_SIZE);
  });
  return sha256(input);
}

/** RFC 6962 2.1: the hash over two subtrees of the log. Who hashes many hands over the input. */
export function nodeHash(
  left: Uint8Array,
  right: Uint8Array,
  input: Uint8Array = new Uint8Array(NODE_INPUT_SIZE),
): Uint8Array {
  return taggedPair(input, LOG_NODE, left, right);
}

/** RFC 6962 2.1: the root of a log without entries, SHA-256 of nothing. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array());
}

/** The hash of a leaf of the state tree: an object or, under its own tag, a class. */
export function stateLeafHash(tag: number, key: Uint8Array, value: Uint8Array): Uint8Array {
  return taggedPair(new Uint8Array(NODE_INPUT_SIZE), tag, key, value);
}

/** The hash of an inner node of the state tree: SHA-256 of exactly 64 bytes. */
export function stateNodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(2 * HASH_SIZE);
  input.set(left, 0);
  input.set(right, HASH_SIZE);
  return sha256(input);
}

function taggedPair(
  input: Uint8Array,
  tag: number,
  left: Uint8Array,
  right: Uint8Array,
): Uint8Array {
  input[0] = tag;
  input.set(left, 1);
  input.set(right, 1 + HASH_SIZE);
  return sha256(input);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) {
    if (a[at] !== b[at]) return false;
  }
  return true;
}
