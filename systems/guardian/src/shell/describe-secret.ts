import { createHash } from 'node:crypto';
import { decodeHex, err, ok, type Result } from '@ioi/basis';
import { evmAddressOf } from '@ioi/crypto';
import { publicKeyLine } from '@ioi/crypto/ssh';
import { readSshKey } from '@ioi/crypto/ssh/shell';
import type { Refusal } from '../core/index.ts';
import { readNewSecret } from '../core/new-secret.ts';
import type { NewSecret } from '../core/vault-item.ts';

/** What was asked to be put, with what can be told of a key: its public half, its address. */
export function describeSecret(
  given: Readonly<Record<string, unknown>>,
): Result<NewSecret, Refusal> {
  const read = readNewSecret(given);
  if (!read.ok) return read;
  const { kind, secret } = read.value;
  if (kind === 'evm_key') {
    const address = evmAddressOf(decodeHex(secret) as Uint8Array);
    return ok({ ...read.value, address });
  }
  if (kind !== 'ssh_key') return read;
  const found = readSshKey(secret);
  if (found === undefined) {
    const message = 'this is no Ed25519, ECDSA or RSA key, or it has a passphrase of its own';
    return err({ code: 'credential.invalid', message });
  }
  const { publicKey } = found;
  const digest = createHash('sha256').update(publicKey.blob).digest('base64').replaceAll('=', '');
  const fingerprint = `SHA256:${digest}`;
  return ok({ ...read.value, public_key: publicKeyLine(publicKey), fingerprint });
}
