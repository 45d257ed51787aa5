import {
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { assert, encodeBase64 } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { type SignatureDomain, signedBytes } from '../core/domain.ts';
import {
  type HybridPublicKey,
  type HybridSignature,
  keyId,
  type SinglePublicKey,
  type SingleSignature,
} from '../core/keys.ts';

/** A hybrid key that can sign. The private halves stay inside the engine's key objects. */
export type HybridKey = {
  readonly publicKey: HybridPublicKey;
  readonly keyId: Digest;
  readonly ed25519: KeyObject;
  readonly mlDsa44: KeyObject;
};

/** What a hybrid key is made from again: 32 bytes each (RFC 8032 5.1.5, FIPS 204 5.1). */
export type HybridSeeds = { readonly ed25519: Uint8Array; readonly mlDsa44: Uint8Array };

export const SEED_SIZE = 32;

/** A fresh key, or the one these seeds make. */
export function generateHybridKey(seeds?: HybridSeeds): HybridKey {
  const { ed25519, mlDsa44 } = seeds ?? {
    ed25519: randomBytes(SEED_SIZE),
    mlDsa44: randomBytes(SEED_SIZE),
  };
  assert(ed25519.length === SEED_SIZE && mlDsa44.length === SEED_SIZE, 'a seed has 32 bytes');
  const edKey = createPrivateKey({
    key: Buffer.from(ed25519),
    format: 'raw-private',
    asymmetricKeyType: 'ed25519',
  });
  const mlKey = createPrivateKey({
    key: Buffer.from(mlDsa44),
    format: 'raw-seed',
    asymmetricKeyType: 'ml-dsa-44',
  });
  const publicKey: HybridPublicKey = {
    algorithm: 'hybrid-ed25519-ml-dsa-44',
    ed25519: encodeBase64(publicBytes(edKey)),
    ml_dsa_44: encodeBase64(publicBytes(mlKey)),
  };
  return { publicKey, keyId: keyId(publicKey), ed25519: edKey, mlDsa44: mlKey };
}

/** The secret itself: for sealing into a key file and nothing else. */
export function exportSeeds(key: HybridKey): HybridSeeds {
  return {
    ed25519: new Uint8Array(key.ed25519.export({ format: 'raw-private' })),
    mlDsa44: new Uint8Array(key.mlDsa44.export({ format: 'raw-seed' })),
  };
}

/** One Ed25519 signature over the domain-separated message, for what is verified soon. */
export function signEd25519(
  key: KeyObject,
  publicKey: SinglePublicKey,
  { domain, message }: { readonly domain: SignatureDomain; readonly message: Uint8Array },
): SingleSignature & { readonly algorithm: 'ed25519' } {
  const signature = encodeBase64(sign(null, signedBytes(domain, message), key));
  return { algorithm: 'ed25519', key_id: keyId(publicKey), signature };
}

/** Both signatures over the domain-separated message (whitepaper 6.4): about half a millisecond. */
export function signHybrid(
  key: HybridKey,
  domain: SignatureDomain,
  message: Uint8Array,
): HybridSignature {
  const bytes = signedBytes(domain, message);
  return {
    algorithm: 'hybrid-ed25519-ml-dsa-44',
    key_id: key.keyId,
    ed25519: encodeBase64(sign(null, bytes, key.ed25519)),
    ml_dsa_44: encodeBase64(sign(null, bytes, key.mlDsa44)),
  };
}

/** Ed25519 over exactly these bytes: for formats that separate domains themselves. */
export function signEd25519Raw(key: HybridKey, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, bytes, key.ed25519));
}

/** ML-DSA-44 over exactly these bytes, off the main thread; rejects only when the engine fails. */
export function signMlDsa44RawAsync(key: HybridKey, bytes: Uint8Array): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  sign(null, bytes, key.mlDsa44, (fault, signature) => {
    if (fault === null) resolve(new Uint8Array(signature));
    else reject(fault);
  });
  return promise;
}

function publicBytes(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'raw-public' });
}

/**
 * 32 bytes for one purpose, the same for the same key (HKDF-SHA-256, RFC 5869). Whoever has them
 * learns nothing of the key, nor of what it gives for another purpose.
 */
export function deriveSecret(key: HybridKey, purpose: string): Uint8Array {
  const { ed25519, mlDsa44 } = exportSeeds(key);
  const seeds = Buffer.concat([ed25519, mlDsa44]);
  return new Uint8Array(hkdfSync('sha256', seeds, new Uint8Array(0), purpose, SEED_SIZE));
}
