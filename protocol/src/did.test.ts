import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { canonicalJson } from '@ioi/canon';
import { didDocument, didOf, keyIdOfDid } from './did.ts';

const owner = {
  algorithm: 'hybrid-ed25519-ml-dsa-44' as const,
  ed25519: 'AAAA',
  ml_dsa_44: 'BBBB',
};
const text = canonicalJson(owner);
assert.ok(text.ok);
const hex = createHash('sha256').update(text.value).digest('hex');

test('a DID is the digest of a hybrid key, in one spelling', () => {
  assert.equal(didOf(owner), `did:ioi:${hex}`);
  assert.notEqual(didOf({ ...owner, ml_dsa_44: 'BBBC' }), didOf(owner), 'both halves count');
  assert.deepEqual(keyIdOfDid(didOf(owner)), { ok: true, value: `sha256:${hex}` });
  for (const other of ['did:ioi:acme', 'did:key:z6Mk', `did:ioi:${hex.toUpperCase()}`, '', hex]) {
    const read = keyIdOfDid(other);
    assert.equal(!read.ok && read.error.code, 'id.malformed');
  }
});

test('the document of an identity says what each key is for', () => {
  const agreement = { algorithm: 'hybrid-x25519-ml-kem-768', x25519: 'CC', ml_kem_768: 'DD' };
  const document = didDocument({ owner, agreement });
  assert.equal(document.id, didOf(owner));
  const methods = document.verificationMethod.map(({ id }) => id);
  assert.deepEqual(methods, [`${document.id}#owner`, `${document.id}#agreement`]);
  assert.deepEqual(document.authentication, [`${document.id}#owner`]);
  const withAccount = didDocument({ owner, agreement, evmAddress: '0xAb' });
  assert.equal(withAccount.verificationMethod.at(-1)?.blockchainAccountId, 'eip155:1:0xAb');
});
