import { assert, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import {
  type Admitted,
  admit,
  COMMIT_OPERATION,
  commitSummaryOf,
  HeadOverlay,
  type Modules,
  type ProposedOperation,
  parseEntry,
  sameBytes,
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
};

/**
 * Admits operations one after the other, each on the heads the ones before it left: decides
 * again what the daemon decided, and refuses what it does not reproduce (design section 5).
 */
export function prepare(
  before: SealedState,
  operations: readonly ProposedOperation[],
  chainTime: bigint,
  { modules, view: below, evidence }: Attesting,
): Batch {
  const view = new HeadOverlay(below);
  const entries: Admitted[] = [];
  const results = operations.map((proposed): AdmissionResult => {
    const seq = BigInt(before.frontier.size + entries.length);
    const at = { seq, height: before.height, chainTime };
    const admitted = admit(proposed, { modules, view, evidence, at });
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
  if (summary.first_seq !== String(batch.before.frontier.size)) return 'wrong first_seq';
  if (summary.recovered !== batch.recovered) return 'recovered does not match';
  const voided = JSON.stringify(summary.voided) === JSON.stringify(batch.voided);
  return voided ? undefined : 'voided does not match';
}

/**
 * Prepares again what a crash left in the log unsealed. Entries keep their stamps and their
 * place; those that are not reproduced byte for byte are voided by the commit entry that
 * follows, never deleted (design section 4). Nothing was performed from any of them. `latest`
 * bounds the Chain Time a tail may claim.
 */
export function recover(
  before: SealedState,
  texts: readonly string[],
  latest: bigint,
  { modules, view: below, evidence }: Attesting,
): Result<Batch, Refusal> {
  const view = new HeadOverlay(below);
  const entries: Admitted[] = [];
  const leaves: Uint8Array[] = [];
  const voided: { seq: string; code: string }[] = [];
  let chainTime = before.chainTime;
  for (const text of texts) {
    const seq = BigInt(before.frontier.size + leaves.length);
    const found = parseEntry(encodeUtf8(text));
    if (!found.ok || found.value.entry.seq !== String(seq)) {
      return err({ code: 'recover.log_damaged', message: `entry ${seq} is damaged` });
    }
    const { entry } = found.value;
    leaves.push(found.value.leaf);
    if (entry.operation === COMMIT_OPERATION) continue;
    const at = { seq, height: BigInt(entry.height), chainTime: BigInt(entry.chain_time) };
    const stale = at.chainTime < before.chainTime || at.chainTime > latest;
    const own = entry.authenticated_by.kind === 'guardian' && seq !== 0n;
    const again = stale || own ? undefined : admit(entry, { modules, view, evidence, at });
    if (!again?.ok || !sameBytes(again.value.bytes, found.value.bytes)) {
      voided.push({ seq: String(seq), code: again?.ok === false ? again.error.code : 'stale' });
      continue;
    }
    view.apply(again.value.changes);
    entries.push(again.value);
    if (at.chainTime > chainTime) chainTime = at.chainTime;
  }
  assert(leaves.length > 0, 'recovery needs a tail');
  return ok({ before, entries, results: [], view, chainTime, recovered: true, voided, leaves });
}
