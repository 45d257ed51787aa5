import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { spkiOf, verifyRaw } from '../core/raw-signatures.ts';
import { generateHybridKey, signEd25519Raw, signMlDsa44RawAsync } from './keys.ts';

const key = generateHybridKey();
const [one, other] = [encodeUtf8('one'), encodeUtf8('other')];

test('both halves have to have signed their bytes', async () => {
  const signatures = {
    ed25519: encodeBase64(signEd25519Raw(key, one)),
    ml_dsa_44: encodeBase64(await signMlDsa44RawAsync(key, other)),
  };
  const messages = { ed25519: one, mlDsa44: other };
  assert.equal(verifyRaw(key.publicKey, messages, signatures), true);
  for (const wrong of [
    { ...messages, ed25519: other },
    { ...messages, mlDsa44: one },
  ]) {
    assert.equal(verifyRaw(key.publicKey, wrong, signatures), false);
  }
  const none = { ...signatures, ml_dsa_44: '' };
  assert.equal(verifyRaw(key.publicKey, messages, none), false);
  assert.equal(verifyRaw(key.publicKey, messages, { ...signatures, ed25519: '?' }), false);
  assert.equal(verifyRaw(generateHybridKey().publicKey, messages, signatures), false);
});

test('public keys in DER are those of the engine', () => {
  const der = spkiOf(key.publicKey);
  for (const [mine, theirs] of [
    [der.ed25519, key.ed25519],
    [der.mlDsa44, key.mlDsa44],
  ] as const) {
    const exported = createPublicKey(theirs).export({ format: 'der', type: 'spki' });
    assert.deepEqual(Buffer.from(mine), exported);
  }
});
