import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault, decodeHex, encodeHex, encodeUtf8 } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import fc from 'fast-check';
import {
  Accumulator,
  consistencyProof,
  Frontier,
  inclusionProof,
  leafHash,
  nodesFromLeaves,
  rootOf,
  taggedLeaf,
  verifyConsistency,
  verifyInclusion,
} from './index.ts';

const leaves = Array.from({ length: 140 }, (_, at) => leafHash(encodeUtf8(`entry ${at}`)));
const fromLeaves = nodesFromLeaves((index) => leaves[index] as Uint8Array);

test('appending names every perfect subtree once, when it is complete', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { maxLength: 8 }), (batches) => {
      let frontier = Frontier.empty;
      const seen = new Set<string>();
      for (const count of batches) {
        const added = leaves.slice(frontier.size, frontier.size + count);
        const { frontier: next, nodes } = frontier.extend(added);
        for (const { level, index, hash } of nodes) {
          deepEqual(hash, fromLeaves(level, index));
          equal(seen.has(`${level}/${index}`), false);
          seen.add(`${level}/${index}`);
          const end = (index + 1) * 2 ** level;
          ok(end > frontier.size && end <= next.size);
        }
        frontier = next;
      }
      let expected = 0;
      for (let span = 1; span <= frontier.size; span *= 2) {
        expected += Math.floor(frontier.size / span);
      }
      equal(seen.size, expected);
      deepEqual(frontier.root(), rootOf(leaves.slice(0, frontier.size)));
    }),
  );
});

test('an accumulator proves every leaf against the root there was at any size', () => {
  const accumulator = new Accumulator();
  const roots = [accumulator.root()];
  for (const leaf of leaves.slice(0, 40)) {
    accumulator.append(leaf);
    roots.push(accumulator.root());
  }
  for (let size = 1; size <= accumulator.size; size += 1) {
    const root = roots[size] as Uint8Array;
    deepEqual(root, rootOf(leaves.slice(0, size)));
    for (let index = 0; index < size; index += 1) {
      const proof = accumulator.prove(index, size);
      deepEqual(proof, inclusionProof(fromLeaves, index, size));
      const claim = { leafHash: leaves[index] as Uint8Array, index, size, root, proof };
      ok(verifyInclusion(claim).ok);
      equal(verifyInclusion({ ...claim, leafHash: leaves[index + 1] as Uint8Array }).ok, false);
    }
  }
  throws(() => accumulator.prove(0, 41), AssertionFault);
  throws(() => accumulator.nodeAt(3, 5), AssertionFault);
});

test('proofs read a number of nodes that grows with the logarithm of the size', () => {
  const size = 2 ** 20 + 12_345;
  const read: string[] = [];
  const nodeAt = (level: number, index: number): Uint8Array => {
    read.push(`${level}/${index}`);
    ok((index + 1) * 2 ** level <= size, 'only complete subtrees are read');
    return new Uint8Array(32);
  };
  for (const index of [0, 1, 12_345, 2 ** 20 - 1, 2 ** 20, size - 1]) {
    read.length = 0;
    inclusionProof(nodeAt, index, size);
    ok(read.length <= 2 * 21, `${read.length} for ${index}`);
    read.length = 0;
    consistencyProof(nodeAt, index + 1, size);
    ok(read.length <= 2 * 21, `${read.length} from ${index + 1}`);
  }
});

test('proofs from stored nodes are those from leaves', () => {
  const stored = new Map(
    Frontier.empty
      .extend(leaves)
      .nodes.map(({ level, index, hash }) => [`${level}/${index}`, hash]),
  );
  const nodeAt = (level: number, index: number): Uint8Array =>
    stored.get(`${level}/${index}`) as Uint8Array;
  fc.assert(
    fc.property(fc.nat(139), fc.nat(139), (a, b) => {
      const [index, size] = [Math.min(a, b), Math.max(a, b) + 1];
      deepEqual(inclusionProof(nodeAt, index, size), inclusionProof(fromLeaves, index, size));
      const proof = consistencyProof(nodeAt, index + 1, size);
      const [oldRoot, newRoot] = [
        rootOf(leaves.slice(0, index + 1)),
        rootOf(leaves.slice(0, size)),
      ];
      ok(verifyConsistency({ oldSize: index + 1, newSize: size, oldRoot, newRoot, proof }).ok);
    }),
  );
});

test('a tagged leaf is the hash of the tag and what it binds, in order', () => {
  const [one, other] = [sha256('one'), sha256('other')];
  const spelled = `${encodeHex(sha256('SOME_TAG'))}${encodeHex(one)}${encodeHex(other)}`;
  deepEqual(taggedLeaf('SOME_TAG', [one, other]), sha256(decodeHex(spelled) ?? ''));
  const distinct = [
    taggedLeaf('SOME_TAG', [one, other]),
    taggedLeaf('SOME_TAG', [other, one]),
    taggedLeaf('OTHER_TAG', [one, other]),
    taggedLeaf('SOME_TAG', [one, other, other]),
  ];
  equal(new Set(distinct.map(encodeHex)).size, 4);
  throws(() => taggedLeaf('SOME_TAG', [one]), AssertionFault);
  throws(() => taggedLeaf('SOME_TAG', [one, other.slice(1)]), AssertionFault);
});
