import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** What is known of a password: enough to recognise it, not to log in elsewhere with it. */
export type Verifier = {
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
};

export const SCRAM = 'SCRAM-SHA-256';
const ITERATIONS = 4_096;
const CLIENT_FIRST = /^([ny]),(?:a=[^,]*)?,((?:n=[^,]*),r=([\x21-\x2b\x2d-\x7e]{1,256}))$/;
const CLIENT_LAST = /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]{1,512})),p=([A-Za-z0-9+/=]+)$/;

export function verifierOf(password: string, salt: Buffer = randomBytes(16)): Verifier {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
  return { salt, storedKey, serverKey: hmac(salted, 'Server Key') };
}

/** The server's side of one login (RFC 5802, RFC 7677), without channel binding. */
export class ScramLogin {
  readonly #verifier: Verifier;
  readonly #nonce = randomBytes(18).toString('base64');
  #sofar: { readonly bare: string; readonly first: string; readonly header: string } | undefined;

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
  }

  /** The server's first message; undefined where the client's is none. */
  first(message: string): string | undefined {
    const [, flag, bare, nonce] = CLIENT_FIRST.exec(message) ?? [];
    if (flag === undefined || bare === undefined) return undefined;
    const salt = this.#verifier.salt.toString('base64');
    const first = `r=${nonce}${this.#nonce},s=${salt},i=${ITERATIONS}`;
    const header = message.slice(0, message.length - bare.length);
    this.#sofar = { bare, first, header };
    return first;
  }

  /** The server's last message; undefined where the password is another. */
  last(message: string): string | undefined {
    const [, bare, bound, nonce, proof] = CLIENT_LAST.exec(message) ?? [];
    if (this.#sofar === undefined || bare === undefined || proof === undefined) return undefined;
    const { first, header } = this.#sofar;
    const isBound = Buffer.from(bound ?? '', 'base64').toString() === header;
    if (!isBound || !first.startsWith(`r=${nonce},`)) return undefined;
    const { storedKey, serverKey } = this.#verifier;
    const told = `${this.#sofar.bare},${first},${bare}`;
    const signature = hmac(storedKey, told);
    const given = Buffer.from(proof, 'base64');
    if (given.length !== signature.length) return undefined;
    const clientKey = Buffer.from(given.map((byte, at) => byte ^ (signature[at] ?? 0)));
    const digest = createHash('sha256').update(clientKey).digest();
    if (!timingSafeEqual(digest, storedKey)) return undefined;
    return `v=${hmac(serverKey, told).toString('base64')}`;
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
