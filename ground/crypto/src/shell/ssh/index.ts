import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import {
  isOpenSsh,
  jwkOfSshPublic,
  readOpenSsh,
  SshFields,
  type SshPublic,
  sshJoined,
  sshPositive,
  sshPublicOf,
  sshString,
} from '../../core/ssh/index.ts';

/** A private key that signs, with its public half. */
export type SshKey = { readonly publicKey: SshPublic; readonly key: KeyObject };

/** By the name of a signature: of which keys, and with which hash (RFC 8332, 5656, 8709). */
const ALGORITHMS: Readonly<Record<string, readonly [type: string, hash: string | null]>> = {
  'ssh-ed25519': ['ssh-ed25519', null],
  'rsa-sha2-256': ['ssh-rsa', 'sha256'],
  'rsa-sha2-512': ['ssh-rsa', 'sha512'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256', 'sha256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384', 'sha384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521', 'sha512'],
};

/** PEM, or the form of OpenSSH; undefined for what is none, or is sealed under a passphrase. */
export function readSshKey(text: string): SshKey | undefined {
  try {
    const given = isOpenSsh(text) ? readOpenSsh(text)?.jwk : undefined;
    if (isOpenSsh(text) && given === undefined) return undefined;
    const key =
      given === undefined
        ? createPrivateKey(text)
        : createPrivateKey({ key: given, format: 'jwk' });
    const publicKey = sshPublicOf(createPublicKey(key).export({ format: 'jwk' }));
    return publicKey && { publicKey, key };
  } catch {
    // The engine's message may quote the text.
    return undefined;
  }
}

/** Whether a key of this type makes signatures of this name; SHA-1 (`ssh-rsa`) is none. */
export function isSshAlgorithm(algorithm: string, { type }: Pick<SshPublic, 'type'>): boolean {
  return Object.hasOwn(ALGORITHMS, algorithm) && ALGORITHMS[algorithm]?.[0] === type;
}

/** The signature in the wire form; undefined where the key makes none of this name. */
export function signSsh(
  { key, publicKey }: SshKey,
  algorithm: string,
  data: Uint8Array,
): Uint8Array | undefined {
  if (!isSshAlgorithm(algorithm, publicKey)) return undefined;
  const [, hash = null] = ALGORITHMS[algorithm] ?? [];
  const isCurve = algorithm.startsWith('ecdsa-');
  const made = sign(hash, data, isCurve ? { key, dsaEncoding: 'ieee-p1363' } : key);
  const half = made.length / 2;
  const numbers = [made.subarray(0, half), made.subarray(half)].map(sshPositive);
  const raw = isCurve ? sshJoined(...numbers) : made;
  return sshJoined(sshString(algorithm), sshString(raw));
}

/** Whether a signature in the wire form is one of this key, also in the wire form. */
export function verifySsh(blob: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  const type = new SshFields(blob).text() ?? '';
  const jwk = jwkOfSshPublic(blob);
  const fields = new SshFields(signature);
  const [algorithm = '', raw] = [fields.text(), fields.bytes()];
  if (jwk === undefined || raw === undefined || !fields.isAtEnd) return false;
  if (!isSshAlgorithm(algorithm, { type })) return false;
  const [, hash = null] = ALGORITHMS[algorithm] ?? [];
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    if (!algorithm.startsWith('ecdsa-')) return verify(hash, data, key, raw);
    const pair = pairIn(raw, Buffer.from(jwk.x ?? '', 'base64url').length);
    return pair !== undefined && verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, pair);
  } catch {
    return false;
  }
}

/** The two numbers of ECDSA, each as wide as the curve. */
function pairIn(raw: Uint8Array, size: number): Uint8Array | undefined {
  const fields = new SshFields(raw);
  const numbers = [fields.bytes(), fields.bytes()].map((each) => {
    const digits = each?.[0] === 0 ? each.subarray(1) : each;
    if (digits === undefined || digits.length > size) return undefined;
    return sshJoined(new Uint8Array(size - digits.length), digits);
  });
  const [r, s] = numbers;
  return r && s && fields.isAtEnd ? sshJoined(r, s) : undefined;
}
