import { deepEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault, encodeUtf8 } from '@ioi/basis';
import fc from 'fast-check';
import { Frontier } from './frontier.ts';
import { leafHash } from './hashing.ts';
import { nodesFromGrowth } from './log-growth.ts';
import { nodesFromLeaves } from './log-nodes.ts';
import { consistencyProof, inclusionProof } from './log-proof.ts';

const leaves = Array.from({ length: 300 }, (_, at) => leafHash(encodeUtf8(`entry ${at}`)));
const nodeAt = nodesFromLeaves((index) => leaves[index] as Uint8Array);

function frontierAt(size: number): Frontier {
  return Frontier.empty.extend(leaves.slice(0, size)).frontier;
}

/** Gives leaves from a size on only. */
function grownFrom(size: number): (index: number) => Uint8Array {
  return (index) => {
    if (index < size) throw new Error(`entry ${index} was read`);
    return leaves[index] as Uint8Array;
  };
}

test('growth is proved from a frontier and the leaves after it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), (a, b) => {
      const [oldSize, newSize] = [Math.min(a, b), Math.max(a, b)];
      const grown = nodesFromGrowth(frontierAt(oldSize), grownFrom(oldSize));
      deepEqual(
        consistencyProof(grown, oldSize, newSize),
        consistencyProof(nodeAt, oldSize, newSize),
      );
    }),
    { numRuns: 500 },
  );
});

test('what a frontier does not know is not made up', () => {
  const grown = nodesFromGrowth(frontierAt(8), grownFrom(8));
  throws(() => inclusionProof(grown, 3, 12), AssertionFault);
});
