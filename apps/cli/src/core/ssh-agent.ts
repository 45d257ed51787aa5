import { encodeBase64, encodeHex, err, ok, type Result } from '@ioi/basis';
import {
  isSameBytes,
  readLogin,
  readMessage,
  SshFields,
  type SshLogin,
  type SshPublic,
  sshJoined,
  sshNumber,
  sshString,
} from '@ioi/crypto/ssh';

/** A key of a connector that this node signs with. */
export type AgentKey = {
  readonly publicKey: SshPublic;
  /** What the node calls the connector. */
  readonly server: string;
  /** Of the host it logs in at, in base64; none where it signs messages alone. */
  readonly hostKeys: readonly string[];
};

/** What a client of an agent asks (draft-ietf-sshm-ssh-agent 3), as far as it is answered. */
export type AgentAsk =
  | { readonly kind: 'identities' }
  | {
      readonly kind: 'sign';
      readonly publicKey: Uint8Array;
      readonly data: Uint8Array;
      readonly flags: number;
    }
  | ({ readonly kind: 'bind'; readonly isForwarded: boolean } & HostBinding)
  | { readonly kind: 'other' };

/** What a host signed in the session that a connection speaks for (PROTOCOL.agent 1). */
export type HostBinding = {
  readonly hostKey: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly hostSignature: Uint8Array;
};

export type AgentCall = Pick<AgentKey, 'server'> & {
  readonly tool: 'sign_message' | 'authenticate';
  readonly given: Readonly<Record<string, string | boolean>>;
};

const FAILURE = 5;
const SUCCESS = 6;
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const EXTENSION = 27;
const SESSION_BIND = 'session-bind@openssh.com';
const RSA_SHA2_256 = 2;
const RSA_SHA2_512 = 4;

/** A message without its length. What is not understood is none that is answered. */
export function readAgentAsk(bytes: Uint8Array): AgentAsk {
  const fields = new SshFields(bytes);
  const type = fields.byte();
  const read =
    type === REQUEST_IDENTITIES
      ? ({ kind: 'identities' } as const)
      : type === SIGN_REQUEST
        ? signIn(fields)
        : type === EXTENSION
          ? bindIn(fields)
          : undefined;
  return read !== undefined && fields.isAtEnd ? read : { kind: 'other' };
}

function signIn(fields: SshFields): AgentAsk | undefined {
  const [publicKey, data, flags] = [fields.bytes(), fields.bytes(), fields.number()];
  if (publicKey === undefined || data === undefined || flags === undefined) return undefined;
  return { kind: 'sign', publicKey, data, flags };
}

function bindIn(fields: SshFields): AgentAsk | undefined {
  if (fields.text() !== SESSION_BIND) return undefined;
  const [hostKey, sessionId, hostSignature] = [fields.bytes(), fields.bytes(), fields.bytes()];
  const isForwarded = fields.byte();
  if (hostKey === undefined || sessionId === undefined || hostSignature === undefined) {
    return undefined;
  }
  return { kind: 'bind', hostKey, sessionId, hostSignature, isForwarded: isForwarded !== 0 };
}

export const agentFailure: Uint8Array = framed(Uint8Array.of(FAILURE));
export const agentSuccess: Uint8Array = framed(Uint8Array.of(SUCCESS));

/** A key that logs in at several hosts is told once. */
export function identitiesAnswer(all: readonly AgentKey[]): Uint8Array {
  const keys = all.filter(
    (each, at) => all.findIndex((one) => isOf(one, each.publicKey.blob)) === at,
  );
  const each = keys.flatMap(({ publicKey, server }) => {
    return [sshString(publicKey.blob), sshString(`ioi ${server}`)];
  });
  return framed(sshJoined(Uint8Array.of(IDENTITIES_ANSWER), sshNumber(keys.length), ...each));
}

export function signatureAnswer(signature: Uint8Array): Uint8Array {
  return framed(sshJoined(Uint8Array.of(SIGN_RESPONSE), sshString(signature)));
}

function framed(body: Uint8Array): Uint8Array {
  return sshString(body);
}

/**
 * The call of a connector that makes this signature. Refused is what is neither a message nor a
 * login in a session that a host vouched for: nobody can say what it would be used for.
 */
export function callFor(
  ask: Extract<AgentAsk, { kind: 'sign' }>,
  all: readonly AgentKey[],
  bindings: readonly HostBinding[],
): Result<AgentCall, string> {
  const { data, flags, publicKey } = ask;
  const keys = all.filter((each) => isOf(each, publicKey));
  const [key] = keys;
  if (key === undefined) return err('no connector has this key');
  const message = readMessage(data);
  if (message !== undefined) {
    const algorithm = algorithmOf(key.publicKey.type, flags);
    if (algorithm === undefined) return err('nothing is signed with SHA-1');
    const { namespace, hashAlgorithm: hash_algorithm, digest } = message;
    const given = { namespace, hash_algorithm, message_digest: encodeHex(digest), algorithm };
    return ok({ server: key.server, tool: 'sign_message', given });
  }
  const login = readLogin(data);
  if (login === undefined) return err('it is neither a message (SSHSIG) nor a login (RFC 4252)');
  return isOf(key, login.publicKey)
    ? loginCall(login, keys, bindings)
    : err('the login names another key');
}

function loginCall(
  { sessionId, hostKey, user, algorithm, publicKey }: SshLogin,
  keys: readonly AgentKey[],
  bindings: readonly HostBinding[],
): Result<AgentCall, string> {
  const bound = bindings.find((each) => isSameBytes(each.sessionId, sessionId));
  if (bound === undefined) {
    return err('the client does not say in which session: OpenSSH does from 8.9 on');
  }
  if (hostKey !== undefined && !isSameBytes(hostKey, bound.hostKey)) {
    return err('the login names another host');
  }
  const host_key = encodeBase64(bound.hostKey);
  const key = keys.find(({ hostKeys }) => hostKeys.includes(host_key));
  if (key === undefined) return err('no connector is for the host with that key');
  const given = {
    user,
    session_id: encodeHex(sessionId),
    host_key,
    host_signature: encodeBase64(bound.hostSignature),
    public_key: encodeBase64(publicKey),
    is_host_bound: hostKey !== undefined,
    algorithm,
  };
  return ok({ server: key.server, tool: 'authenticate', given });
}

function isOf({ publicKey }: AgentKey, blob: Uint8Array): boolean {
  return isSameBytes(publicKey.blob, blob);
}

function algorithmOf(type: string, flags: number): string | undefined {
  if (type !== 'ssh-rsa') return type;
  if ((flags & RSA_SHA2_512) !== 0) return 'rsa-sha2-512';
  return (flags & RSA_SHA2_256) === 0 ? undefined : 'rsa-sha2-256';
}
