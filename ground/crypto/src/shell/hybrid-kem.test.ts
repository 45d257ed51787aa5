import assert from 'node:assert/strict';
import { createHash, hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import { decodeBase64, encodeBase64 } from '@ioi/basis';
import { x25519 } from '@noble/curves/ed25519.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import fc from 'fast-check';
import {
  decapsulateWith,
  encapsulateTo,
  type HybridKemCiphertext,
  hybridKemKey,
  kemKeyOf,
} from './hybrid-kem.ts';
import { generateHybridKey } from './keys.ts';

const PURPOSE = 'test';
const seedsOf = (fill: number) => ({
  x25519: new Uint8Array(32).fill(fill),
  mlKem768: new Uint8Array(64).fill(fill),
});
const bytes = (text: string): Uint8Array => decodeBase64(text) ?? assert.fail('not base64');

function sealedTo(key = hybridKemKey(seedsOf(1))) {
  const made = encapsulateTo(key.publicKey, PURPOSE);
  assert.ok(made.ok);
  return { key, ...made.value };
}

test('what is encapsulated to a key its holder learns, and nobody for another purpose', () => {
  const { key, ciphertext, sharedKey } = sealedTo();
  assert.equal(sharedKey.length, 32);
  assert.deepEqual(decapsulateWith(key, ciphertext, PURPOSE), { ok: true, value: sharedKey });
  assert.notDeepEqual(decapsulateWith(key, ciphertext, 'other'), { ok: true, value: sharedKey });
  const stranger = hybridKemKey(seedsOf(2));
  assert.notDeepEqual(decapsulateWith(stranger, ciphertext, PURPOSE), {
    ok: true,
    value: sharedKey,
  });
});

test('a second implementation makes the same keys and the same secret', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      (classical, quantum) => {
        const key = hybridKemKey({ x25519: classical, mlKem768: quantum });
        const noble = ml_kem768.keygen(quantum);
        assert.equal(key.publicKey.ml_kem_768, encodeBase64(noble.publicKey));
        assert.equal(key.publicKey.x25519, encodeBase64(x25519.getPublicKey(classical)));
        const { ciphertext, sharedKey } = sealedTo(key);
        const secrets = Buffer.concat([
          ml_kem768.decapsulate(bytes(ciphertext.ml_kem_768), noble.secretKey),
          x25519.getSharedSecret(classical, bytes(ciphertext.x25519)),
        ]);
        const transcript = createHash('sha256');
        for (const part of [
          bytes(ciphertext.ml_kem_768),
          bytes(ciphertext.x25519),
          bytes(key.publicKey.ml_kem_768),
          bytes(key.publicKey.x25519),
          PURPOSE,
        ]) {
          transcript.update(part);
        }
        const info = Buffer.concat([Buffer.from('ioi hybrid kem v1'), transcript.digest()]);
        assert.deepEqual(sharedKey, new Uint8Array(hkdfSync('sha256', secrets, '', info, 32)));
      },
    ),
    { numRuns: 10 },
  );
});

test('a change of any byte of a ciphertext gives another secret or a refusal', () => {
  const { key, ciphertext, sharedKey } = sealedTo();
  const sizes = { x25519: 32, ml_kem_768: 1088 };
  for (const part of ['x25519', 'ml_kem_768'] as const) {
    for (let at = 0; at < sizes[part]; at += part === 'x25519' ? 1 : 37) {
      const changed = bytes(ciphertext[part]);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const other = { ...ciphertext, [part]: encodeBase64(changed) } as HybridKemCiphertext;
      const opened = decapsulateWith(key, other, PURPOSE);
      assert.ok(!opened.ok || Buffer.compare(opened.value, sharedKey) !== 0, `${part} ${at}`);
    }
  }
});

test('keys of small order, of another length or not base64 are refused', () => {
  const { key, ciphertext } = sealedTo();
  const small = encodeBase64(new Uint8Array(32));
  for (const wrong of [small, '', 'x', encodeBase64(new Uint8Array(31))]) {
    const opened = decapsulateWith(key, { ...ciphertext, x25519: wrong }, PURPOSE);
    assert.equal(!opened.ok && opened.error.code, 'crypto.bad_encoding');
    assert.ok(!encapsulateTo({ ...key.publicKey, x25519: wrong }, PURPOSE).ok);
    assert.ok(!encapsulateTo({ ...key.publicKey, ml_kem_768: wrong }, PURPOSE).ok);
    assert.ok(!decapsulateWith(key, { ...ciphertext, ml_kem_768: wrong }, PURPOSE).ok);
  }
});

test('whoever has the signing key has its key for secrets, and it is another', () => {
  const owner = generateHybridKey();
  assert.deepEqual(kemKeyOf(owner).publicKey, kemKeyOf(owner).publicKey);
  assert.notEqual(kemKeyOf(owner).publicKey.x25519, kemKeyOf(generateHybridKey()).publicKey.x25519);
});
