import assert from 'node:assert/strict';
import { createECDH, createHmac, createPrivateKey, createPublicKey, pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeHex, encodeHex } from '@ioi/basis';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { generateHybridKey } from '../../shell/keys.ts';
import { ed25519At, secp256k1At } from './hd-keys.ts';
import {
  entropyOf,
  evmAddress,
  evmKey,
  identityTiers,
  phraseOf,
  rootSeedOf,
  tierInfo,
  tierPath,
  tierSeeds,
} from './index.ts';

type Bip39 = Record<'entropy' | 'phrase' | 'seed', string>;
type Derived = Record<'seed' | 'path' | 'chain_code' | 'key' | 'public_key', string>;
type Vectors = { bip39: Bip39[]; secp256k1: Derived[]; ed25519: Derived[] };

const url = new URL('../../testing/phrase-vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(url, 'utf8')) as Vectors;
const bytes = (hex: string): Uint8Array => decodeHex(hex) ?? assert.fail('not hex');
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('the vectors of BIP-39 hold', () => {
  const whole = vectors.bip39.filter(({ entropy }) => entropy.length === 64);
  assert.equal(whole.length, 8);
  for (const { entropy, phrase, seed } of whole) {
    assert.equal(phraseOf(bytes(entropy)), phrase);
    assert.deepEqual(entropyOf(phrase), { ok: true, value: bytes(entropy) });
    assert.equal(encodeHex(rootSeedOf(bytes(entropy), 'TREZOR')), seed);
  }
});

test('the vectors of BIP-32 hold, and node:crypto makes the same public keys', () => {
  assert.equal(vectors.secp256k1.length, 12);
  for (const { seed, path, ...wanted } of vectors.secp256k1) {
    const { key, chainCode } = secp256k1At(bytes(seed), path);
    assert.equal(encodeHex(key), wanted.key, path);
    assert.equal(encodeHex(chainCode), wanted.chain_code, path);
    const other = createECDH('secp256k1');
    other.setPrivateKey(key);
    assert.equal(other.getPublicKey('hex', 'compressed'), wanted.public_key, path);
    assert.equal(encodeHex(secp256k1.getPublicKey(key)), wanted.public_key, path);
  }
});

test('the vectors of SLIP-0010 for Ed25519 hold', () => {
  assert.equal(vectors.ed25519.length, 12);
  for (const { seed, path, ...wanted } of vectors.ed25519) {
    const { key, chainCode } = ed25519At(bytes(seed), path);
    assert.equal(encodeHex(key), wanted.key, path);
    assert.equal(encodeHex(chainCode), wanted.chain_code, path);
    const own = { key: Buffer.from(key), format: 'raw-private', asymmetricKeyType: 'ed25519' };
    const made = createPublicKey(createPrivateKey(own as never));
    const publicKey = made.export({ format: 'raw-public' });
    assert.equal(`00${encodeHex(publicKey)}`, wanted.public_key, path);
  }
  assert.throws(() => ed25519At(new Uint8Array(16), 'm/0'), /hardened/);
  for (const path of ['0', 'm/', 'm/x', "m/2147483648'", 'm/-1']) {
    assert.throws(() => secp256k1At(new Uint8Array(16), path), path);
  }
});

test('any entropy comes back from its words, and PBKDF2 of node:crypto gives its seed', () => {
  fc.assert(
    fc.property(bytes32, fc.string({ maxLength: 20 }), (entropy, extra) => {
      const phrase = phraseOf(entropy);
      assert.deepEqual(entropyOf(`  ${phrase.toUpperCase().replaceAll(' ', ' \t\n')} `), {
        ok: true,
        value: entropy,
      });
      const salt = `mnemonic${extra.normalize('NFKD')}`;
      const seed = pbkdf2Sync(phrase, salt, 2048, 64, 'sha512');
      assert.deepEqual(rootSeedOf(entropy, extra), new Uint8Array(seed));
    }),
    { numRuns: 20 },
  );
});

test('words that are no phrase are refused by place, and none is repeated', () => {
  const words = phraseOf(new Uint8Array(32).fill(7)).split(' ');
  const codeOf = (changed: readonly string[]): string => {
    const refused = entropyOf(changed.join(' '));
    assert.ok(!refused.ok);
    for (const word of changed) {
      const isSaid = new RegExp(`\\b${word}\\b`).test(refused.error.message);
      assert.ok(!isSaid || ['a', 'is', 'not', 'one', 'two', 'word', 'list'].includes(word), word);
    }
    return `${refused.error.code} ${/word \d+/.exec(refused.error.message) ?? ''}`;
  };
  assert.equal(codeOf(words.slice(1)), 'phrase.wrong_length ');
  assert.equal(codeOf(words.with(6, 'notaword')), 'phrase.unknown_word word 7');
  const [first = '', second = ''] = words;
  const swapped = [second, first, ...words.slice(2)];
  assert.equal(codeOf(first === second ? words.with(0, 'zoo') : swapped), 'phrase.bad_checksum ');
});

test('no tier, index or half of a root shares a key with another', () => {
  const seed = rootSeedOf(new Uint8Array(32).fill(1));
  const seen = new Set<string>();
  for (const tier of identityTiers) {
    for (const index of [0, 1, 2]) {
      const seeds = tierSeeds(seed, tier, index);
      assert.equal(encodeHex(seeds.ed25519), encodeHex(ed25519At(seed, tierPath(tier, index)).key));
      for (const each of Object.values(seeds)) seen.add(encodeHex(each));
      seen.add(generateHybridKey(seeds).keyId);
      assert.match(tierInfo(tier, index), new RegExp(`${tier}/${index}$`));
    }
  }
  assert.equal(seen.size, 3 * 3 * 3);
});

test('the post-quantum half is HKDF-SHA-256 under its own name', () => {
  const seed = rootSeedOf(new Uint8Array(32).fill(1));
  const hmac = (key: Uint8Array | string, text: string | Uint8Array) =>
    createHmac('sha256', key).update(text).digest();
  const extracted = hmac('ioi root v1', seed);
  const expanded = hmac(extracted, `${tierInfo('master', 0)}\u0001`);
  assert.equal(encodeHex(tierSeeds(seed, 'master', 0).mlDsa44), encodeHex(expanded));
});

test('addresses are spelled as EIP-55 has them', () => {
  const words = `${'test '.repeat(11)}junk`;
  const seed = pbkdf2Sync(words, 'mnemonic', 2048, 64, 'sha512');
  assert.equal(evmAddress(seed, 0), '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266');
  assert.equal(evmAddress(seed, 1), '0x70997970C51812dc3A010C7d01b50e0d17dc79C8');
});

test('accounts of a phrase have the keys that other wallets find', () => {
  const words = `${'test '.repeat(11)}junk`;
  const seed = pbkdf2Sync(words, 'mnemonic', 2048, 64, 'sha512');
  const known = [
    'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
    '59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
    '5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
  ];
  for (const [index, key] of known.entries()) assert.equal(encodeHex(evmKey(seed, index)), key);
  const abandon = pbkdf2Sync(`${'abandon '.repeat(11)}about`, 'mnemonic', 2048, 64, 'sha512');
  assert.equal(evmAddress(abandon, 0), '0x9858EfFD232B4033E47d90003D41EC34EcaEda94');
});
