import { sha256 } from '@ioi/canon';

/** Bytes of every hash here: SHA-256. */
export const HASH_SIZE = 32;

// What is hashed begins with its kind, so that no hash of one kind is ever one of another.
const LOG_LEAF = 0x00;
const LOG_NODE = 0x01;
const STATE_LEAF = 0x02;
const STATE_NODE = 0x03;
const STATE_CLASS = 0x04;

/** RFC 6962 2.1: the hash of one log entry. */
export function leafHash(entry: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + entry.length);
  input[0] = LOG_LEAF;
  input.set(entry, 1);
  return sha256(input);
}

/** RFC 6962 2.1: the hash over two subtrees of the log. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return pairHash(LOG_NODE, left, right);
}

/** RFC 6962 2.1: the root of a log without entries, SHA-256 of nothing. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array());
}

export function stateLeafHash(idHash: Uint8Array, valueDigest: Uint8Array): Uint8Array {
  return pairHash(STATE_LEAF, idHash, valueDigest);
}

export function stateNodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return pairHash(STATE_NODE, left, right);
}

export function stateClassHash(classHash: Uint8Array, classRoot: Uint8Array): Uint8Array {
  return pairHash(STATE_CLASS, classHash, classRoot);
}

function pairHash(kind: number, left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + 2 * HASH_SIZE);
  input[0] = kind;
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
