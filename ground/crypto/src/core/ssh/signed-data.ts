import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { isSameBytes, SshFields, sshJoined, sshNumber, sshString } from './wire.ts';

/** What a signature of a message is over (PROTOCOL.sshsig): its digest, and what it is for. */
export type SshMessage = {
  /** `git`, `file`, or any other word without spaces. */
  readonly namespace: string;
  readonly hashAlgorithm: SshHash;
  readonly digest: Uint8Array;
};

export type SshHash = keyof typeof DIGEST_SIZES;

/** What proves to a server who logs in (RFC 4252 7). */
export type SshLogin = {
  readonly sessionId: Uint8Array;
  readonly user: string;
  /** Of the signature. */
  readonly algorithm: string;
  /** In the wire form, like the host's. */
  readonly publicKey: Uint8Array;
  /** Where the method names the server's key too (`publickey-hostbound-v00@openssh.com`). */
  readonly hostKey?: Uint8Array;
};

const DIGEST_SIZES = { sha256: 32, sha512: 64 } as const;
const SSHSIG = encodeUtf8('SSHSIG');
const VERSION = 1;
const NAMESPACE = /^[\x21-\x7e]{1,128}$/;
const USER = /^[\x21-\x7e]{1,64}$/;
const USERAUTH_REQUEST = 50;
const SERVICE = 'ssh-connection';
const PLAIN = 'publickey';
const HOST_BOUND = 'publickey-hostbound-v00@openssh.com';
const LINE = 70;

export function isSshHash(name: unknown): name is SshHash {
  return typeof name === 'string' && Object.hasOwn(DIGEST_SIZES, name);
}

/** Whether it is one that can be signed. */
export function isSshMessage({ namespace, hashAlgorithm, digest }: SshMessage): boolean {
  return NAMESPACE.test(namespace) && digest.length === DIGEST_SIZES[hashAlgorithm];
}

export function isSshLogin({ sessionId, user }: SshLogin): boolean {
  const { length } = sessionId;
  return USER.test(user) && length >= 20 && length <= 64;
}

export function messageBytes({ namespace, hashAlgorithm, digest }: SshMessage): Uint8Array {
  const rest = [sshString(namespace), sshString(''), sshString(hashAlgorithm), sshString(digest)];
  return sshJoined(SSHSIG, ...rest);
}

/** Undefined for all that `messageBytes` would not write. */
export function readMessage(bytes: Uint8Array): SshMessage | undefined {
  const fields = new SshFields(bytes);
  fields.plain(SSHSIG.length);
  const namespace = fields.text();
  fields.text();
  const [hashAlgorithm, digest] = [fields.text(), fields.bytes()];
  if (namespace === undefined || digest === undefined || !isSshHash(hashAlgorithm)) {
    return undefined;
  }
  const read = { namespace, hashAlgorithm, digest };
  return isSshMessage(read) && isSameBytes(messageBytes(read), bytes) ? read : undefined;
}

export function loginBytes(login: SshLogin): Uint8Array {
  const { sessionId, user, algorithm, publicKey, hostKey } = login;
  const method = hostKey === undefined ? PLAIN : HOST_BOUND;
  return sshJoined(
    sshString(sessionId),
    Uint8Array.of(USERAUTH_REQUEST),
    ...[user, SERVICE, method].map(sshString),
    Uint8Array.of(1),
    sshString(algorithm),
    sshString(publicKey),
    ...(hostKey === undefined ? [] : [sshString(hostKey)]),
  );
}

/** Undefined for all that `loginBytes` would not write: another service, another method, more. */
export function readLogin(bytes: Uint8Array): SshLogin | undefined {
  const fields = new SshFields(bytes);
  const sessionId = fields.bytes();
  fields.byte();
  const [user, , method] = [fields.text(), fields.text(), fields.text()];
  fields.byte();
  const [algorithm, publicKey] = [fields.text(), fields.bytes()];
  const hostKey = method === HOST_BOUND ? fields.bytes() : undefined;
  if (sessionId === undefined || user === undefined) return undefined;
  if (algorithm === undefined || publicKey === undefined) return undefined;
  const bound = hostKey === undefined ? {} : { hostKey };
  const read = { sessionId, user, algorithm, publicKey, ...bound };
  return isSshLogin(read) && isSameBytes(loginBytes(read), bytes) ? read : undefined;
}

/** The text that `ssh-keygen -Y verify` reads; `signature` in the wire form. */
export function armoredSignature(
  { namespace, hashAlgorithm }: SshMessage,
  publicKey: Uint8Array,
  signature: Uint8Array,
): string {
  const about = [sshString(namespace), sshString(''), sshString(hashAlgorithm)];
  const parts = [sshNumber(VERSION), sshString(publicKey), ...about, sshString(signature)];
  const body = encodeBase64(sshJoined(SSHSIG, ...parts));
  const lines = body.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}
