import { deepEqual, equal } from 'node:assert/strict';
import { sign } from 'node:crypto';
import { test } from 'node:test';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import fc from 'fast-check';
import { sealAead } from '../core/aead.ts';
import { generateHybridKey } from '../shell/keys.ts';
import * as browser from './browser.ts';
import type * as contract from './contract.d.ts';
import * as node from './node.ts';

const platforms: readonly (typeof contract)[] = [node, browser];
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message = fc.uint8Array({ maxLength: 200 });

test('seeds make the same keys in both libraries', () => {
  fc.assert(
    fc.property(seed, seed, (ed25519Seed, mlDsa44Seed) => {
      const { publicKey } = generateHybridKey({ ed25519: ed25519Seed, mlDsa44: mlDsa44Seed });
      const edKey = ed25519.getPublicKey(ed25519Seed);
      equal(publicKey.ed25519, Buffer.from(edKey).toString('base64'));
      const mlKey = ml_dsa44.keygen(mlDsa44Seed).publicKey;
      equal(publicKey.ml_dsa_44, Buffer.from(mlKey).toString('base64'));
    }),
    { numRuns: 10 },
  );
});

test('what one library signs both platforms verify', () => {
  fc.assert(
    fc.property(seed, message, (secret, text) => {
      const key = generateHybridKey({ ed25519: secret, mlDsa44: secret });
      const edKey = Buffer.from(key.publicKey.ed25519, 'base64');
      const mlKey = Buffer.from(key.publicKey.ml_dsa_44, 'base64');
      const edSignatures = [sign(null, text, key.ed25519), ed25519.sign(text, secret)];
      deepEqual(new Uint8Array(edSignatures[0] as Uint8Array), edSignatures[1]);
      const mlSecret = ml_dsa44.keygen(secret).secretKey;
      const mlSignatures = [sign(null, text, key.mlDsa44), ml_dsa44.sign(text, mlSecret)];
      const other = Uint8Array.of(...text, 0);
      for (const platform of platforms) {
        for (const signature of edSignatures) {
          equal(platform.ed25519Verify(edKey, text, signature), true);
          equal(platform.ed25519Verify(edKey, other, signature), false);
        }
        for (const signature of mlSignatures) {
          equal(platform.mlDsa44Verify(mlKey, text, signature), true);
          equal(platform.mlDsa44Verify(mlKey, other, signature), false);
          equal(platform.mlDsa44Verify(mlKey, text, signature, Uint8Array.of(1)), false);
        }
      }
    }),
    { numRuns: 8 },
  );
});

test('both platforms refuse the same damaged Ed25519 signatures', () => {
  const secret = new Uint8Array(32).fill(9);
  const key = ed25519.getPublicKey(secret);
  const text = Uint8Array.of(1, 2, 3);
  const signature = ed25519.sign(text, secret);
  fc.assert(
    fc.property(fc.nat(63), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = signature.slice();
      changed[at] = (changed[at] ?? 0) ^ flip;
      for (const platform of platforms) equal(platform.ed25519Verify(key, text, changed), false);
    }),
  );
});

// Signatures whose equation holds only after multiplying by the cofactor: where libraries differ.
test('both platforms judge keys and commitments of mixed order alike', () => {
  const { Point } = ed25519;
  const order = Point.Fn.ORDER;
  const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  let accepted = 0;
  for (let trial = 1; trial <= 40; trial += 1) {
    const secret = BigInt(trial) * 7919n + 3n;
    const nonce = BigInt(trial) * 104729n + 5n;
    const twist = torsion.multiplyUnsafe(BigInt((trial % 7) + 1));
    const isKeyTwisted = trial % 2 === 0;
    const publicPoint = Point.BASE.multiply(secret);
    const key = (isKeyTwisted ? publicPoint.add(twist) : publicPoint).toBytes();
    const commitmentPoint = Point.BASE.multiply(nonce);
    const commitment = (isKeyTwisted ? commitmentPoint : commitmentPoint.add(twist)).toBytes();
    const text = Uint8Array.of(trial);
    const challenge = littleEndian(sha512(Uint8Array.of(...commitment, ...key, ...text))) % order;
    const response = (nonce + challenge * secret) % order;
    const signature = Uint8Array.of(...commitment, ...bytesOf(response));
    const verdict = node.ed25519Verify(key, text, signature);
    equal(browser.ed25519Verify(key, text, signature), verdict, `trial ${trial}`);
    if (verdict) accepted += 1;
  }
  // Some hold by chance, when the challenge is a multiple of the twist's order; most must not.
  equal(accepted > 0 && accepted < 20, true, `${accepted} accepted`);
});

test('wrong lengths are wrong signatures, not faults', () => {
  for (const platform of platforms) {
    for (const size of [0, 31, 33, 1311, 1313]) {
      const key = new Uint8Array(size);
      equal(platform.ed25519Verify(key, new Uint8Array(), new Uint8Array(64)), false);
      equal(platform.mlDsa44Verify(key, new Uint8Array(), new Uint8Array(2420)), false);
    }
    const edKey = ed25519.getPublicKey(new Uint8Array(32));
    const mlKey = ml_dsa44.keygen(new Uint8Array(32)).publicKey;
    const long = new Uint8Array(256);
    equal(platform.ed25519Verify(edKey, long, new Uint8Array(63)), false);
    equal(platform.mlDsa44Verify(mlKey, long, new Uint8Array(2419)), false);
    equal(platform.mlDsa44Verify(mlKey, long, new Uint8Array(2420), long), false);
  }
});

test('keys of small order verify nothing on either platform', () => {
  const masked = (hex: string): string[] => [hex, hex.slice(0, -2) + flipSign(hex.slice(-2))];
  const flipSign = (byte: string): string =>
    (Number.parseInt(byte, 16) ^ 0x80).toString(16).padStart(2, '0');
  const beyondField = ['ed', 'ee'].map((first) => `${first}${'ff'.repeat(30)}7f`);
  const keys = [...ED25519_TORSION_SUBGROUP, ...beyondField].flatMap(masked);
  const commitment = ed25519.Point.BASE.multiply(12_345n).toBytes();
  const signature = Uint8Array.of(...commitment, ...bytesOf(12_345n));
  for (const hex of keys) {
    const key = Uint8Array.from(Buffer.from(hex, 'hex'));
    for (const platform of platforms) {
      for (let trial = 0; trial < 16; trial += 1) {
        equal(platform.ed25519Verify(key, Uint8Array.of(trial), signature), false, hex);
      }
    }
  }
});

test('a signature whose commitment is neutral is refused on either platform', () => {
  const secret = 4242n;
  const key = ed25519.Point.BASE.multiply(secret).toBytes();
  const commitment = ed25519.Point.ZERO.toBytes();
  const order = ed25519.Point.Fn.ORDER;
  const challenge = littleEndian(sha512(Uint8Array.of(...commitment, ...key))) % order;
  const signature = Uint8Array.of(...commitment, ...bytesOf((challenge * secret) % order));
  for (const platform of platforms) {
    equal(platform.ed25519Verify(key, new Uint8Array(), signature), false);
  }
});

test('an S beyond the group order is refused, though the equation would hold', () => {
  const secret = new Uint8Array(32).fill(21);
  const key = ed25519.getPublicKey(secret);
  const signature = ed25519.sign(Uint8Array.of(1), secret);
  const beyond = littleEndian(signature.slice(32)) + ed25519.Point.Fn.ORDER;
  const malleated = Uint8Array.of(...signature.slice(0, 32), ...bytesOf(beyond));
  for (const platform of platforms) {
    equal(platform.ed25519Verify(key, Uint8Array.of(1), signature), true);
    equal(platform.ed25519Verify(key, Uint8Array.of(1), malleated), false);
  }
});

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function bytesOf(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse());
}

test('what one platform seals the other opens, as XChaCha20-Poly1305 of the library does', () => {
  const nonce = fc.uint8Array({ minLength: 24, maxLength: 24 });
  fc.assert(
    fc.property(seed, nonce, message, message, (key, long, associatedData, text) => {
      const context = { key, nonce: long, associatedData };
      deepEqual(
        sealAead(context, text),
        xchacha20poly1305(key, long, associatedData).encrypt(text),
      );
      // Where it stands in memory is nobody's concern: Node keeps many short buffers in one.
      const shared = { key: Buffer.from(key), nonce: Buffer.from(long), associatedData };
      deepEqual(sealAead(shared, text), sealAead(context, text));
      const under = { key, nonce: long.subarray(0, 12), associatedData };
      const sealed = node.chachaSeal(under, text);
      deepEqual(sealed, browser.chachaSeal(under, text));
      const changed = sealed.slice();
      changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
      for (const platform of platforms) {
        deepEqual(platform.chachaOpen(under, sealed), text);
        equal(platform.chachaOpen(under, changed), undefined);
        equal(platform.chachaOpen(under, sealed.subarray(0, 15)), undefined);
      }
    }),
  );
});
