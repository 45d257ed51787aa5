import { decodeBase64, decodeHex, encodeBase64, encodeHex } from '@ioi/basis';
import { isSameBytes, SshFields, sshJoined, sshPositive, sshString } from './wire.ts';

/** The public half of a key, in the wire form of RFC 4253 6.6, and what kind of key it is. */
export type SshPublic = { readonly type: string; readonly blob: Uint8Array };

/** A key as JSON Web Keys have it (RFC 7517), which every library reads. */
export type SshJwk = {
  readonly kty?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
  readonly d?: string;
  readonly p?: string;
  readonly q?: string;
  readonly dp?: string;
  readonly dq?: string;
  readonly qi?: string;
};

export type SshPrivate = { readonly publicKey: SshPublic; readonly jwk: SshJwk };

const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----\n';
const END = '\n-----END OPENSSH PRIVATE KEY-----\n';
const MAGIC = 'openssh-key-v1\0';
/** By the name SSH has for a curve: JWK's, and the bytes of a coordinate (RFC 5656 10.1). */
const CURVES: Readonly<Record<string, { readonly crv: string; readonly size: number }>> = {
  nistp256: { crv: 'P-256', size: 32 },
  nistp384: { crv: 'P-384', size: 48 },
  nistp521: { crv: 'P-521', size: 66 },
};

export function isOpenSsh(text: string): boolean {
  return text.startsWith(BEGIN) && text.endsWith(END);
}

/** The line of authorized_keys. */
export function publicKeyLine({ type, blob }: SshPublic): string {
  return `${type} ${encodeBase64(blob)}`;
}

/** RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4. Undefined for a kind that is none of SSH's. */
export function sshPublicOf({ kty, crv, x, y, n, e }: SshJwk): SshPublic | undefined {
  if (kty === 'OKP' && crv === 'Ed25519') return publicOf('ssh-ed25519', sshString(bytesOf(x)));
  if (kty === 'RSA') {
    return publicOf('ssh-rsa', sshPositive(bytesOf(e)), sshPositive(bytesOf(n)));
  }
  const [curve] = Object.entries(CURVES).find(([, each]) => each.crv === crv) ?? [];
  if (kty !== 'EC' || curve === undefined) return undefined;
  const point = sshJoined(Uint8Array.of(4), bytesOf(x), bytesOf(y));
  return publicOf(`ecdsa-sha2-${curve}`, sshString(curve), sshString(point));
}

/** The public half in the wire form as a JWK; undefined for what is none, or spelled otherwise. */
export function jwkOfSshPublic(blob: Uint8Array): SshJwk | undefined {
  const fields = new SshFields(blob);
  const jwk = publicIn(fields.text(), fields);
  const again = jwk && sshPublicOf(jwk);
  return again && isSameBytes(again.blob, blob) ? jwk : undefined;
}

/**
 * Reads the form of OpenSSH (PROTOCOL.key). Undefined when it is none, has several keys, is of a
 * kind that nothing here signs with, is sealed under a passphrase of its own, or has a public half
 * that is not its own.
 */
export function readOpenSsh(text: string): SshPrivate | undefined {
  if (!isOpenSsh(text)) return undefined;
  const bytes = decodeBase64(text.slice(BEGIN.length, -END.length).replaceAll('\n', ''));
  if (bytes === undefined) return undefined;
  const fields = new SshFields(bytes);
  const magic = fields.plain(MAGIC.length);
  if (magic === undefined || String.fromCharCode(...magic) !== MAGIC) return undefined;
  const sealing = [fields.text(), fields.text(), fields.text()];
  const [count, blob, secret] = [fields.number(), fields.bytes(), fields.bytes()];
  if (sealing.join() !== 'none,none,' || count !== 1) return undefined;
  if (blob === undefined || secret === undefined || !fields.isAtEnd) return undefined;
  const jwk = secretIn(new SshFields(secret));
  const publicKey = jwk && sshPublicOf(jwk);
  return jwk && publicKey && isSameBytes(publicKey.blob, blob) ? { publicKey, jwk } : undefined;
}

/** Two equal check numbers come first: a wrong passphrase would not give them. */
function secretIn(fields: SshFields): SshJwk | undefined {
  const [first, second] = [fields.number(), fields.number()];
  if (first === undefined || first !== second) return undefined;
  const type = fields.text();
  if (type === 'ssh-rsa') return rsaIn(fields);
  const own = publicIn(type, fields);
  const secret = fields.bytes();
  if (own === undefined || secret === undefined) return undefined;
  if (own.kty === 'EC') return { ...own, d: textOf(padded(secret, sizeOf(own))) };
  // The seed, and the public half once more.
  const isWhole = secret.length === 64 && textOf(secret.subarray(32)) === own.x;
  return isWhole ? { ...own, d: textOf(secret.subarray(0, 32)) } : undefined;
}

function rsaIn(fields: SshFields): SshJwk | undefined {
  const numbers = Array.from({ length: 6 }, () => fields.bytes());
  if (numbers.some((each) => each === undefined)) return undefined;
  const [n, e, d, qi, p, q] = numbers.map((each) => trimmed(each as Uint8Array));
  const [whole, one, other] = [d, p, q].map((each) => BigInt(`0x0${encodeHex(each ?? EMPTY)}`));
  if (whole === undefined || one === undefined || other === undefined) return undefined;
  if (one < 2n || other < 2n) return undefined;
  const all = { n, e, d, p, q, dp: bigOf(whole % (one - 1n)), dq: bigOf(whole % (other - 1n)), qi };
  return { kty: 'RSA', ...mapped(all) };
}

function curveOf(type = ''): { readonly crv?: string; readonly size?: number } {
  const name = type.replace('ecdsa-sha2-', '');
  return (Object.hasOwn(CURVES, name) ? CURVES[name] : undefined) ?? {};
}

function publicIn(type: string | undefined, fields: SshFields): SshJwk | undefined {
  if (type === 'ssh-ed25519') {
    const x = fields.bytes();
    return x?.length === 32 ? { kty: 'OKP', crv: 'Ed25519', x: textOf(x) } : undefined;
  }
  if (type === 'ssh-rsa') {
    const [e, n] = [fields.bytes(), fields.bytes()];
    if (e === undefined || n === undefined) return undefined;
    return { kty: 'RSA', ...mapped({ n: trimmed(n), e: trimmed(e) }) };
  }
  const { crv, size } = curveOf(type);
  const [curve, point] = [fields.text(), fields.bytes()];
  if (crv === undefined || size === undefined || type !== `ecdsa-sha2-${curve}`) return undefined;
  if (point?.length !== 1 + 2 * size || point[0] !== 4) return undefined;
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  return { kty: 'EC', crv, ...mapped({ x, y }) };
}

function publicOf(type: string, ...rest: readonly Uint8Array[]): SshPublic {
  return { type, blob: sshJoined(sshString(type), ...rest) };
}

const EMPTY = new Uint8Array(0);

function sizeOf({ x }: SshJwk): number {
  return bytesOf(x).length;
}

function padded(bytes: Uint8Array, size: number): Uint8Array {
  const digits = trimmed(bytes);
  return sshJoined(new Uint8Array(Math.max(0, size - digits.length)), digits);
}

/** Without the zero that keeps an `mpint` from being negative. */
function trimmed(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((each) => each !== 0);
  return start === -1 ? EMPTY : bytes.subarray(start);
}

function bigOf(value: bigint): Uint8Array {
  const digits = value.toString(16);
  return decodeHex(digits.length % 2 === 0 ? digits : `0${digits}`) as Uint8Array;
}

function mapped<K extends string>(parts: Readonly<Record<K, Uint8Array | undefined>>) {
  const texts = Object.entries<Uint8Array | undefined>(parts).map(([name, bytes]) => {
    return [name, textOf(bytes ?? EMPTY)];
  });
  return Object.fromEntries(texts) as Record<K, string>;
}

/** RFC 4648 5, without padding. */
function textOf(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function bytesOf(text = ''): Uint8Array {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/');
  return decodeBase64(plain.padEnd(Math.ceil(plain.length / 4) * 4, '=')) ?? EMPTY;
}
