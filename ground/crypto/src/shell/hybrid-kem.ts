import {
  createHash,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { decodeBase64, encodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { CryptoError } from '../core/codes.ts';
import { deriveSecret, type HybridKey } from './keys.ts';

/** To whom a secret is sealed; base64 (RFC 7748, FIPS 203). */
export type HybridKemPublicKey = {
  readonly algorithm: 'hybrid-x25519-ml-kem-768';
  readonly x25519: string;
  readonly ml_kem_768: string;
};

/** What travels: an X25519 key of the moment, and the ML-KEM ciphertext. */
export type HybridKemCiphertext = { readonly x25519: string; readonly ml_kem_768: string };

export type HybridKemKey = {
  readonly publicKey: HybridKemPublicKey;
  readonly x25519: KeyObject;
  readonly mlKem768: KeyObject;
};

export type Encapsulated = {
  readonly ciphertext: HybridKemCiphertext;
  /** 32 bytes. */
  readonly sharedKey: Uint8Array;
};

const KEY_SIZE = 32;
const LABEL = 'ioi hybrid kem v1';

/** The key by which secrets reach the owner of a signing key: whoever has that one has this. */
export function kemKeyOf(key: HybridKey): HybridKemKey {
  return hybridKemKey({
    x25519: deriveSecret(key, 'ioi kem x25519 v1'),
    mlKem768: Buffer.concat([
      deriveSecret(key, 'ioi kem ml-kem-768 d v1'),
      deriveSecret(key, 'ioi kem ml-kem-768 z v1'),
    ]),
  });
}

/** From its seeds: 32 bytes (RFC 7748 5) and 64 (FIPS 203 7.1, d then z). */
export function hybridKemKey(seeds: {
  readonly x25519: Uint8Array;
  readonly mlKem768: Uint8Array;
}): HybridKemKey {
  const x25519 = createPrivateKey({
    key: Buffer.from(seeds.x25519),
    format: 'raw-private',
    asymmetricKeyType: 'x25519',
  });
  const mlKem768 = createPrivateKey({
    key: Buffer.from(seeds.mlKem768),
    format: 'raw-seed',
    asymmetricKeyType: 'ml-kem-768',
  });
  const publicKey: HybridKemPublicKey = {
    algorithm: 'hybrid-x25519-ml-kem-768',
    x25519: encodeBase64(publicBytes(x25519)),
    ml_kem_768: encodeBase64(publicBytes(mlKem768)),
  };
  return { publicKey, x25519, mlKem768 };
}

/** A fresh secret that only the holder of the key can learn, for one named purpose. */
export function encapsulateTo(
  publicKey: HybridKemPublicKey,
  purpose: string,
): Result<Encapsulated, CryptoError> {
  try {
    const moment = generateKeyPairSync('x25519').privateKey;
    const agreed = diffieHellman({
      privateKey: moment,
      publicKey: publicOf('x25519', publicKey.x25519),
    });
    const sealed = encapsulate(publicOf('ml-kem-768', publicKey.ml_kem_768));
    const ciphertext = {
      x25519: encodeBase64(publicBytes(moment)),
      ml_kem_768: encodeBase64(sealed.ciphertext),
    };
    const secrets = [sealed.sharedKey, agreed];
    return ok({ ciphertext, sharedKey: combine(secrets, { ciphertext, publicKey, purpose }) });
  } catch {
    return badEncoding('the key cannot be encapsulated to');
  }
}

/**
 * The secret that was encapsulated. A changed ML-KEM ciphertext gives another secret, not a
 * refusal (FIPS 203 6.3): whatever was sealed under it does not open.
 */
export function decapsulateWith(
  key: HybridKemKey,
  ciphertext: HybridKemCiphertext,
  purpose: string,
): Result<Uint8Array, CryptoError> {
  try {
    const publicKey = publicOf('x25519', ciphertext.x25519);
    const agreed = diffieHellman({ privateKey: key.x25519, publicKey });
    const sealed = bytesOf(ciphertext.ml_kem_768);
    const secrets = [decapsulate(key.mlKem768, sealed), agreed];
    return ok(combine(secrets, { ciphertext, publicKey: key.publicKey, purpose }));
  } catch {
    return badEncoding('the ciphertext is of another length, or its key is of small order');
  }
}

type Transcript = {
  readonly ciphertext: HybridKemCiphertext;
  readonly publicKey: HybridKemPublicKey;
  readonly purpose: string;
};

/** HKDF-SHA-256 over both secrets, bound to both ciphertexts, both public keys, the purpose. */
function combine(secrets: readonly Uint8Array[], { ciphertext, publicKey, purpose }: Transcript) {
  // Every part but the last has one length: no two transcripts read alike.
  const transcript = Buffer.concat([
    bytesOf(ciphertext.ml_kem_768),
    bytesOf(ciphertext.x25519),
    bytesOf(publicKey.ml_kem_768),
    bytesOf(publicKey.x25519),
    encodeUtf8(purpose),
  ]);
  const digest = createHash('sha256').update(transcript).digest();
  const info = Buffer.concat([encodeUtf8(LABEL), digest]);
  return new Uint8Array(hkdfSync('sha256', Buffer.concat(secrets), '', info, KEY_SIZE));
}

function publicOf(type: 'x25519' | 'ml-kem-768', text: string): KeyObject {
  const key = Buffer.from(bytesOf(text));
  return createPublicKey({ key, format: 'raw-public', asymmetricKeyType: type });
}

function publicBytes(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'raw-public' });
}

function bytesOf(text: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw new TypeError('not base64');
  return bytes;
}

function badEncoding(message: string): Result<never, CryptoError> {
  return err({ code: 'crypto.bad_encoding', message });
}
