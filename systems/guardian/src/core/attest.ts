import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import {
  type Admitted,
  type Authenticate,
  admit,
  COMMIT_OPERATION,
  commitSummaryOf,
  DOMAIN_MODULE_HASH,
  HeadOverlay,
  type Modules,
  type ProposedOperation,
  parseEntry,
} from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { Evidence, HeadChange, LogEntry, View } from '@ioi/protocol';
import type { AdmissionResult, CommitStamp, Refusal } from './wire.ts';

/** What is sealed: the log's size and root as peaks, and the times that go with them. */
export type SealedState = {
  readonly frontier: Frontier;
  readonly epoch: bigint;
  /** Commits so far; the next commit has this height. */
  readonly height: bigint;
  readonly chainTime: bigint;
};

/** A batch that was admitted and stamped, waiting for its commit entry. Nothing is durable. */
export type Batch = {
  readonly before: SealedState;
  readonly entries: readonly Admitted[];
  readonly results: readonly AdmissionResult[];
  readonly view: HeadOverlay;
  readonly chainTime: bigint;
  readonly recovered: boolean;
  readonly voided: readonly { readonly seq: string; readonly code: string }[];
  /** Leaf hashes to append before the commit entry's. */
  readonly leaves: readonly Uint8Array[];
};

export type SealedBatch = {
  readonly after: SealedState;
  readonly changes: readonly HeadChange[];
};

export type Attesting = {
  readonly modules: Modules;
  readonly view: View;
  readonly evidence: Evidence;
  readonly authenticate: Authenticate;
};

/**
 * Admits operations one after the other, each on the heads the ones before it left: decides
 * again what the daemon decided, and refuses what it does not reproduce (design section 5).
 */
export function prepare(
  before: SealedState,
  operations: readonly ProposedOperation[],
  chainTime: bigint,
  { modules, view: below, evidence, authenticate }: Attesting,
): Batch {
  const view = new HeadOverlay(below);
  const entries: Admitted[] = [];
  const results = operations.map((proposed): AdmissionResult => {
    const seq = BigInt(before.frontier.size + entries.length);
    const at = { seq, height: before.height, chainTime };
    const admitted = admit(proposed, { modules, view, evidence, authenticate, at });
    if (!admitted.ok) return admitted.error;
    view.apply(admitted.value.changes);
    entries.push(admitted.value);
    return { index: entries.length - 1 };
  });
  const leaves = entries.map((entry) => entry.leaf);
  return { before, entries, results, view, chainTime, recovered: false, voided: [], leaves };
}

/** Stamp the commit entry must carry. */
export function commitStamp({ before, leaves, chainTime }: Batch): CommitStamp {
  return {
    seq: String(before.frontier.size + leaves.length),
    height: String(before.height),
    chain_time: String(chainTime),
    epoch: String(before.epoch),
  };
}

/** Closes a batch with the commit entry the writer made durable; refuses any other. */
export function seal(batch: Batch, commitText: string): Result<SealedBatch, Refusal> {
  const commit = parseEntry(encodeUtf8(commitText));
  if (!commit.ok) return commit;
  const broken = brokenCommit(batch, commit.value.entry);
  if (broken) return err({ code: 'seal.commit_invalid', message: broken });
  const { before } = batch;
  let { frontier } = before;
  for (const leaf of [...batch.leaves, commit.value.leaf]) frontier = frontier.append(leaf);
  const after = { ...before, frontier, height: before.height + 1n, chainTime: batch.chainTime };
  return ok({ after, changes: batch.view.changes() });
}

function brokenCommit(batch: Batch, entry: LogEntry): string | undefined {
  const summary = commitSummaryOf(entry);
  const stamp = commitStamp(batch);
  if (!summary) return `not a ${COMMIT_OPERATION} entry`;
  if (entry.seq !== stamp.seq || entry.height !== stamp.height) return 'wrong place in the log';
  if (entry.chain_time !== stamp.chain_time || summary.epoch !== stamp.epoch) return 'wrong stamp';
  const plain = entry.authenticated_by.kind === 'channel' && entry.events.length === 0;
  if (!plain || entry.module_hash !== DOMAIN_MODULE_HASH) return 'not as the writer composes it';
  if (summary.first_seq !== String(batch.before.frontier.size)) return 'wrong first_seq';
  if (summary.recovered !== batch.recovered) return 'recovered does not match';
  const voided = summary.voided.map((each) => `${each.seq} ${each.code}`).join();
  return voided === batch.voided.map((each) => `${each.seq} ${each.code}`).join()
    ? undefined
    : 'voided does not match';
}
