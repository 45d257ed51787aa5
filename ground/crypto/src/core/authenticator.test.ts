import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import * as browser from '../platform/browser.ts';
import * as node from '../platform/node.ts';
import { verifyAuthenticator } from './authenticator.ts';
import { withLowS } from './low-s.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
const point = Buffer.concat([
  Buffer.from([4]),
  Buffer.from(x, 'base64url'),
  Buffer.from(y, 'base64url'),
]);

test('both platforms judge P-256 signatures alike, and take the lower s alone', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(511), (message, bit) => {
      const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
      const signature = sign('sha256', message, key);
      const low = withLowS(signature);
      const isLow = Buffer.compare(low, signature) === 0;
      const changed = Uint8Array.from(low);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      for (const { p256Verify } of [node, browser]) {
        assert.equal(p256Verify(point, message, low), true);
        assert.equal(p256Verify(point, message, signature), isLow);
        assert.equal(p256Verify(point, message, changed), false);
        assert.equal(p256Verify(point, Uint8Array.of(...message, 0), low), false);
        assert.equal(p256Verify(Buffer.alloc(65, 4), message, low), false);
        assert.equal(p256Verify(point.subarray(1), message, low), false);
      }
    }),
    { numRuns: 20 },
  );
});

test('an algorithm that is not registered, and what is no base64, are refused', () => {
  const key = { algorithm: 'hs256' as never, key: point.toString('base64') };
  const unknown = verifyAuthenticator(key, Uint8Array.of(1), 'AAAA');
  assert.equal(unknown.ok ? '' : unknown.error.code, 'crypto.unknown_algorithm');
  const badly = verifyAuthenticator({ algorithm: 'es256', key: '!' }, Uint8Array.of(1), 'AAAA');
  assert.equal(badly.ok ? '' : badly.error.code, 'crypto.bad_encoding');
});

test('both platforms judge RSA signatures alike, of small keys too', () => {
  for (const modulusLength of [1024, 2048, 3072]) {
    const rsa = generateKeyPairSync('rsa', { modulusLength });
    const modulus = Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n ?? '', 'base64url');
    const message = Buffer.from(`of ${modulusLength} bits`);
    const signature = sign('sha256', message, rsa.privateKey);
    const isTaken = modulusLength >= 2048;
    const other = sign('sha512', message, rsa.privateKey);
    const pss = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING };
    const changed = Uint8Array.from(signature);
    changed[9]! ^= 1;
    for (const { rsaVerify } of [node, browser]) {
      assert.equal(rsaVerify(modulus, message, signature), isTaken);
      assert.equal(rsaVerify(modulus, Buffer.from('other'), signature), false);
      assert.equal(rsaVerify(modulus, message, changed), false);
      assert.equal(rsaVerify(modulus, message, other), false);
      assert.equal(rsaVerify(modulus, message, sign('sha256', message, pss)), false);
      assert.equal(rsaVerify(modulus, message, Buffer.concat([Buffer.alloc(1), signature])), false);
      assert.equal(rsaVerify(modulus, message, modulus), false);
      assert.equal(rsaVerify(Buffer.alloc(256, 0xff), message, Buffer.alloc(256)), false);
    }
  }
});
