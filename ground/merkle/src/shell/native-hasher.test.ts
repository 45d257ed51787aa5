import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@ioi/canon';
import fc from 'fast-check';
import { hashPairs, type StateChange, StateTree, stateKey } from '../core/index.ts';
import { referenceStateRoot } from '../core/reference.ts';
import { agreesWith, fastestPairHasher } from './native-hasher.ts';

const fastest = fastestPairHasher();

test('every hasher gives SHA-256 of each 64 bytes', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(2 ** 30), (count, seed) => {
      const input = Uint8Array.from({ length: 64 * count }, (_, at) => (seed + at * at) % 253);
      const [pure, fast] = [new Uint8Array(32 * count), new Uint8Array(32 * count)];
      hashPairs(input, pure);
      fastest(input, fast);
      deepEqual(fast, pure);
      for (let at = 0; at < count; at += 1) {
        const one = sha256(input.subarray(64 * at, 64 * at + 64));
        deepEqual(pure.subarray(32 * at, 32 * at + 32), one);
      }
    }),
  );
});

test('the state root is the same with every hasher', () => {
  const change = fc.record({
    key: fc
      .tuple(fc.constantFrom('run', 'grant'), fc.nat(200))
      .map(([name, id]) => stateKey(name, `${id}`)),
    valueDigest: fc.option(
      fc.nat(9).map((value) => sha256(`${value}`)),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 60 }), { maxLength: 5 }), (commits) => {
      const [pure, fast] = [new StateTree(hashPairs), new StateTree(fastest)];
      const contents = new Map<string, { key: Uint8Array; valueDigest: Uint8Array }>();
      for (const { key, valueDigest } of commits.flat() as StateChange[]) {
        contents.delete(key.join());
        if (valueDigest !== undefined) contents.set(key.join(), { key, valueDigest });
      }
      for (const commit of commits) {
        pure.apply(commit);
        fast.apply(commit);
        deepEqual(fast.root(), pure.root());
      }
      deepEqual(fast.root(), referenceStateRoot([...contents.values()]));
    }),
  );
});

test('a hasher that is wrong anywhere is not used', () => {
  equal(agreesWith(hashPairs), true);
  for (const wrongAt of [0, 31, 32 * 16, 32 * 17 - 1]) {
    const wrong = (input: Uint8Array, output: Uint8Array): void => {
      hashPairs(input, output);
      output[wrongAt] = (output[wrongAt] ?? 0) ^ 1;
    };
    equal(agreesWith(wrong), false);
  }
});
