import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { HybridPublicKey } from '@ioi/protocol';

/** `node://local/<32 hex>`, from the owner's and the guardian's public keys. */
export function nodeIdOf(owner_key: HybridPublicKey, guardian_key: HybridPublicKey): string {
  const digest = digestOf({ guardian_key, owner_key });
  assert(digest.ok, 'public keys have a canonical form');
  return `node://local/${digest.value.slice('sha256:'.length, 'sha256:'.length + 32)}`;
}

/** Origin line of the node's checkpoints (C2SP tlog-checkpoint). */
export function originOf(nodeId: string): string {
  return nodeId.replace('node://', 'ioi.');
}

/** `agentgres://domain/local-<32 hex>`: the domain a node's own log is. */
export function nodeDomainOf(nodeId: string): string {
  return `agentgres://domain/${nodeId.replace('node://', '').replace('/', '-')}`;
}
