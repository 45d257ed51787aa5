import { err, ok, type Result } from '@ioi/basis';
import type { MerkleCode, MerkleError } from './codes.ts';
import { HASH_SIZE, sameBytes, stateClassHash, stateLeafHash, stateNodeHash } from './hashing.ts';
import { bitAt, emptyHash, type TreePath } from './sparse-tree.ts';
import { type StateProof, splitKey } from './state-tree.ts';

export type StateClaim = {
  readonly root: Uint8Array;
  readonly key: Uint8Array;
  /** Undefined claims that the key has no value. */
  readonly valueDigest: Uint8Array | undefined;
  readonly proof: StateProof;
};

type LeafHash = (key: Uint8Array, value: Uint8Array) => Uint8Array;
type Hashed = Result<Uint8Array, MerkleError>;

const KEY_BITS = HASH_SIZE * 8;

/** The state with this root has this value, or none, under this key. */
export function verifyStateProof(claim: StateClaim): Result<void, MerkleError> {
  const root = rootFor(claim);
  if (!root.ok) return root;
  if (sameBytes(root.value, claim.root)) return ok(undefined);
  return refuse('merkle.root_mismatch', 'the proof leads to another root');
}

function rootFor(claim: StateClaim): Hashed {
  const { classHash, idHash } = splitKey(claim.key);
  const { classPath, idPath } = claim.proof;
  if (idPath === undefined) {
    if (claim.valueDigest === undefined) return climbAbsent(classPath, classHash, stateClassHash);
    return refuse('merkle.bad_proof_length', 'a value needs a path within its class');
  }
  const classRoot =
    claim.valueDigest === undefined
      ? climbAbsent(idPath, idHash, stateLeafHash)
      : climbPresent(idPath, idHash, stateLeafHash(idHash, claim.valueDigest));
  if (!classRoot.ok) return classRoot;
  return climbPresent(classPath, classHash, stateClassHash(classHash, classRoot.value));
}

function climbPresent(path: TreePath, key: Uint8Array, leaf: Uint8Array): Hashed {
  if (path.neighbour !== undefined) {
    return refuse('merkle.bad_neighbour', 'the path ends in another leaf');
  }
  return climb(path.siblings, key, leaf);
}

function climbAbsent(path: TreePath, key: Uint8Array, leafHash: LeafHash): Hashed {
  const { neighbour, siblings } = path;
  if (neighbour === undefined) return climb(siblings, key, emptyHash());
  if (neighbour.key.length !== HASH_SIZE || neighbour.value.length !== HASH_SIZE) {
    return refuse('merkle.bad_hash_length', `every hash has ${HASH_SIZE} bytes`);
  }
  // Only a different key that shares the whole path shows that this one is not there.
  const isThere = sameBytes(neighbour.key, key);
  if (isThere || !sharesBits(neighbour.key, key, siblings.length)) {
    return refuse('merkle.bad_neighbour', 'the leaf found does not stand in the place of the key');
  }
  return climb(siblings, key, leafHash(neighbour.key, neighbour.value));
}

function climb(siblings: readonly Uint8Array[], key: Uint8Array, from: Uint8Array): Hashed {
  if (siblings.length > KEY_BITS) return refuse('merkle.bad_proof_length', 'the path is too long');
  let hash = from;
  for (let depth = siblings.length - 1; depth >= 0; depth -= 1) {
    const sibling = siblings[depth] as Uint8Array;
    if (sibling.length !== HASH_SIZE) {
      return refuse('merkle.bad_hash_length', `every hash has ${HASH_SIZE} bytes`);
    }
    const isLeft = bitAt(key, depth) === 0;
    hash = isLeft ? stateNodeHash(hash, sibling) : stateNodeHash(sibling, hash);
  }
  return ok(hash);
}

function sharesBits(a: Uint8Array, b: Uint8Array, count: number): boolean {
  for (let at = 0; at < count; at += 1) {
    if (bitAt(a, at) !== bitAt(b, at)) return false;
  }
  return true;
}

function refuse(code: MerkleCode, message: string): Result<never, MerkleError> {
  return err({ code, message });
}
