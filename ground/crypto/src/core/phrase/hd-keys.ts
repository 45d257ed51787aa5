import { assert, decodeHex, encodeHex, encodeUtf8 } from '@ioi/basis';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';

/** A private key and what its children are derived with; 32 bytes each. */
export type HdKey = { readonly key: Uint8Array; readonly chainCode: Uint8Array };

const HARDENED = 0x8000_0000;
const KEY_SIZE = 32;

/** BIP-32: the secp256k1 key at a path such as `m/44'/60'/0'/0/0`. */
export function secp256k1At(seed: Uint8Array, path: string): HdKey {
  let node = split(hmac(sha512, encodeUtf8('Bitcoin seed'), seed));
  scalarIn(node.key);
  for (const index of indexesIn(path)) {
    const { key, chainCode } = node;
    const parent = index < HARDENED ? secp256k1.getPublicKey(key) : prefixed(key);
    const child = split(hmac(sha512, chainCode, withIndex(parent, index)));
    const order = secp256k1.Point.Fn.ORDER;
    const sum = (scalarIn(child.key) + scalarIn(key)) % order;
    const own = decodeHex(sum.toString(16).padStart(2 * KEY_SIZE, '0'));
    assert(own !== undefined && sum > 0n, 'the sum is a scalar of the curve');
    node = { key: own, chainCode: child.chainCode };
  }
  return node;
}

/** SLIP-0010: the Ed25519 key at a path; every step of it is hardened. */
export function ed25519At(seed: Uint8Array, path: string): HdKey {
  let node = split(hmac(sha512, encodeUtf8('ed25519 seed'), seed));
  for (const index of indexesIn(path)) {
    assert(index >= HARDENED, 'Ed25519 has hardened children only');
    node = split(hmac(sha512, node.chainCode, withIndex(prefixed(node.key), index)));
  }
  return node;
}

function indexesIn(path: string): number[] {
  const [root, ...steps] = path.split('/');
  assert(root === 'm', 'a path begins with m');
  return steps.map((step) => {
    const [, digits = ''] = /^([0-9]{1,10})'?$/.exec(step) ?? [];
    const index = Number(digits);
    assert(digits !== '' && index < HARDENED, 'a step of a path is a number below 2^31');
    return step.endsWith("'") ? index + HARDENED : index;
  });
}

/** Out of range is one seed in 2^127: it is a bug first. */
function scalarIn(key: Uint8Array): bigint {
  const scalar = BigInt(`0x${encodeHex(key)}`);
  assert(scalar > 0n && scalar < secp256k1.Point.Fn.ORDER, 'the key is a scalar of the curve');
  return scalar;
}

function split(bytes: Uint8Array): HdKey {
  return { key: bytes.slice(0, KEY_SIZE), chainCode: bytes.slice(KEY_SIZE) };
}

function prefixed(key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(KEY_SIZE + 1);
  bytes.set(key, 1);
  return bytes;
}

function withIndex(bytes: Uint8Array, index: number): Uint8Array {
  const whole = new Uint8Array(bytes.length + 4);
  whole.set(bytes);
  new DataView(whole.buffer).setUint32(bytes.length, index);
  return whole;
}
