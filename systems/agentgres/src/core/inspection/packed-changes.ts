import { sha256 } from '@ioi/canon';
import type { HeadText } from '@ioi/law';
import type { StateChange } from '@ioi/merkle';

const KEY_BYTES = 64;
const DIGEST_BYTES = 32;
const RECORD_BYTES = 1 + KEY_BYTES + DIGEST_BYTES;

/** Makes the key of an object, as `StateTree.keyOf` does. */
export type KeyMaker = (headClass: string, id: string) => Uint8Array;

/** Changes of the state tree as bytes that threads hand over: set or not, key, digest of value. */
export function packChanges(
  changes: readonly HeadText[],
  keyOf: KeyMaker,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(changes.length * RECORD_BYTES);
  changes.forEach(({ headClass, id, value }, at) => {
    const from = at * RECORD_BYTES;
    bytes.set(keyOf(headClass, id), from + 1);
    if (value === undefined) return;
    bytes[from] = 1;
    bytes.set(sha256(value), from + 1 + KEY_BYTES);
  });
  return bytes;
}

export function unpackChanges(bytes: Uint8Array): StateChange[] {
  return Array.from({ length: bytes.length / RECORD_BYTES }, (_, at) => {
    const record = bytes.subarray(at * RECORD_BYTES, (at + 1) * RECORD_BYTES);
    const isSet = record[0] === 1;
    return {
      key: record.subarray(1, 1 + KEY_BYTES),
      valueDigest: isSet ? record.subarray(1 + KEY_BYTES) : undefined,
    };
  });
}
