import { err, ok, type Result } from '@ioi/basis';
import type { MerkleCode, MerkleError } from './codes.ts';
import { emptyRoot, HASH_SIZE, nodeHash, sameBytes } from './hashing.ts';

type Verified = Result<void, MerkleError>;

export type InclusionClaim = {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
};

export type ConsistencyClaim = {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly newSize: number;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
};

/** That `subtreeRoot` covers the leaves from `start` to before `end` of the log at `size`. */
export type SubtreeClaim = {
  readonly start: number;
  readonly end: number;
  readonly subtreeRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
};

/** RFC 9162 2.1.3.2: the log with this root and size holds this leaf at this index. */
export function verifyInclusion(claim: InclusionClaim): Verified {
  const { index, size, proof } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) {
    return refuse('merkle.bad_index', 'the index does not lie below the size');
  }
  // A root is only compared, so its length needs no rule of its own.
  if (![claim.leafHash, ...proof].every(isHash)) return badHash();
  let [position, last] = [index, size - 1];
  let hash = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0) return refuse('merkle.bad_proof_length', 'the path is too long');
    if (isOdd(position) || position === last) {
      hash = nodeHash(sibling, hash);
      // A right-most node has no sibling until the path turns: it rises unchanged.
      while (!isOdd(position) && position > 0) {
        position = half(position);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    position = half(position);
    last = half(last);
  }
  if (last !== 0) return refuse('merkle.bad_proof_length', 'the path is too short');
  return sameBytes(hash, claim.root) ? ok(undefined) : mismatch();
}

/**
 * RFC 9162 2.1.4.2: the log at the new size begins with the log at the old one. Nothing can be
 * shown about a log that was empty, so an old size of zero is refused, never waved through.
 */
export function verifyConsistency(claim: ConsistencyClaim): Verified {
  if (claim.oldSize === 0) {
    return refuse('merkle.bad_index', 'an empty log is consistent with anything');
  }
  return verifySubtree({
    start: 0,
    end: claim.oldSize,
    subtreeRoot: claim.oldRoot,
    size: claim.newSize,
    root: claim.newRoot,
    proof: claim.proof,
  });
}

/** draft-ietf-plants-merkle-tree-certs 4.4.3, of which a consistency proof is the case start 0. */
export function verifySubtree(claim: SubtreeClaim): Verified {
  const { start, end, size, proof } = claim;
  if (![start, end, size].every(isCount) || start > end || end > size) {
    return refuse('merkle.bad_index', 'the subtree does not lie within the log');
  }
  if (start % ceilingPower(end - start) !== 0) {
    return refuse('merkle.bad_index', 'no subtree starts and ends there');
  }
  const hashed = proof.length === 0 ? [] : [claim.subtreeRoot, ...proof];
  if (!hashed.every(isHash)) return badHash();
  if (start === end) {
    if (proof.length > 0) return refuse('merkle.bad_proof_length', 'nothing needs no proof');
    return sameBytes(claim.subtreeRoot, emptyRoot()) ? ok(undefined) : mismatch();
  }
  return climbSubtree(claim);
}

function climbSubtree(claim: SubtreeClaim): Verified {
  const rest = [...claim.proof];
  let [first, last, final] = [claim.start, claim.end - 1, claim.size - 1];
  const rise = (): void => {
    first = half(first);
    last = half(last);
    final = half(final);
  };
  // The subtree's own hash starts both climbs where it is a node of the larger tree.
  const isAtEdge = last === final;
  while (first !== last && (isAtEdge || isOdd(last))) rise();
  const start = first === last ? claim.subtreeRoot : rest.shift();
  if (start === undefined) return refuse('merkle.bad_proof_length', 'the proof is too short');
  let [subtreeHash, hash] = [start, start];
  for (const sibling of rest) {
    if (final === 0) return refuse('merkle.bad_proof_length', 'the proof is too long');
    if (isOdd(last) || last === final) {
      if (first < last) subtreeHash = nodeHash(sibling, subtreeHash);
      hash = nodeHash(sibling, hash);
      while (!isOdd(last)) rise();
    } else {
      hash = nodeHash(hash, sibling);
    }
    rise();
  }
  if (final !== 0) return refuse('merkle.bad_proof_length', 'the proof is too short');
  const isMatch = sameBytes(subtreeHash, claim.subtreeRoot) && sameBytes(hash, claim.root);
  return isMatch ? ok(undefined) : mismatch();
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_SIZE;
}

// Sizes go to 2^53, past what bit operators hold.
function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function ceilingPower(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}

function badHash(): Verified {
  return refuse('merkle.bad_hash_length', `every hash has ${HASH_SIZE} bytes`);
}

function mismatch(): Verified {
  return refuse('merkle.root_mismatch', 'the proof leads to another root');
}

function refuse(code: MerkleCode, message: string): Verified {
  return err({ code, message });
}
