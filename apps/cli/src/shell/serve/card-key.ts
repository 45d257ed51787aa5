import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { canonicalJson, type Json } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import { usageFault } from '../fault.ts';
import { saveNew } from '../save-new.ts';

/** A signature over a card, as flattened JSON of a JWS without its payload (RFC 7515, 7.2.2). */
export type CardSignature = { readonly protected: string; readonly signature: string };

type Curve = { readonly crv: string; readonly kty: string; readonly x: string; readonly y: string };

/** The key that cards of one served worker are signed with: ES256, which every JOSE library has. */
export class CardKey {
  readonly #key: KeyObject;
  readonly #public: Curve;
  /** Its thumbprint (RFC 7638), by which others know it: the same at every start. */
  readonly kid: string;

  private constructor(key: KeyObject) {
    this.#key = key;
    const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' }) as unknown as Curve;
    this.#public = { crv, kty, x, y };
    this.kid = createHash('sha256').update(JSON.stringify(this.#public)).digest('base64url');
  }

  /** The one that is kept in a file of the owner's alone, made where there is none. */
  static at(file: string): CardKey {
    if (!existsSync(file)) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      saveNew(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    }
    const key = keyIn(readFileSync(file));
    if (key?.asymmetricKeyDetails?.namedCurve === 'prime256v1') return new CardKey(key);
    throw usageFault(`${file} is no key of P-256: remove it to have another`);
  }

  /** The set that `jku` names (RFC 7517, 5). */
  get jwks(): JsonObject {
    return { keys: [{ ...this.#public, kid: this.kid, alg: 'ES256', use: 'sig' }] };
  }

  /** Over the canonical form (RFC 8785) of a card without its signatures (A2A 1.0, 8.4). */
  sign(card: JsonObject, jku: string): CardSignature {
    const payload = canonicalJson(card as Json);
    if (!payload.ok) throw new Error(`a card has a canonical form: ${payload.error.message}`);
    const header = { alg: 'ES256', typ: 'JOSE', kid: this.kid, jku };
    const named = base64url(JSON.stringify(header));
    const signed = Buffer.from(`${named}.${base64url(payload.value)}`);
    const bytes = sign('sha256', signed, { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return { protected: named, signature: bytes.toString('base64url') };
  }
}

function keyIn(pem: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
