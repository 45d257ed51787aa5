import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@ioi/canon';
import fc from 'fast-check';
// As whoever relies on proofs imports it.
import {
  decodeStateProof,
  encodeStateProof,
  type StateChange,
  StateTree,
  stateKey,
  verifyStateProof,
} from './index.ts';

const objects: StateChange[] = Array.from({ length: 60 }, (_, at) => ({
  key: stateKey(['run', 'grant', 'one'][at === 0 ? 2 : at % 2] ?? '', `${at}`),
  valueDigest: sha256(`value ${at}`),
}));
const tree = new StateTree();
tree.apply(objects);
const root = tree.root();
const absent = [stateKey('run', 'none'), stateKey('one', 'none'), stateKey('no class', '1')].map(
  (key) => ({ key, valueDigest: undefined }),
);
const claims = [...objects, ...absent];

test('a proof survives being written', () => {
  for (const claim of claims) {
    const proof = tree.prove(claim.key);
    const read = decodeStateProof(encodeStateProof(proof));
    deepEqual(read, { ok: true, value: proof });
  }
});

test('any flipped bit of a written proof is refused', () => {
  for (const { key, valueDigest } of [...claims.slice(0, 4), ...absent]) {
    const bytes = encodeStateProof(tree.prove(key));
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const proof = decodeStateProof(flipped);
      const holds = proof.ok && verifyStateProof({ root, key, valueDigest, proof: proof.value }).ok;
      equal(holds, false, `bit ${bit}`);
    }
  }
});

test('what is accepted as a proof is spelled as it would be written, and never throws', () => {
  const honest = fc.constantFrom(...claims).map(({ key }) => encodeStateProof(tree.prove(key)));
  const spliced = fc
    .tuple(honest, honest, fc.nat(400))
    .map(([one, other, at]) => new Uint8Array([...one.slice(0, at), ...other.slice(at)]));
  const noise = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(fc.oneof(noise, spliced), fc.constantFrom(...claims), (bytes, claim) => {
      const proof = decodeStateProof(bytes);
      if (!proof.ok) {
        equal(proof.error.code, 'merkle.bad_encoding');
        return;
      }
      deepEqual(encodeStateProof(proof.value), bytes);
      verifyStateProof({ root, ...claim, proof: proof.value });
    }),
    { numRuns: 2000 },
  );
});

test('what spells the same proof in another way is refused', () => {
  const present = new Uint8Array(32).fill(1);
  const hostile = [
    [0, 0, 1, 0x80, ...new Uint8Array(32)],
    [0, 1, 1, ...new Uint8Array(32)],
    [0, 1, 1, ...new Uint8Array(33)],
    [8, 0, 0],
    [4, 0, 0],
    [1, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 1, 0xc0, ...present, ...present],
  ];
  for (const bytes of hostile) {
    const proof = decodeStateProof(new Uint8Array(bytes));
    equal(proof.ok ? 'accepted' : proof.error.code, 'merkle.bad_encoding', bytes.join());
  }
  ok(decodeStateProof(new Uint8Array([0, 0, 0])).ok);
  ok(decodeStateProof(new Uint8Array([0, 1, 0, ...new Uint8Array(32)])).ok);
  ok(decodeStateProof(new Uint8Array([0, 0, 1, 0x80, ...present])).ok);
});

test('a proof takes about 33 bytes for each doubling of the objects', () => {
  const sizes = objects.map(({ key }) => encodeStateProof(tree.prove(key)).length);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  ok(mean > 32 * 5 && mean < 33 * 8, `${mean} bytes`);
});
