import { deepEqual, equal } from 'node:assert/strict';
import { sign } from 'node:crypto';
import { test } from 'node:test';
import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import fc from 'fast-check';
import { generateHybridKey, signHybrid } from '../shell/keys.ts';
import { type SignatureDomain, signedBytes } from './domain.ts';
import {
  type HybridPublicKey,
  type HybridSignature,
  keyId,
  type PublicKey,
  type Signature,
  type SinglePublicKey,
} from './keys.ts';
import { rememberingLast, verifierRegistry } from './registry.ts';

const seeds = (byte: number) => ({
  ed25519: new Uint8Array(32).fill(byte),
  mlDsa44: new Uint8Array(32).fill(byte + 1),
});
const key = generateHybridKey(seeds(1));
const stranger = generateHybridKey(seeds(7));
const message = encodeUtf8('{"policy":1}');
const signature = signHybrid(key, 'SIG_DOMAIN_POLICY', message);
const registry = verifierRegistry();

type Claim = {
  publicKey: PublicKey;
  domain: SignatureDomain;
  message: Uint8Array;
  signature: Signature;
};
const claim: Claim = { publicKey: key.publicKey, domain: 'SIG_DOMAIN_POLICY', message, signature };

function verdict(change: Partial<Claim> = {}, verifier = registry): string {
  const whole = { ...claim, ...change };
  const result = verifier.verify(whole.publicKey, whole.domain, whole.message, whole.signature);
  return result.ok ? 'holds' : result.error.code;
}

test('a hybrid signature holds for its key, domain and message', () => {
  equal(verdict(), 'holds');
  equal(signature.key_id, keyId(key.publicKey));
});

test('a signature for one domain holds in no other', () => {
  const domains: SignatureDomain[] = [
    'SIG_DOMAIN_BLOCKHEADER',
    'SIG_DOMAIN_RECEIPT',
    'SIG_DOMAIN_ARBITRATION',
    'SIG_DOMAIN_MANIFEST',
    'SIG_DOMAIN_APPROVAL',
    'SIG_DOMAIN_OPERATION',
    'SIG_DOMAIN_SESSION',
  ];
  for (const domain of domains) equal(verdict({ domain }), 'crypto.bad_signature', domain);
  deepEqual(
    signedBytes('SIG_DOMAIN_RECEIPT', Uint8Array.of(1, 2)),
    Uint8Array.from([...Buffer.from('SIG_DOMAIN_RECEIPT', 'latin1'), 0, 1, 2]),
  );
});

test('a hybrid signature needs both its parts', () => {
  const other = signHybrid(key, 'SIG_DOMAIN_RECEIPT', message);
  const halves: HybridSignature[] = [
    { ...signature, ed25519: other.ed25519 },
    { ...signature, ml_dsa_44: other.ml_dsa_44 },
  ];
  for (const half of halves) equal(verdict({ signature: half }), 'crypto.bad_signature');
});

test('any changed byte of message or signature breaks it', () => {
  const raw = Buffer.from(signature.ml_dsa_44, 'base64');
  fc.assert(
    fc.property(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Buffer.from(raw);
      changed[at] = (changed[at] ?? 0) ^ flip;
      const forged = { ...signature, ml_dsa_44: encodeBase64(changed) };
      equal(verdict({ signature: forged }), 'crypto.bad_signature');
    }),
    { numRuns: 50 },
  );
  equal(verdict({ message: encodeUtf8('{"policy":2}') }), 'crypto.bad_signature');
});

test('an algorithm that is not registered is refused', () => {
  const unknown = { algorithm: 'rsa', key: 'AA==' } as unknown as PublicKey;
  equal(verdict({ publicKey: unknown }), 'crypto.unknown_algorithm');
  const odd = { ...signature, algorithm: 'none' } as unknown as Signature;
  equal(verdict({ signature: odd }), 'crypto.unknown_algorithm');
  const inherited = { ...signature, algorithm: 'toString' } as unknown as Signature;
  equal(verdict({ signature: inherited }), 'crypto.unknown_algorithm');
});

test('a disabled algorithm is refused even where the signature would hold', () => {
  const strict = verifierRegistry({ disabled: ['hybrid-ed25519-ml-dsa-44'] });
  equal(verdict({}, strict), 'crypto.disabled_algorithm');
  equal(verdict({}, verifierRegistry({ disabled: ['ed25519'] })), 'holds');
});

test('a signature that names another key is refused', () => {
  equal(verdict({ publicKey: stranger.publicKey }), 'crypto.key_mismatch');
  const renamed = { ...signature, key_id: stranger.keyId };
  equal(verdict({ signature: renamed }), 'crypto.key_mismatch');
  const single: SinglePublicKey = { algorithm: 'ed25519', key: key.publicKey.ed25519 };
  equal(verdict({ publicKey: single }), 'crypto.key_mismatch');
});

test('one half of a hybrid key is another key', () => {
  const single: SinglePublicKey = { algorithm: 'ed25519', key: key.publicKey.ed25519 };
  const bytes = signedBytes('SIG_DOMAIN_POLICY', message);
  const alone: Signature = {
    algorithm: 'ed25519',
    key_id: keyId(single),
    signature: encodeBase64(sign(null, bytes, key.ed25519)),
  };
  equal(verdict({ publicKey: single, signature: alone }), 'holds');
  equal(verdict({ signature: alone }), 'crypto.key_mismatch');
});

test('keys and signatures of another length or spelling are refused', () => {
  const renamed = (publicKey: HybridPublicKey): Partial<Claim> => ({
    publicKey,
    signature: { ...signature, key_id: keyId(publicKey) },
  });
  const shortKey = { ...key.publicKey, ed25519: encodeBase64(new Uint8Array(31)) };
  equal(verdict(renamed(shortKey)), 'crypto.bad_encoding');
  const looseKey = { ...key.publicKey, ed25519: ` ${key.publicKey.ed25519}` };
  equal(verdict(renamed(looseKey)), 'crypto.bad_encoding');
  const cases = ['', '=', 'A', signature.ed25519.replaceAll('=', ''), `${signature.ed25519}\n`];
  for (const ed25519 of cases) {
    equal(verdict({ signature: { ...signature, ed25519 } }), 'crypto.bad_encoding', ed25519);
  }
});

test('a key whose multiples are few proves nothing', () => {
  const identity = new Uint8Array(32);
  identity[0] = 1;
  const publicKey: SinglePublicKey = { algorithm: 'ed25519', key: encodeBase64(identity) };
  // Commitment and key are the neutral element: the equation holds for every message.
  const forged = new Uint8Array(64);
  forged[0] = 1;
  const universal: Signature = {
    algorithm: 'ed25519',
    key_id: keyId(publicKey),
    signature: encodeBase64(forged),
  };
  equal(verdict({ publicKey, signature: universal }), 'crypto.bad_signature');
});

test('what was answered last is answered again, for the very same claim where it held', () => {
  let asked = 0;
  const remembering = rememberingLast({
    verify: (...parts) => {
      asked += 1;
      return registry.verify(...parts);
    },
  });
  equal(verdict({}, remembering), 'holds');
  equal(verdict({ signature: structuredClone(signature) }, remembering), 'holds');
  equal(asked, 1);
  const others: Partial<Claim>[] = [
    { publicKey: stranger.publicKey },
    { domain: 'SIG_DOMAIN_OPERATION' },
    { message: encodeUtf8('{"policy":2}') },
    {
      signature: {
        ...signature,
        ml_dsa_44: signHybrid(key, 'SIG_DOMAIN_POLICY', new Uint8Array()).ml_dsa_44,
      },
    },
  ];
  for (const other of others) {
    equal(verdict(other, remembering), verdict(other));
    equal(verdict(other, remembering), verdict(other));
    equal(verdict({}, remembering), 'holds');
  }
  equal(asked, 1 + 2 * others.length);
});
