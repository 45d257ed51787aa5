import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { encodeBase64 } from '@ioi/basis';
import type { SinglePublicKey } from '@ioi/crypto';
import { generateHybridKey, type HybridKey, signEd25519 } from '@ioi/crypto/shell';
import { type LogName, operationMessage, type ProposedOperation } from '@ioi/law';
import { signBatch } from '@ioi/law/testing';

const DOMAIN = 'SIG_DOMAIN_OPERATION';

/** A client with an Ed25519 key for single operations and a hybrid one for batches. */
export class BenchClient {
  readonly log: LogName;
  readonly hybrid: HybridKey = generateHybridKey();
  readonly ed25519: KeyObject;
  readonly publicKey: SinglePublicKey;

  constructor(log: LogName) {
    this.log = log;
    const pair = generateKeyPairSync('ed25519');
    this.ed25519 = pair.privateKey;
    const raw = pair.publicKey.export({ format: 'raw-public' });
    this.publicKey = { algorithm: 'ed25519', key: encodeBase64(new Uint8Array(raw)) };
  }

  /** As a domain registers them. */
  get principals(): object[] {
    const keys = [this.publicKey, this.hybrid.publicKey];
    return keys.map((public_key) => ({ public_key, operations: ['objects/*'] }));
  }
}

export function signed(client: BenchClient, operation: ProposedOperation): ProposedOperation {
  const message = bytesOf(operationMessage(operation, client.log));
  const signature = signEd25519(client.ed25519, client.publicKey, { domain: DOMAIN, message });
  return { ...operation, authenticated_by: { kind: 'signature', signature } };
}

export function batched(
  client: BenchClient,
  operations: readonly ProposedOperation[],
): ProposedOperation[] {
  return signBatch(client.hybrid, client.log, operations);
}

function bytesOf(message: ReturnType<typeof operationMessage>): Uint8Array {
  if (!message.ok) throw new Error(message.error.message);
  return message.value;
}
