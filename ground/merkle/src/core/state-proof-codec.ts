import { err, ok, type Result } from '@ioi/basis';
import type { MerkleError } from './codes.ts';
import { HASH_SIZE } from './hashing.ts';
import { KEY_BITS, type StateProof, type TreePath } from './tree-path.ts';

// A proof is a byte of flags, the class path and, if flagged, the path within the class. A path is
// its depth in two bytes, one bit for each sibling from the root down saying whether it is there,
// the siblings that are, and, if flagged, the neighbour's key and value. Empty siblings are not
// written, and a proof has one spelling.
const HAS_ID_PATH = 1;
const HAS_CLASS_NEIGHBOUR = 2;
const HAS_ID_NEIGHBOUR = 4;

/** About 33 bytes for each doubling of the objects. */
export function encodeStateProof({ classPath, idPath }: StateProof): Uint8Array {
  const flags =
    (idPath === undefined ? 0 : HAS_ID_PATH) +
    (classPath.neighbour === undefined ? 0 : HAS_CLASS_NEIGHBOUR) +
    (idPath?.neighbour === undefined ? 0 : HAS_ID_NEIGHBOUR);
  const parts = [[flags], ...pathParts(classPath), ...(idPath ? pathParts(idPath) : [])];
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Takes only what `encodeStateProof` gives. */
export function decodeStateProof(bytes: Uint8Array): Result<StateProof, MerkleError> {
  const reader = new PathReader(bytes);
  const flags = reader.take(1)[0] ?? 0;
  const classPath = reader.path((flags & HAS_CLASS_NEIGHBOUR) !== 0);
  const hasIdPath = (flags & HAS_ID_PATH) !== 0;
  const idPath = hasIdPath ? reader.path((flags & HAS_ID_NEIGHBOUR) !== 0) : undefined;
  const isOdd = flags > 7 || (!hasIdPath && (flags & HAS_ID_NEIGHBOUR) !== 0);
  if (isOdd || !reader.isDone) {
    return err({ code: 'merkle.bad_encoding', message: 'these bytes are no proof of state' });
  }
  return ok(idPath === undefined ? { classPath } : { classPath, idPath });
}

function pathParts({ siblings, neighbour }: TreePath): (Uint8Array | number[])[] {
  const bitmap = new Uint8Array(Math.ceil(siblings.length / 8));
  const present = siblings.filter((sibling, at) => {
    const isPresent = !isEmpty(sibling);
    if (isPresent) bitmap[at >> 3] = (bitmap[at >> 3] ?? 0) | (0x80 >> (at & 7));
    return isPresent;
  });
  const depth = [siblings.length >> 8, siblings.length & 0xff];
  return [depth, bitmap, ...present, ...(neighbour ? [neighbour.key, neighbour.value] : [])];
}

/** Reads on past the end and past nonsense; `isDone` says in the end whether all was in order. */
class PathReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isOrderly = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#isOrderly && this.#at === this.#bytes.length;
  }

  take(count: number): Uint8Array {
    this.#at += count;
    return this.#bytes.slice(this.#at - count, this.#at);
  }

  path(hasNeighbour: boolean): TreePath {
    const [high = 0, low = 0] = this.take(2);
    const depth = high * 256 + low;
    if (depth > KEY_BITS) this.#isOrderly = false;
    const bitmap = this.take(Math.ceil(Math.min(depth, KEY_BITS) / 8));
    const isSet = (at: number): boolean => (((bitmap[at >> 3] ?? 0) << (at & 7)) & 0x80) !== 0;
    const siblings: Uint8Array[] = [];
    for (let at = 0; at < bitmap.length * 8; at += 1) {
      if (at < depth) siblings.push(isSet(at) ? this.#sibling() : new Uint8Array(HASH_SIZE));
      else if (isSet(at)) this.#isOrderly = false;
    }
    if (!hasNeighbour) return { siblings };
    return { siblings, neighbour: { key: this.take(HASH_SIZE), value: this.take(HASH_SIZE) } };
  }

  #sibling(): Uint8Array {
    const sibling = this.take(HASH_SIZE);
    if (isEmpty(sibling)) this.#isOrderly = false;
    return sibling;
  }
}

function isEmpty(hash: Uint8Array): boolean {
  return hash.every((byte) => byte === 0);
}
