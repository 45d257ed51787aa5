import { assert, encodeHex } from '@ioi/basis';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { inclusionProof, leafHash, nodesFromLeaves, rootOf } from '@ioi/merkle';
import {
  batchMessage,
  type LogName,
  operationMessage,
  type ProposedOperation,
} from '../core/ledger/index.ts';

/** The operations as their client brings them: one signature over all, and each one's place. */
export function signBatch(
  key: HybridKey,
  log: LogName,
  operations: readonly ProposedOperation[],
): ProposedOperation[] {
  const leaves = operations.map((each) => {
    const message = operationMessage(each, log);
    assert(message.ok, 'an operation has a canonical form');
    return leafHash(message.value);
  });
  const size = leaves.length;
  const root = `sha256:${encodeHex(rootOf(leaves))}`;
  const covered = batchMessage({ root, size }, log);
  assert(covered.ok, 'a batch has a canonical form');
  const signature = signHybrid(key, 'SIG_DOMAIN_OPERATION', covered.value);
  const nodes = nodesFromLeaves((index) => leaves[index] as Uint8Array);
  return operations.map((operation, index) => {
    const path = inclusionProof(nodes, index, size).map((hash) => `sha256:${encodeHex(hash)}`);
    const by = { kind: 'batch' as const, root, size, index, path, signature };
    return { ...operation, authenticated_by: by };
  });
}
