import { err, ok, type Result } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import type { MerkleCode, MerkleError } from './codes.ts';
import {
  HASH_SIZE,
  STATE_CLASS,
  STATE_LEAF,
  sameBytes,
  stateLeafHash,
  stateNodeHash,
} from './hashing.ts';
import { splitKey } from './state-key.ts';
import {
  bitAt,
  emptyHash,
  KEY_BITS,
  type KeyRange,
  rangeOf,
  type StateProof,
  sharesBits,
  type TreePath,
} from './tree-path.ts';

export type StateClaim = {
  readonly root: Uint8Array;
  readonly key: Uint8Array;
  /** Undefined claims that the key has no value. */
  readonly valueDigest: Uint8Array | undefined;
  readonly proof: StateProof;
};

export type ListedEntry = { readonly id: string; readonly valueDigest: Uint8Array };

/** That a class holds these entries and no others, in any order. */
export type ListingClaim = {
  readonly root: Uint8Array;
  readonly className: string;
  /** Of the class only what has an id whose hash begins with these bits; all of it if left out. */
  readonly prefix?: string;
  readonly entries: readonly ListedEntry[];
  readonly proof: StateProof;
};

type Hashed = Result<Uint8Array, MerkleError>;
type KeyedEntry = { readonly key: Uint8Array; readonly valueDigest: Uint8Array };

/** The state with this root has this value, or none, under this key. */
export function verifyStateProof(claim: StateClaim): Result<void, MerkleError> {
  const { classHash, idHash } = splitKey(claim.key);
  const { classPath, idPath } = claim.proof;
  if (idPath === undefined) {
    if (claim.valueDigest !== undefined) {
      return refuse('merkle.bad_proof_length', 'a value needs a path within its class');
    }
    return leadsTo(claim.root, climbAbsent(classPath, wholeKey(classHash), STATE_CLASS));
  }
  const classRoot =
    claim.valueDigest === undefined
      ? climbAbsent(idPath, wholeKey(idHash), STATE_LEAF)
      : climbPresent(idPath, idHash, stateLeafHash(STATE_LEAF, idHash, claim.valueDigest));
  return leadsTo(claim.root, climbClass(classPath, classHash, classRoot));
}

/** The state with this root lists exactly these entries in this class, or this page of it. */
export function verifyListing(claim: ListingClaim): Result<void, MerkleError> {
  const classHash = sha256(claim.className);
  const { classPath, idPath } = claim.proof;
  const range = rangeOf(claim.prefix ?? '');
  if (range === undefined) return refuse('merkle.bad_listing', 'the prefix is not zeros and ones');
  if (idPath === undefined) {
    if (claim.entries.length > 0) {
      return refuse('merkle.bad_proof_length', 'a listing needs a path within its class');
    }
    return leadsTo(claim.root, climbAbsent(classPath, wholeKey(classHash), STATE_CLASS));
  }
  const classRoot = climbPage(idPath, range, claim.entries);
  return leadsTo(claim.root, climbClass(classPath, classHash, classRoot));
}

function climbPage(path: TreePath, range: KeyRange, entries: readonly ListedEntry[]): Hashed {
  const { siblings, neighbour } = path;
  if (neighbour !== undefined) {
    if (entries.length === 0) return climbAbsent(path, range, STATE_LEAF);
    return refuse('merkle.bad_neighbour', 'the path ends in a leaf that is not listed');
  }
  // A path may end above the page, where all there is belongs to it, but never within it.
  if (siblings.length > range.bits) {
    return refuse('merkle.bad_proof_length', 'the path leads into the page');
  }
  const keyed = sortedByKey(entries, range);
  if (!keyed.ok) return keyed;
  return climb(siblings, range.key, rootOfSorted(keyed.value, siblings.length));
}

function sortedByKey(
  entries: readonly ListedEntry[],
  range: KeyRange,
): Result<readonly KeyedEntry[], MerkleError> {
  if (!entries.every(({ valueDigest }) => valueDigest.length === HASH_SIZE)) return badHash();
  const keyed = entries.map(({ id, valueDigest }) => ({ key: sha256(id), valueDigest }));
  if (!keyed.every(({ key }) => sharesBits(key, range.key, range.bits))) {
    return refuse('merkle.bad_listing', 'an id belongs on another page');
  }
  keyed.sort((a, b) => compare(a.key, b.key));
  const isTwice = keyed.some(({ key }, at) => at > 0 && sameBytes(key, keyAt(keyed, at - 1)));
  return isTwice ? refuse('merkle.bad_listing', 'an id is listed twice') : ok(keyed);
}

function keyAt(entries: readonly KeyedEntry[], at: number): Uint8Array {
  return (entries[at] as KeyedEntry).key;
}

/** Of entries in the order of their keys, which share their first `depth` bits. */
function rootOfSorted(entries: readonly KeyedEntry[], depth: number): Uint8Array {
  const [first] = entries;
  if (first === undefined) return emptyHash();
  if (entries.length === 1) return stateLeafHash(STATE_LEAF, first.key, first.valueDigest);
  const found = entries.findIndex(({ key }) => bitAt(key, depth) === 1);
  const split = found === -1 ? entries.length : found;
  return stateNodeHash(
    rootOfSorted(entries.slice(0, split), depth + 1),
    rootOfSorted(entries.slice(split), depth + 1),
  );
}

function climbClass(path: TreePath, classHash: Uint8Array, classRoot: Hashed): Hashed {
  if (!classRoot.ok) return classRoot;
  return climbPresent(path, classHash, stateLeafHash(STATE_CLASS, classHash, classRoot.value));
}

function climbPresent(path: TreePath, key: Uint8Array, leaf: Uint8Array): Hashed {
  if (path.neighbour !== undefined) {
    return refuse('merkle.bad_neighbour', 'the path ends in another leaf');
  }
  return climb(path.siblings, key, leaf);
}

/** Nothing of the range is there: the path ends in nothing, or in a leaf outside the range. */
function climbAbsent(path: TreePath, range: KeyRange, leafTag: number): Hashed {
  const { neighbour, siblings } = path;
  if (neighbour === undefined) return climb(siblings, range.key, emptyHash());
  if (neighbour.key.length !== HASH_SIZE || neighbour.value.length !== HASH_SIZE) return badHash();
  const isWithin = sharesBits(neighbour.key, range.key, range.bits);
  if (isWithin || !sharesBits(neighbour.key, range.key, siblings.length)) {
    return refuse('merkle.bad_neighbour', 'the leaf found does not stand in the place of the key');
  }
  return climb(siblings, range.key, stateLeafHash(leafTag, neighbour.key, neighbour.value));
}

function climb(siblings: readonly Uint8Array[], key: Uint8Array, from: Uint8Array): Hashed {
  if (siblings.length > KEY_BITS) return refuse('merkle.bad_proof_length', 'the path is too long');
  let hash = from;
  for (let depth = siblings.length - 1; depth >= 0; depth -= 1) {
    const sibling = siblings[depth] as Uint8Array;
    if (sibling.length !== HASH_SIZE) return badHash();
    const isLeft = bitAt(key, depth) === 0;
    hash = isLeft ? stateNodeHash(hash, sibling) : stateNodeHash(sibling, hash);
  }
  return ok(hash);
}

function leadsTo(root: Uint8Array, climbed: Hashed): Result<void, MerkleError> {
  if (!climbed.ok) return climbed;
  if (sameBytes(climbed.value, root)) return ok(undefined);
  return refuse('merkle.root_mismatch', 'the proof leads to another root');
}

function wholeKey(key: Uint8Array): KeyRange {
  return { key, bits: KEY_BITS };
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < a.length; at += 1) {
    if (a[at] !== b[at]) return (a[at] as number) - (b[at] as number);
  }
  return 0;
}

function badHash(): Result<never, MerkleError> {
  return refuse('merkle.bad_hash_length', `every hash has ${HASH_SIZE} bytes`);
}

function refuse(code: MerkleCode, message: string): Result<never, MerkleError> {
  return err({ code, message });
}
