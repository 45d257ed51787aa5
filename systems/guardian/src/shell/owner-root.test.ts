import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { verifierRegistry } from '@ioi/crypto';
import { kemKeyOf, openKeyFile } from '@ioi/crypto/shell';
import { holdIdentity } from '@ioi/law';
import {
  forgetPhrase,
  freshEntropy,
  identityOf,
  keepPhrase,
  keptPhrase,
  ownerOf,
  writeOwner,
} from './owner-root.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-owner-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('the same entropy makes the same owner, whose identity is signed', async () => {
  const entropy = freshEntropy();
  const owner = ownerOf(entropy);
  assert.equal(ownerOf(entropy).key.keyId, owner.key.keyId);
  assert.notEqual(ownerOf(freshEntropy()).key.keyId, owner.key.keyId);
  assert.ok(holdIdentity(owner.identity, verifierRegistry()).ok);
  assert.deepEqual(owner.identity.agreement_key, kemKeyOf(owner.key).publicKey);
  assert.equal(identityOf(owner.key).did, owner.identity.did, 'with or without its account');
  await writeOwner(folder, owner, 'a passphrase');
  const opened = await openKeyFile(readFileSync(join(folder, 'owner.key'), 'utf8'), 'a passphrase');
  assert.equal(opened.ok && opened.value.keyId, owner.key.keyId);
});

test('no field of an identity can be changed without notice', () => {
  const { identity } = ownerOf(freshEntropy());
  const other = ownerOf(freshEntropy()).identity;
  const codeOf = (value: unknown): string => {
    const held = holdIdentity(value, verifierRegistry());
    return held.ok ? 'held' : held.error.code;
  };
  const { evm_address: _, ...accountless } = identity;
  const { signature, ...unsigned } = identity;
  assert.equal(codeOf({ ...identity, agreement_key: other.agreement_key }), 'identity.not_signed');
  assert.equal(codeOf({ ...identity, evm_address: other.evm_address }), 'identity.not_signed');
  assert.equal(codeOf(accountless), 'identity.not_signed');
  assert.equal(codeOf({ ...identity, did: other.did }), 'identity.other_key');
  assert.equal(codeOf({ ...identity, owner_key: other.owner_key }), 'identity.other_key');
  assert.equal(codeOf({ ...unsigned, signature: other.signature }), 'identity.not_signed');
  assert.equal(codeOf(unsigned), 'identity.malformed');
  assert.equal(codeOf({ ...unsigned, signature }), 'held');
});

test('a phrase that is kept opens with the owner’s key only, and can be forgotten', () => {
  const entropy = freshEntropy();
  const { key } = ownerOf(entropy);
  const place = mkdtempSync(join(folder, 'kept-'));
  assert.equal(keptPhrase(place, key), undefined);
  keepPhrase(place, key, entropy);
  const path = join(place, 'phrase.key');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(keptPhrase(place, key), entropy);
  assert.equal(keptPhrase(place, ownerOf(freshEntropy()).key), undefined);
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replace(/"sealed":"(.)/, (_, letter) => `"sealed":"${letter === 'A' ? 'B' : 'A'}`),
  );
  assert.equal(keptPhrase(place, key), undefined);
  assert.equal(forgetPhrase(place), true);
  assert.equal(forgetPhrase(place), false);
});
