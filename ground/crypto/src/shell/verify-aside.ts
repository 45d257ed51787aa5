import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { BoundedMap, decodeBase64, ok } from '@ioi/basis';
import { type SignatureDomain, signedBytes } from '../core/domain.ts';
import { keyId, type PublicKey, type Signature } from '../core/keys.ts';
import type { VerifierRegistry } from '../core/registry.ts';
import { isSmallOrder } from '../core/small-order.ts';

const KEYS_HELD = 1024;

type Claim = {
  readonly publicKey: PublicKey;
  readonly domain: SignatureDomain;
  readonly message: Uint8Array;
  readonly signature: Signature;
};

/**
 * Verifies on the engine's own threads, so that several cores share the work. Only a yes is kept:
 * `registryOf` answers it again for the same claim, and asks the registry about all others.
 */
export class AsideVerifier {
  readonly #keys = new BoundedMap<string, KeyObject>(KEYS_HELD);

  /** Equal claims are verified once. */
  async verify(claims: readonly Claim[]): Promise<HeldClaims> {
    const distinct = new Map(claims.map((claim) => [nameOf(claim), claim]));
    const names = [...distinct.keys()];
    const held = await Promise.all([...distinct.values()].map((claim) => this.#holds(claim)));
    return new Set(names.filter((_name, at) => held[at]));
  }

  async #holds({ publicKey, domain, message, signature }: Claim): Promise<boolean> {
    if (signature.key_id !== keyId(publicKey)) return false;
    const bytes = signedBytes(domain, message);
    const parts = partsOf(publicKey, signature);
    const verified = await Promise.all(parts.map((part) => this.#partHolds(part, bytes)));
    return parts.length > 0 && verified.every(Boolean);
  }

  #partHolds(part: Part, message: Uint8Array): Promise<boolean> {
    const signature = decodeBase64(part.signature);
    const key = this.#keyOf(part);
    if (!key || !signature) return Promise.resolve(false);
    if (part.algorithm === 'ed25519' && isSmallOrder(signature)) return Promise.resolve(false);
    return new Promise((resolve) => {
      verify(null, message, key, signature, (fault, holds) => resolve(fault === null && holds));
    });
  }

  #keyOf({ algorithm, key }: Part): KeyObject | undefined {
    const known = this.#keys.get(key);
    if (known) return known;
    const bytes = decodeBase64(key);
    if (!bytes || (algorithm === 'ed25519' && isSmallOrder(bytes))) return undefined;
    try {
      const format = { format: 'raw-public', asymmetricKeyType: algorithm } as const;
      const made = createPublicKey({ key: Buffer.from(bytes), ...format });
      this.#keys.set(key, made);
      return made;
    } catch {
      return undefined;
    }
  }
}

/** Claims that were found to hold, by all that makes them. */
export type HeldClaims = ReadonlySet<string>;

/** A registry that knows these claims to hold and asks the other about the rest. */
export function registryOf(held: HeldClaims, registry: VerifierRegistry): VerifierRegistry {
  return {
    verify(publicKey, domain, message, signature) {
      const isHeld = held.has(nameOf({ publicKey, domain, message, signature }));
      if (isHeld) return ok(undefined);
      return registry.verify(publicKey, domain, message, signature);
    },
  };
}

function nameOf({ publicKey, domain, message, signature }: Claim): string {
  const text = Buffer.from(message.buffer, message.byteOffset, message.length).toString('latin1');
  return JSON.stringify([domain, publicKey, signature, text]);
}

type Part = {
  readonly algorithm: 'ed25519' | 'ml-dsa-44';
  readonly key: string;
  readonly signature: string;
};

function partsOf(key: PublicKey, signature: Signature): Part[] {
  if (key.algorithm !== signature.algorithm) return [];
  if (key.algorithm === 'hybrid-ed25519-ml-dsa-44') {
    if (signature.algorithm !== key.algorithm) return [];
    return [
      { algorithm: 'ed25519', key: key.ed25519, signature: signature.ed25519 },
      { algorithm: 'ml-dsa-44', key: key.ml_dsa_44, signature: signature.ml_dsa_44 },
    ];
  }
  if (signature.algorithm === 'hybrid-ed25519-ml-dsa-44') return [];
  return [{ algorithm: key.algorithm, key: key.key, signature: signature.signature }];
}
