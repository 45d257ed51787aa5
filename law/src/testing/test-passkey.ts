import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { type Digest, sha256 } from '@ioi/canon';
import { type AuthenticatorKey, withLowS } from '@ioi/crypto';
import type { FactorEnrolled, WebAuthnAssertion } from '@ioi/protocol';
import { challengeOf } from '../core/factors/index.ts';
import { hashOf } from './artifacts.ts';

type Keys = { readonly privateKey: KeyObject; readonly publicKey: AuthenticatorKey };

/** How an assertion departs from what an honest authenticator and browser say. */
export type Tampering = {
  readonly type?: string;
  readonly challenge?: string;
  readonly origin?: string;
  readonly rpId?: string;
  readonly flags?: number;
  readonly counter?: number;
  readonly clientData?: Readonly<Record<string, unknown>>;
  /** With the higher `s`, as half of all P-256 signers would. */
  readonly highS?: boolean;
};

const VERIFIED = 0x05;
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/**
 * A passkey in software: what an authenticator and its browser would answer. Of a fresh key, or
 * of one that was taken out of an authenticator (PKCS 8).
 */
export class TestPasskey {
  readonly #keys: Keys;
  readonly rpId: string;
  readonly origin: string;
  counter = 0;

  constructor(
    key: AuthenticatorKey['algorithm'] | Uint8Array,
    origin = 'http://localhost:4747',
    rpId = new URL(origin).hostname,
  ) {
    this.#keys = typeof key === 'string' ? keysOf(key) : importedKeys(key);
    this.origin = origin;
    this.rpId = rpId;
  }

  get publicKey(): AuthenticatorKey {
    return this.#keys.publicKey;
  }

  get factorId(): Digest {
    return hashOf(this.publicKey);
  }

  factor(changed: Partial<FactorEnrolled> = {}): FactorEnrolled {
    return {
      factor_id: this.factorId,
      credential_id: Buffer.from(this.factorId).toString('base64'),
      public_key: this.publicKey,
      rp_id: this.rpId,
      origin: this.origin,
      sign_counter: String(this.counter),
      label: 'test',
      transports: ['internal'],
      ...changed,
    };
  }

  /** Over the digest of exactly this value, with the next counter. */
  sign(value: object, tampering: Tampering = {}): WebAuthnAssertion {
    return this.assert(hashOf(value), tampering);
  }

  assert(digest: Digest, tampering: Tampering = {}): WebAuthnAssertion {
    this.counter += 1;
    const data = authenticatorData({ rpId: this.rpId, counter: this.counter, ...tampering });
    const { type = 'webauthn.get', challenge = challengeOf(digest) } = tampering;
    const { origin = this.origin, clientData = {} } = tampering;
    const said = { type, challenge, origin, crossOrigin: false, ...clientData };
    const client = Buffer.from(JSON.stringify(said));
    const signature = this.#signed(Buffer.concat([data, sha256(client)]), tampering.highS);
    return {
      algorithm: 'webauthn',
      key_id: this.factorId,
      authenticator_data: data.toString('base64'),
      client_data: client.toString('base64'),
      signature: Buffer.from(signature).toString('base64'),
    };
  }

  #signed(message: Uint8Array, highS = false): Uint8Array {
    const { privateKey, publicKey } = this.#keys;
    if (publicKey.algorithm !== 'es256') return sign(null, message, privateKey);
    const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const low = withLowS(sign('sha256', message, key));
    return highS ? withHighS(low) : low;
  }
}

function withHighS(signature: Uint8Array): Uint8Array {
  const low = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  const high = (ORDER - low).toString(16).padStart(64, '0');
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(high, 'hex')]);
}

function authenticatorData({ rpId = '', flags = VERIFIED, counter = 0 }: Tampering): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([sha256(rpId), Buffer.from([flags]), count]);
}

function keysOf(algorithm: AuthenticatorKey['algorithm']): Keys {
  if (algorithm === 'es256') {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return p256Keys(privateKey);
  }
  const { privateKey } =
    algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44');
  return rawKeys(algorithm, privateKey);
}

function importedKeys(pkcs8: Uint8Array): Keys {
  const key = Buffer.from(pkcs8);
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const kind = privateKey.asymmetricKeyType;
  if (kind === 'ec') return p256Keys(privateKey);
  return rawKeys(kind === 'ml-dsa-44' ? kind : 'ed25519', privateKey);
}

function p256Keys(privateKey: KeyObject): Keys {
  const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const parts = [Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  const key = Buffer.concat(parts).toString('base64');
  return { privateKey, publicKey: { algorithm: 'es256', key } };
}

function rawKeys(algorithm: 'ed25519' | 'ml-dsa-44', privateKey: KeyObject): Keys {
  const format = { format: 'raw-public' } as never;
  const raw = createPublicKey(privateKey).export(format) as unknown as Buffer;
  return { privateKey, publicKey: { algorithm, key: raw.toString('base64') } };
}
