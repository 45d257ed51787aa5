import { assert } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import { HASH_SIZE } from './hashing.ts';

/** Bytes of a state key: the hash of the class, then the hash of the id. */
const STATE_KEY_SIZE = 2 * HASH_SIZE;

/** Where an object lives in the state tree. All objects of a class share the first half. */
export function stateKey(className: string, id: string): Uint8Array {
  return joinKey(sha256(className), id);
}

export function joinKey(classHash: Uint8Array, id: string): Uint8Array {
  const key = new Uint8Array(STATE_KEY_SIZE);
  key.set(classHash, 0);
  key.set(sha256(id), HASH_SIZE);
  return key;
}

export function splitKey(key: Uint8Array): {
  readonly classHash: Uint8Array;
  readonly idHash: Uint8Array;
} {
  assert(key.length === STATE_KEY_SIZE, 'a state key is made by stateKey');
  return { classHash: key.subarray(0, HASH_SIZE), idHash: key.subarray(HASH_SIZE) };
}
