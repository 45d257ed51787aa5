import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import { Arena, isLeaf, NONE, slotOf } from './arena.ts';
import type { MerkleError } from './codes.ts';
import { HASH_SIZE, sameBytes } from './hashing.ts';
import { KEY_BITS } from './tree-path.ts';

// A snapshot is: a name for the format; the number of slots; per slot two references of 4 bytes;
// per slot two hashes, or key and value; a digest of all of that. Numbers are little-endian. Slots
// are numbered level by level from the root, so the bytes depend on the contents alone, and a
// reader knows which reference must come next.
const FORMAT = encodeUtf8('merkle-state/v1\n');
const HEADER_SIZE = FORMAT.length + 4;
const REFERENCES_SIZE = 8;
const NODE_SIZE = 2 * HASH_SIZE;

/** Bytes hashed at once: the digest of a snapshot is over the digests of its blocks. */
const BLOCK = 2 ** 26;

export function writeSnapshot(arena: Arena): Uint8Array {
  const slots = arena.size;
  const bytes = new Uint8Array(bytesFor(slots));
  const view = new DataView(bytes.buffer);
  bytes.set(FORMAT, 0);
  view.setUint32(FORMAT.length, slots, true);
  const nodes = new Int32Array(bytes.buffer, HEADER_SIZE + slots * REFERENCES_SIZE, slots * 16);
  const order = new Uint32Array(slots);
  for (let slot = 0, next = 1; slot < slots; slot += 1) {
    const old = order[slot] as number;
    for (const side of [0, 1]) {
      const reference = arena.below(2 * old + side);
      if (reference === NONE) continue;
      order[next] = slotOf(reference);
      const renumbered = 2 * next + (isLeaf(reference) ? 1 : 0);
      view.setUint32(HEADER_SIZE + slot * REFERENCES_SIZE + side * 4, renumbered, true);
      next += 1;
    }
    arena.copySlot(old, nodes, slot);
  }
  const body = bytes.length - HASH_SIZE;
  bytes.set(digestOf(bytes.subarray(0, body)), body);
  return bytes;
}

/** Refuses whatever `writeSnapshot` cannot have written, except wrong hashes. */
export function readSnapshot(bytes: Uint8Array): Result<Arena, MerkleError> {
  if (bytes.length < bytesFor(1) || !sameBytes(bytes.subarray(0, FORMAT.length), FORMAT)) {
    return damaged('this is no snapshot of a state tree');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const slots = view.getUint32(FORMAT.length, true);
  if (bytes.length !== bytesFor(slots)) return damaged('the snapshot is not whole');
  const body = bytes.length - HASH_SIZE;
  if (!sameBytes(digestOf(bytes.subarray(0, body)), bytes.subarray(body))) {
    return damaged('the digest is another');
  }
  const arena = Arena.of(slots, bytes.subarray(HEADER_SIZE + slots * REFERENCES_SIZE, body));
  const wrong = readShape(arena, view, slots);
  return wrong === undefined ? ok(arena) : damaged(wrong);
}

// What a slot is: known from the reference to it, which always comes first.
const UPPER_INNER = 0;
const CLASS = 1;
const INNER = 2;
const OBJECT = 3;

/** Links the slots of an arena as the snapshot says, or says why that is no tree of trees. */
function readShape(arena: Arena, view: DataView, slots: number): string | undefined {
  const kinds = new Uint8Array(slots);
  const depths = new Uint16Array(slots);
  let next = 1;
  for (let slot = 0; slot < slots; slot += 1) {
    const at = HEADER_SIZE + slot * REFERENCES_SIZE;
    const [left, right] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const kind = kinds[slot] as number;
    if (!isShapeOf(slot === 0 ? CLASS : kind, left, right, slot === 0)) {
      return `node ${slot} has children that it cannot have`;
    }
    // Slots that nothing leads to would stand before their turn.
    if (slot >= next) return `nothing leads to node ${slot}`;
    const isUpper = slot === 0 || kind === UPPER_INNER;
    const depth = depths[slot] as number;
    if (depth > KEY_BITS) return `node ${slot} lies too deep`;
    for (const [side, reference] of [left, right].entries()) {
      if (reference === NONE) continue;
      if (slotOf(reference) !== next || next === slots) return `node ${slot} leads elsewhere`;
      kinds[next] = (isUpper ? UPPER_INNER : INNER) + (isLeaf(reference) ? 1 : 0);
      depths[next] = slot === 0 || kind === CLASS ? 0 : depth + 1;
      arena.link(2 * slot + side, reference);
      next += 1;
    }
  }
  return undefined;
}

function isShapeOf(kind: number, left: number, right: number, mayBeEmpty: boolean): boolean {
  if (kind === OBJECT) return left === NONE && right === NONE;
  if (kind === CLASS) return left === NONE && (right !== NONE || mayBeEmpty);
  // An inner node has two leaves somewhere below: a lone leaf would stand in its place.
  if (left !== NONE && right !== NONE) return true;
  return left + right !== NONE && !isLeaf(left + right);
}

function bytesFor(slots: number): number {
  return HEADER_SIZE + slots * (REFERENCES_SIZE + NODE_SIZE) + HASH_SIZE;
}

function digestOf(bytes: Uint8Array): Uint8Array {
  const digests = new Uint8Array(Math.ceil(bytes.length / BLOCK) * HASH_SIZE);
  for (let at = 0, block = 0; at < bytes.length; at += BLOCK, block += 1) {
    digests.set(sha256(bytes.subarray(at, at + BLOCK)), block * HASH_SIZE);
  }
  return sha256(digests);
}

function damaged(message: string): Result<never, MerkleError> {
  return err({ code: 'merkle.damaged', message });
}
