import { decodeBase64, decodeHex, ok, type Result } from '@ioi/basis';
import {
  isSshHash,
  isSshLogin,
  isSshMessage,
  loginBytes,
  messageBytes,
  type SshMessage,
} from '@ioi/crypto/ssh';
import type { SshOperation } from '@ioi/law';
import { type EdgeRefusal, unsent } from './refusal.ts';

type Given = Readonly<Record<string, unknown>>;

/** What one operation signs: bytes that follow from its arguments, never bytes it was given. */
export type SshRequest = {
  readonly data: Uint8Array;
  readonly algorithm: string;
  /** Of a message alone, for the text that is told. */
  readonly message?: SshMessage;
  readonly login?: {
    /** In the wire form. Who logs in, and what the host signed to vouch for the session. */
    readonly publicKey: Uint8Array;
    readonly hostKey: Uint8Array;
    readonly sessionId: Uint8Array;
    readonly hostSignature: Uint8Array;
  };
};

export function sshRequestOf(
  operation: SshOperation,
  given: Given,
): Result<SshRequest, EdgeRefusal> {
  const { algorithm } = given;
  if (typeof algorithm !== 'string') return wrong('no algorithm is named');
  return operation.effect === 'sign'
    ? messageOf(operation, given, algorithm)
    : loginOf(operation, given, algorithm);
}

type Of<E extends SshOperation['effect']> = Extract<SshOperation, { effect: E }>;

function messageOf(
  { namespaces }: Of<'sign'>,
  given: Given,
  algorithm: string,
): Result<SshRequest, EdgeRefusal> {
  const { namespace, hash_algorithm: hashAlgorithm } = given;
  const digest = hexIn(given['message_digest']);
  if (typeof namespace !== 'string' || digest === undefined || !isSshHash(hashAlgorithm)) {
    return wrong('this is no namespace, hash and digest of a message');
  }
  const message = { namespace, hashAlgorithm, digest };
  if (!isSshMessage(message)) return wrong('the namespace or the length of the digest is none');
  if (namespaces?.includes(namespace) === false) {
    return unsent('ssh.other_namespace', `nothing is signed for ${namespace} here`);
  }
  return ok({ data: messageBytes(message), algorithm, message });
}

function loginOf(
  { host_keys: hostKeys, users }: Of<'authenticate'>,
  given: Given,
  algorithm: string,
): Result<SshRequest, EdgeRefusal> {
  const { user, host_key: named, is_host_bound: isBound } = given;
  const sessionId = hexIn(given['session_id']);
  const [publicKey, hostKey, hostSignature] = [
    base64In(given['public_key']),
    base64In(named),
    base64In(given['host_signature']),
  ];
  if (typeof user !== 'string' || typeof isBound !== 'boolean' || sessionId === undefined) {
    return wrong('this is no login: user, session_id, is_host_bound');
  }
  if (publicKey === undefined || hostKey === undefined || hostSignature === undefined) {
    return wrong('this is no login: public_key, host_key, host_signature');
  }
  if (!hostKeys.some((each) => each === named)) {
    return unsent('ssh.other_host', 'the key is not one of the host that this is for');
  }
  if (users?.includes(user) === false) return unsent('ssh.other_user', `not for ${user} here`);
  const signed = { sessionId, user, algorithm, publicKey, ...(isBound ? { hostKey } : {}) };
  if (!isSshLogin(signed)) return wrong('the user or the session id is none');
  const login = { publicKey, hostKey, sessionId, hostSignature };
  return ok({ data: loginBytes(signed), algorithm, login });
}

function hexIn(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? decodeHex(value) : undefined;
}

function base64In(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? decodeBase64(value) : undefined;
}

function wrong(message: string): Result<never, EdgeRefusal> {
  return unsent('ssh.invalid', message);
}
