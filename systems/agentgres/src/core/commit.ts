import type { Result } from '@ioi/basis';
import {
  applyTexts,
  COMMIT_OPERATION,
  composeEntry,
  DOMAIN_MODULE_HASH,
  rootDigest,
  type SealedText,
} from '@ioi/law';
import { HASH_SIZE, type LogNode, type StateTree } from '@ioi/merkle';
import type { CommitSummary } from '@ioi/protocol';
import type { Append, Prepared, Refusal } from './ports.ts';

export type Closing = {
  readonly prepared: Pick<Prepared, 'changes' | 'next'>;
  readonly tree: StateTree;
  readonly operationId: string;
  /** Log position of the first entry the commit covers. */
  readonly first: string;
  readonly recovered: boolean;
  readonly voided: readonly { readonly seq: string; readonly code: string }[];
};

/**
 * Takes what a batch changed into the state tree and composes the `domain/commit` entry that
 * carries its root: the log root over both is what gets signed.
 */
export function closeCommit(closing: Closing): Result<SealedText, Refusal> {
  const { prepared, tree, operationId, first, recovered, voided } = closing;
  const { next, changes } = prepared;
  applyTexts(tree, changes);
  const summary: CommitSummary = {
    epoch: next.epoch,
    first_seq: first,
    state_root: rootDigest(tree),
    recovered,
    voided: voided.map((each) => ({ ...each })),
  };
  return composeEntry(
    {
      operation_id: operationId,
      operation: COMMIT_OPERATION,
      authenticated_by: { kind: 'channel' },
      payload: summary,
    },
    {
      seq: BigInt(next.seq),
      height: BigInt(next.height),
      chainTime: BigInt(next.chain_time),
      moduleHash: DOMAIN_MODULE_HASH,
    },
    [],
  );
}

/** Rows of an append: texts with the hashes that come with each. */
export function rowsOf(texts: readonly string[], nodes: readonly LogNode[]): Append['entries'] {
  // One piece of memory for the hashes of all rows, as they come one after another.
  const bytes = new Uint8Array(nodes.length * HASH_SIZE);
  const ends: number[] = [];
  nodes.forEach(({ level, hash }, at) => {
    bytes.set(hash, at * HASH_SIZE);
    if (level === 0) ends.push(at);
  });
  ends.push(nodes.length);
  return texts.map((text, row) => {
    const [from = 0, to = 0] = ends.slice(row, row + 2);
    return { text, nodes: bytes.subarray(from * HASH_SIZE, to * HASH_SIZE) };
  });
}
