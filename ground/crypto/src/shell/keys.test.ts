import { deepEqual, equal, notEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault, encodeUtf8 } from '@ioi/basis';
import { ed25519Verify, mlDsa44Verify } from '../platform/node.ts';
import {
  deriveSecret,
  exportSeeds,
  generateHybridKey,
  signEd25519Raw,
  signMlDsa44RawAsync,
} from './keys.ts';

test('the same seeds make the same key, none make a new one', () => {
  const seeds = { ed25519: new Uint8Array(32).fill(1), mlDsa44: new Uint8Array(32).fill(2) };
  const key = generateHybridKey(seeds);
  deepEqual(exportSeeds(key), seeds);
  equal(generateHybridKey(seeds).keyId, key.keyId);
  notEqual(generateHybridKey().keyId, generateHybridKey().keyId);
});

test('raw signatures cover exactly the bytes given', async () => {
  const key = generateHybridKey();
  const bytes = encodeUtf8('note text\n');
  const edKey = Buffer.from(key.publicKey.ed25519, 'base64');
  const mlKey = Buffer.from(key.publicKey.ml_dsa_44, 'base64');
  equal(ed25519Verify(edKey, bytes, signEd25519Raw(key, bytes)), true);
  equal(mlDsa44Verify(mlKey, bytes, await signMlDsa44RawAsync(key, bytes)), true);
});

test('a seed of another length is a bug', () => {
  const short = { ed25519: new Uint8Array(31), mlDsa44: new Uint8Array(32) };
  throws(() => generateHybridKey(short), AssertionFault);
});

test('a key gives one secret for each purpose, and another key gives others', () => {
  const seeds = { ed25519: new Uint8Array(32).fill(1), mlDsa44: new Uint8Array(32).fill(2) };
  const key = generateHybridKey(seeds);
  const secret = deriveSecret(key, 'a');
  equal(secret.length, 32);
  deepEqual(deriveSecret(generateHybridKey(seeds), 'a'), secret);
  notEqual(
    Buffer.from(deriveSecret(key, 'b')).toString('hex'),
    Buffer.from(secret).toString('hex'),
  );
  const other = generateHybridKey({ ...seeds, mlDsa44: new Uint8Array(32).fill(3) });
  notEqual(
    Buffer.from(deriveSecret(other, 'a')).toString('hex'),
    Buffer.from(secret).toString('hex'),
  );
});
