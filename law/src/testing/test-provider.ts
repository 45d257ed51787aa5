import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { withLowS } from '@ioi/crypto';
import type { SignInFactor } from '@ioi/protocol';
import { levelIdOf } from '../core/governance/index.ts';

const NAMES = { rs256: 'RS256', es256: 'ES256', ed25519: 'EdDSA' } as const;

type Algorithm = keyof typeof NAMES;

/** How an ID token departs from what an honest provider says. */
export type Forging = {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly by?: 'none' | 'hmac' | 'high_s';
};

/** A provider of identities in memory, which says of its one person whatever it is told to. */
export class TestProvider {
  readonly algorithm: Algorithm;
  readonly issuer = 'https://accounts.example';
  readonly clientId = 'node-1';
  readonly subject = 'alice-7';
  readonly kid = 'k1';
  readonly #keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };

  constructor(algorithm: Algorithm = 'rs256') {
    this.algorithm = algorithm;
    this.#keys = keysOf(algorithm);
  }

  factor(changed: Partial<SignInFactor> = {}): SignInFactor {
    const fields = {
      kind: 'sign_in' as const,
      label: 'work',
      issuer: this.issuer,
      client_id: this.clientId,
      subject: this.subject,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      keys: [{ kid: this.kid, algorithm: this.algorithm, key: this.publicKey }],
      is_fresh: true,
      ...changed,
    };
    return { factor_id: levelIdOf(fields), ...fields };
  }

  /** Base64, as it is enrolled. */
  get publicKey(): string {
    const { n, x, y } = this.#keys.publicKey.export({ format: 'jwk' });
    const parts = [n ?? x ?? '', y ?? ''].map((each) => Buffer.from(each, 'base64url'));
    const prefix = this.algorithm === 'es256' ? [Buffer.of(4)] : [];
    return Buffer.concat([...prefix, ...parts]).toString('base64');
  }

  /** Of somebody who signed in at this time (Chain Time, milliseconds), for this nonce. */
  idToken(nonce: string, at: bigint, { claims = {}, header = {}, by }: Forging = {}): string {
    const seconds = Number(at / 1000n);
    const times = { iat: seconds, exp: seconds + 600, auth_time: seconds };
    const own = { iss: this.issuer, aud: this.clientId, sub: this.subject, nonce, ...times };
    const head = part({ alg: NAMES[this.algorithm], kid: this.kid, ...header });
    const message = `${head}.${part({ ...own, ...claims })}`;
    return `${message}.${this.#signature(message, by).toString('base64url')}`;
  }

  #signature(message: string, by: Forging['by']): Buffer {
    if (by === 'none') return Buffer.alloc(1);
    // Whoever takes a public key for a shared secret verifies this.
    if (by === 'hmac') return createHmac('sha256', this.publicKey).update(message).digest();
    const key = { key: this.#keys.privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const hash = this.algorithm === 'ed25519' ? null : 'sha256';
    for (;;) {
      const made = sign(hash, Buffer.from(message), key);
      if (this.algorithm !== 'es256') return made;
      const low = Buffer.from(withLowS(Uint8Array.from(made)));
      if (by !== 'high_s') return low;
      if (!low.equals(made)) return made;
    }
  }
}

function part(fields: object): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

function keysOf(algorithm: Algorithm) {
  if (algorithm === 'rs256') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (algorithm === 'ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}
