import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import {
  type Admitted,
  type Authenticate,
  admit,
  ClientBatches,
  COMMIT_OPERATION,
  commitSummaryOf,
  DOMAIN_MODULE_HASH,
  HeadOverlay,
  type Heads,
  isSigned,
  type Modules,
  type ProposedOperation,
  parseEntry,
} from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { Evidence, LogEntry } from '@ioi/protocol';
import type { AdmissionResult, CommitStamp, Refusal } from './wire.ts';

/** What is sealed: the log's size and root as peaks, and the times that go with them. */
export type SealedState = {
  readonly frontier: Frontier;
  readonly epoch: bigint;
  /** Commits so far; the next commit has this height. */
  readonly height: bigint;
  readonly chainTime: bigint;
};

/** Where a batch begins: behind what is sealed, or behind the batch prepared before it. */
export type Place = {
  readonly size: number;
  readonly epoch: bigint;
  readonly height: bigint;
  readonly chainTime: bigint;
};

/** A batch that was admitted and stamped, waiting for its commit entry. Nothing is durable. */
export type Batch = {
  readonly place: Place;
  readonly entries: readonly Admitted[];
  readonly results: readonly AdmissionResult[];
  readonly view: HeadOverlay;
  readonly chainTime: bigint;
  readonly recovered: boolean;
  readonly voided: readonly { readonly seq: string; readonly code: string }[];
  /** Leaf hashes to append before the commit entry's. */
  readonly leaves: readonly Uint8Array[];
};

export type Attesting = {
  readonly modules: Modules;
  readonly view: Heads;
  readonly evidence: Evidence;
  readonly authenticate: Authenticate;
};

/** Behind what is sealed; a batch that opens an epoch is of that epoch already. */
export function placeOf(
  { frontier, epoch, height, chainTime }: SealedState,
  first?: { readonly epoch: bigint },
): Place {
  return { size: frontier.size, epoch: first?.epoch ?? epoch, height, chainTime };
}

/** Where the batch after this one begins: its commit entry is the last of it. */
export function placeAfter({ place, leaves, chainTime }: Batch): Place {
  const { size, epoch, height } = place;
  return { size: size + leaves.length + 1, epoch, height: height + 1n, chainTime };
}

/**
 * Admits operations one after the other, each on the heads the ones before it left: decides
 * again what the daemon decided, and refuses what it does not reproduce (design section 5).
 */
export function prepare(
  place: Place,
  operations: readonly ProposedOperation[],
  chainTime: bigint,
  attesting: Attesting,
): Batch {
  const view = new HeadOverlay(attesting.view);
  const entries: Admitted[] = [];
  const signed = new Set<string>();
  const batches = new ClientBatches();
  const results = operations.map((proposed): AdmissionResult => {
    const id = proposed.operation_id;
    if (isSigned(proposed) && signed.has(id)) return admittedBefore(id);
    const seq = BigInt(place.size + entries.length);
    const at = { seq, height: place.height, chainTime };
    const stored = batches.asStored(proposed.authenticated_by);
    const admitted = admit(proposed, { ...attesting, view, at, stored });
    if (!admitted.ok) return admitted.error;
    batches.note(admitted.value.entry);
    view.apply(admitted.value.changes);
    entries.push(admitted.value);
    if (isSigned(proposed)) signed.add(id);
    return { index: entries.length - 1 };
  });
  const leaves = entries.map((entry) => entry.leaf);
  return { place, entries, results, view, chainTime, recovered: false, voided: [], leaves };
}

export function admittedBefore(operationId: string): Refusal {
  return { code: 'operation.duplicate', message: `${operationId} was admitted before` };
}

/** Stamp the commit entry must carry. */
export function commitStamp({ place, leaves, chainTime }: Batch): CommitStamp {
  return {
    seq: String(place.size + leaves.length),
    height: String(place.height),
    chain_time: String(chainTime),
    epoch: String(place.epoch),
  };
}

/** Closes a batch with the commit entry the writer made durable; refuses any other. */
export function seal(
  before: SealedState,
  batch: Batch,
  commitText: string,
): Result<SealedState, Refusal> {
  const commit = parseEntry(encodeUtf8(commitText));
  if (!commit.ok) return commit;
  const broken = brokenCommit(batch, commit.value.entry);
  if (broken) return err({ code: 'seal.commit_invalid', message: broken });
  if (before.frontier.size !== batch.place.size) {
    return err({ code: 'seal.out_of_order', message: 'an earlier batch is not sealed yet' });
  }
  const frontier = before.frontier.extend([...batch.leaves, commit.value.leaf]).frontier;
  const { epoch, height } = batch.place;
  return ok({ frontier, epoch, height: height + 1n, chainTime: batch.chainTime });
}

function brokenCommit(batch: Batch, entry: LogEntry): string | undefined {
  const summary = commitSummaryOf(entry);
  const stamp = commitStamp(batch);
  if (!summary) return `not a ${COMMIT_OPERATION} entry`;
  if (entry.seq !== stamp.seq || entry.height !== stamp.height) return 'wrong place in the log';
  if (entry.chain_time !== stamp.chain_time || summary.epoch !== stamp.epoch) return 'wrong stamp';
  const plain = entry.authenticated_by.kind === 'channel' && entry.events.length === 0;
  if (!plain || entry.module_hash !== DOMAIN_MODULE_HASH) return 'not as the writer composes it';
  if (summary.first_seq !== String(batch.place.size)) return 'wrong first_seq';
  if (summary.recovered !== batch.recovered) return 'recovered does not match';
  const voided = summary.voided.map((each) => `${each.seq} ${each.code}`).join();
  return voided === batch.voided.map((each) => `${each.seq} ${each.code}`).join()
    ? undefined
    : 'voided does not match';
}
