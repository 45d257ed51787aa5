import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import {
  applyToTree,
  COMMIT_OPERATION,
  composeEntry,
  DOMAIN_MODULE_HASH,
  foldEntry,
  HeadOverlay,
  type Modules,
  rootDigest,
  type SealedBytes,
} from '@ioi/law';
import { leafHash, type StateTree } from '@ioi/merkle';
import type { CommitSummary, HeadChange, LogEntry, View } from '@ioi/protocol';
import type { Prepared, Refusal } from './ports.ts';

export type Commit = {
  /** Entries of the batch, then the commit entry. */
  readonly entries: readonly SealedBytes[];
  readonly changes: readonly HeadChange[];
};

export type CommitInput = {
  readonly prepared: Prepared;
  readonly modules: Modules;
  readonly view: View;
  readonly tree: StateTree;
  readonly operationId: string;
};

/**
 * Folds what the guardian admitted into heads and the state root, and closes the commit with
 * the entry that carries that root. The log root over both is what gets signed.
 */
export function buildCommit(input: CommitInput): Result<Commit, Refusal> {
  const entries: SealedBytes[] = [];
  const view = new HeadOverlay(input.view);
  for (const text of input.prepared.entries) {
    // The guardian composed it: what it signs in the end is the root over these very bytes.
    const bytes = encodeUtf8(text);
    const entry = JSON.parse(text) as LogEntry;
    const folded = foldEntry(entry, input.modules, view);
    if (!folded.ok) return folded;
    view.apply(folded.value);
    entries.push({ entry, bytes, leaf: leafHash(bytes) });
  }
  const first = entries[0]?.entry.seq;
  if (first === undefined) return err({ code: 'commit.empty', message: 'nothing was admitted' });
  const changes = view.changes();
  const closing = closeCommit(input, changes, { first, recovered: false, voided: [] });
  return closing.ok ? ok({ entries: [...entries, closing.value], changes }) : closing;
}

type Closing = {
  readonly first: string;
  readonly recovered: boolean;
  readonly voided: readonly { readonly seq: string; readonly code: string }[];
};

/** Updates the state tree and composes the `domain/commit` entry. */
export function closeCommit(
  input: Omit<CommitInput, 'modules' | 'view'>,
  changes: readonly HeadChange[],
  { first, recovered, voided }: Closing,
): Result<SealedBytes, Refusal> {
  applyToTree(input.tree, changes);
  const { next } = input.prepared;
  const summary: CommitSummary = {
    epoch: next.epoch,
    first_seq: first,
    state_root: rootDigest(input.tree),
    recovered,
    voided: voided.map((each) => ({ ...each })),
  };
  return composeEntry(
    {
      operation_id: input.operationId,
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
