import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault, decodeHex, encodeHex, encodeUtf8 } from '@ioi/basis';
import fc from 'fast-check';
import { Frontier, rootOf } from './frontier.ts';
import { emptyRoot, leafHash } from './hashing.ts';
import { referenceRoot } from './reference.ts';

function leavesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => leafHash(encodeUtf8(`entry ${at}`)));
}

test('the frontier gives the root of RFC 6962 at every size', () => {
  const leaves = leavesOf(130);
  let frontier = Frontier.empty;
  leaves.forEach((leaf, at) => {
    deepEqual(frontier.root(), referenceRoot(leaves.slice(0, at)));
    frontier = frontier.append(leaf);
    equal(frontier.size, at + 1);
  });
  deepEqual(rootOf(leaves), referenceRoot(leaves));
});

test('roots are those published for the RFC 6962 example', () => {
  const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'].map(decodeHex);
  const leaves = entries.map((entry) => leafHash(entry ?? new Uint8Array()));
  equal(encodeHex(rootOf([])), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  equal(
    encodeHex(rootOf(leaves.slice(0, 1))),
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  );
  equal(
    encodeHex(rootOf(leaves)),
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  );
});

test('appending gives a new frontier and leaves the old one alone', () => {
  const [first, second, third] = leavesOf(3) as [Uint8Array, Uint8Array, Uint8Array];
  const one = Frontier.empty.append(first);
  const before = one.root();
  const two = one.append(second);
  const other = one.append(third);
  deepEqual(one.root(), before);
  deepEqual(two.root(), referenceRoot([first, second]));
  deepEqual(other.root(), referenceRoot([first, third]));
  deepEqual(Frontier.empty.root(), emptyRoot());
});

test('a frontier survives being stored', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.nat(20), (before, after) => {
      const leaves = leavesOf(before + after);
      let frontier = Frontier.empty;
      for (const leaf of leaves.slice(0, before)) frontier = frontier.append(leaf);
      const restored = Frontier.restore(frontier.serialise());
      ok(restored.ok);
      let again = restored.value;
      for (const leaf of leaves.slice(before)) again = again.append(leaf);
      deepEqual(again.root(), referenceRoot(leaves));
    }),
  );
});

test('what is no frontier is not restored', () => {
  const [peak] = leavesOf(1) as [Uint8Array];
  const codeOf = (size: number, peaks: Uint8Array[]): string => {
    const restored = Frontier.restore({ size, peaks });
    return restored.ok ? 'accepted' : restored.error.code;
  };
  equal(codeOf(3, [peak]), 'merkle.bad_proof_length');
  equal(codeOf(0, [peak]), 'merkle.bad_proof_length');
  equal(codeOf(1, [peak.slice(1)]), 'merkle.bad_hash_length');
  for (const size of [-1, 0.5, Number.NaN, 2 ** 53])
    equal(codeOf(size, [peak]), 'merkle.bad_index');
});

test('appending something that is no leaf hash is a bug', () => {
  throws(() => Frontier.empty.append(new Uint8Array(31)), AssertionFault);
});
