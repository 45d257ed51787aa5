import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { BoundedMap, decodeBase64 } from '@ioi/basis';
import { type SignatureDomain, signedBytes } from '../core/domain.ts';
import { keyId, type PublicKey, type Signature } from '../core/keys.ts';
import { isSmallOrder } from '../core/small-order.ts';

const KEYS_HELD = 1024;

type Claim = {
  readonly publicKey: PublicKey;
  readonly domain: SignatureDomain;
  readonly message: Uint8Array;
  readonly signature: Signature;
};

/** Verifies on the engine's own threads, so that several cores share the work. */
export class AsideVerifier {
  readonly #keys = new BoundedMap<string, KeyObject>(KEYS_HELD);

  /** Which of these hold, in order. Claims made of equal parts are verified once. */
  verify(claims: readonly Claim[]): Promise<boolean[]> {
    const distinct = new Map<
      string,
      { readonly claim: Claim; readonly holds: Promise<boolean> }[]
    >();
    // Operations of one batch share a signature of 3 KB: its text is made once.
    const texts = new Map<Signature, string>();
    return Promise.all(
      claims.map((claim) => {
        const name = texts.get(claim.signature) ?? textOf(claim.signature);
        texts.set(claim.signature, name);
        const alike = distinct.get(name) ?? [];
        const known = alike.find((each) => isSame(each.claim, claim));
        if (known) return known.holds;
        const holds = this.#holds(claim);
        distinct.set(name, [...alike, { claim, holds }]);
        return holds;
      }),
    );
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

function isSame(one: Claim, other: Claim): boolean {
  const isOfOne = one.publicKey === other.publicKey && one.domain === other.domain;
  return (
    isOfOne &&
    isSameSignature(one.signature, other.signature) &&
    Buffer.compare(one.message, other.message) === 0
  );
}

function isSameSignature(one: Signature, other: Signature): boolean {
  return one === other || (one.key_id === other.key_id && textOf(one) === textOf(other));
}

function textOf(signature: Signature): string {
  if ('signature' in signature) return signature.signature;
  return JSON.stringify([signature.ed25519, signature.ml_dsa_44]);
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
  if (!('key' in key) || !('signature' in signature)) return [];
  return [{ algorithm: key.algorithm, key: key.key, signature: signature.signature }];
}
