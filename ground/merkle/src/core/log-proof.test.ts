import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault, encodeUtf8, type Result } from '@ioi/basis';
import fc from 'fast-check';
import type { MerkleError } from './codes.ts';
import { rootOf } from './frontier.ts';
import { emptyRoot, leafHash } from './hashing.ts';
import { nodesFromLeaves } from './log-nodes.ts';
import { consistencyProof, inclusionProof } from './log-proof.ts';
import { verifyConsistency, verifyInclusion, verifySubtree } from './log-verify.ts';
import { referenceRoot } from './reference.ts';

const leaves = Array.from({ length: 70 }, (_, at) => leafHash(encodeUtf8(`entry ${at}`)));
const leafAt = (index: number): Uint8Array => leaves[index] as Uint8Array;
const nodeAt = nodesFromLeaves(leafAt);
const roots = Array.from({ length: 71 }, (_, size) => rootOf(leaves.slice(0, size)));
const rootAt = (size: number): Uint8Array => roots[size] as Uint8Array;

function verdict(result: Result<void, MerkleError>): string {
  return result.ok ? 'holds' : result.error.code;
}

function inclusion(index: number, size: number): Parameters<typeof verifyInclusion>[0] {
  const proof = inclusionProof(nodeAt, index, size);
  return { leafHash: leafAt(index), index, size, root: rootAt(size), proof };
}

function consistency(oldSize: number, newSize: number): Parameters<typeof verifyConsistency>[0] {
  const proof = consistencyProof(nodeAt, oldSize, newSize);
  return { oldSize, newSize, oldRoot: rootAt(oldSize), newRoot: rootAt(newSize), proof };
}

test('every leaf of every size is shown to be included', () => {
  for (let size = 1; size <= 40; size += 1) {
    for (let index = 0; index < size; index += 1) {
      equal(verdict(verifyInclusion(inclusion(index, size))), 'holds', `${index} of ${size}`);
    }
  }
});

test('every size is shown to begin with every smaller one', () => {
  for (let newSize = 1; newSize <= 40; newSize += 1) {
    for (let oldSize = 1; oldSize <= newSize; oldSize += 1) {
      const claim = consistency(oldSize, newSize);
      equal(verdict(verifyConsistency(claim)), 'holds', `${oldSize} to ${newSize}`);
    }
  }
});

test('an inclusion proof of anything else does not hold', () => {
  fc.assert(
    fc.property(fc.nat(69), fc.nat(69), fc.nat(69), fc.nat(255), (a, b, wrong, bit) => {
      const [index, size] = [Math.min(a, b), Math.max(a, b) + 1];
      const claim = inclusion(index, size);
      if (wrong !== index) {
        equal(verifyInclusion({ ...claim, leafHash: leafAt(wrong) }).ok, false);
        equal(verifyInclusion({ ...claim, index: wrong }).ok, false);
      }
      equal(verifyInclusion({ ...claim, root: rootAt(wrong === size ? 0 : wrong) }).ok, false);
      equal(verifyInclusion({ ...claim, proof: [...claim.proof, leafAt(wrong)] }).ok, false);
      if (claim.proof.length === 0) return;
      equal(verifyInclusion({ ...claim, proof: claim.proof.slice(1) }).ok, false);
      equal(verifyInclusion({ ...claim, proof: claim.proof.slice(0, -1) }).ok, false);
      const flipped = claim.proof.map((hash) => hash.slice());
      const target = flipped[wrong % flipped.length] as Uint8Array;
      target[bit >> 3] = (target[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      equal(verifyInclusion({ ...claim, proof: flipped }).ok, false);
    }),
  );
});

test('a consistency proof of anything else does not hold', () => {
  fc.assert(
    fc.property(fc.nat(69), fc.nat(69), fc.nat(69), (a, b, wrong) => {
      const [oldSize, newSize] = [Math.min(a, b) + 1, Math.max(a, b) + 1];
      const claim = consistency(oldSize, newSize);
      const other = rootAt(wrong);
      if (wrong !== oldSize) equal(verifyConsistency({ ...claim, oldRoot: other }).ok, false);
      if (wrong !== newSize) equal(verifyConsistency({ ...claim, newRoot: other }).ok, false);
      equal(verifyConsistency({ ...claim, proof: [...claim.proof, other] }).ok, false);
      if (claim.proof.length > 0) {
        equal(verifyConsistency({ ...claim, proof: claim.proof.slice(1) }).ok, false);
        equal(verifyConsistency({ ...claim, proof: claim.proof.slice(0, -1) }).ok, false);
      }
    }),
  );
});

test('a log that forgot or rewrote an entry cannot be shown consistent', () => {
  const forked = [...leaves];
  forked[3] = leafHash(encodeUtf8('another entry'));
  const proof = consistencyProof(
    nodesFromLeaves((index) => forked[index] as Uint8Array),
    8,
    20,
  );
  const claim = {
    oldSize: 8,
    newSize: 20,
    oldRoot: rootAt(8),
    newRoot: rootOf(forked.slice(0, 20)),
    proof,
  };
  equal(verdict(verifyConsistency(claim)), 'merkle.root_mismatch');
});

test('each way to be wrong has its code', () => {
  const claim = inclusion(2, 5);
  const cases: [Partial<typeof claim>, string][] = [
    [{ index: 5 }, 'merkle.bad_index'],
    [{ index: -1 }, 'merkle.bad_index'],
    [{ size: 2 ** 53 }, 'merkle.bad_index'],
    [{ index: 0.5 }, 'merkle.bad_index'],
    [{ leafHash: new Uint8Array() }, 'merkle.bad_hash_length'],
    [{ proof: [...claim.proof.slice(1), new Uint8Array(33)] }, 'merkle.bad_hash_length'],
    [{ root: new Uint8Array(33) }, 'merkle.root_mismatch'],
    [{ proof: [] }, 'merkle.bad_proof_length'],
    [{ proof: [...claim.proof, leafAt(0)] }, 'merkle.bad_proof_length'],
    [{ root: rootAt(6) }, 'merkle.root_mismatch'],
  ];
  for (const [change, code] of cases)
    equal(verdict(verifyInclusion({ ...claim, ...change })), code);
});

test('nothing is consistent with an empty log', () => {
  const claim = { oldSize: 0, newSize: 4, oldRoot: emptyRoot(), newRoot: rootAt(4), proof: [] };
  equal(verdict(verifyConsistency(claim)), 'merkle.bad_index');
  equal(
    verdict(verifyConsistency({ ...claim, newSize: 0, newRoot: emptyRoot() })),
    'merkle.bad_index',
  );
});

test('a subtree within the log is shown by the hashes that complete it', () => {
  const subtreeRoot = referenceRoot(leaves.slice(4, 6));
  const proof = [referenceRoot(leaves.slice(6, 8)), rootAt(4)];
  const claim = { start: 4, end: 6, subtreeRoot, size: 8, root: rootAt(8), proof };
  equal(verdict(verifySubtree(claim)), 'holds');
  equal(verdict(verifySubtree({ ...claim, start: 3 })), 'merkle.bad_index');
  equal(verdict(verifySubtree({ ...claim, end: 9 })), 'merkle.bad_index');
  equal(verdict(verifySubtree({ ...claim, subtreeRoot: leafAt(4) })), 'merkle.root_mismatch');
  const bad = new Uint8Array(40);
  const nothing = { ...claim, start: 4, end: 4, subtreeRoot: emptyRoot(), proof: [] };
  equal(verdict(verifySubtree(nothing)), 'holds');
  equal(verdict(verifySubtree({ ...nothing, proof })), 'merkle.bad_proof_length');
  equal(verdict(verifySubtree({ ...claim, subtreeRoot: bad })), 'merkle.bad_hash_length');
  equal(verdict(verifySubtree({ ...claim, proof: [bad, bad] })), 'merkle.bad_hash_length');
});

test('a proof is as short as RFC 6962 has it', () => {
  deepEqual(consistencyProof(nodeAt, 4, 8), [referenceRoot(leaves.slice(4, 8))]);
  deepEqual(consistencyProof(nodeAt, 7, 7), []);
  deepEqual(inclusionProof(nodeAt, 6, 7), [
    referenceRoot(leaves.slice(4, 6)),
    referenceRoot(leaves.slice(0, 4)),
  ]);
});

test('asking for a proof outside the log is a bug', () => {
  throws(() => inclusionProof(nodeAt, 3, 3), AssertionFault);
  throws(() => consistencyProof(nodeAt, 0, 3), AssertionFault);
  throws(() => consistencyProof(nodeAt, 4, 3), AssertionFault);
});
