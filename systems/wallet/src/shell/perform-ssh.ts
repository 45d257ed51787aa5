import { encodeBase64, ok, type Result } from '@ioi/basis';
import { armoredSignature, isSameBytes, publicKeyLine } from '@ioi/crypto/ssh';
import { isSshAlgorithm, readSshKey, signSsh, verifySsh } from '@ioi/crypto/ssh/shell';
import type { SshOperation } from '@ioi/law';
import {
  type EdgeRefusal,
  type LeasedSecret,
  type SshRequest,
  sshRequestOf,
  unsent,
} from '../core/index.ts';
import type { CallResult } from './sealed-egress.ts';

export type SshAsked = {
  readonly operation: SshOperation;
  readonly given: Readonly<Record<string, unknown>>;
};

/** Of the key, bound to the origin of its host. */
type Lease = () => Promise<Result<LeasedSecret, EdgeRefusal>>;

/**
 * Signs what the arguments say. Nothing is sent: the signature is the answer. A login is signed in
 * a session alone that a key of its host has signed, so that nobody else can use it.
 */
export async function performSsh(
  { operation, given }: SshAsked,
  lease: Lease,
): Promise<Result<CallResult, EdgeRefusal>> {
  const request = sshRequestOf(operation, given);
  if (!request.ok) return request;
  const { login } = request.value;
  if (login !== undefined && !verifySsh(login.hostKey, login.sessionId, login.hostSignature)) {
    return unsent('ssh.other_host', 'the host did not sign this session');
  }
  const leased = await lease();
  return leased.ok ? signedWith(leased.value, request.value) : leased;
}

function signedWith(
  { kind, secret }: LeasedSecret,
  { data, algorithm, message, login }: SshRequest,
): Result<CallResult, EdgeRefusal> {
  if (kind !== 'ssh_key') return unsent('connector.other_secret', `an ssh_key, not a ${kind}`);
  const key = readSshKey(secret);
  if (key === undefined) return unsent('credential.unreadable', 'the key is not understood');
  const { publicKey } = key;
  if (login !== undefined && !isSameBytes(login.publicKey, publicKey.blob)) {
    return unsent('ssh.other_key', 'the login is with another key');
  }
  if (!isSshAlgorithm(algorithm, publicKey)) {
    return unsent('ssh.other_algorithm', `a key ${publicKey.type} makes no ${algorithm}`);
  }
  const signature = signSsh(key, algorithm, data);
  // A signature that a fault made wrong could give the key away.
  if (signature === undefined || !verifySsh(publicKey.blob, data, signature)) {
    return unsent('credential.unreadable', 'the key made no signature of its own');
  }
  const armored = message && armoredSignature(message, publicKey.blob, signature);
  const facts = {
    signature: encodeBase64(signature),
    public_key: publicKeyLine(publicKey),
    ...(armored === undefined ? {} : { armored }),
  };
  const content = [{ type: 'text', text: armored ?? JSON.stringify(facts) }];
  return ok({ content, structuredContent: facts, isError: false });
}
