import { err, ok, type Result } from '@ioi/basis';
import { type Checkpoint, parseCheckpoint, parseNote } from '@ioi/crypto';
import type { IncludedEntry, LogEntry, ReceiptEnvelope, Rejection } from '@ioi/protocol';
import { COMMIT_OPERATION, commitSummaryOf } from '../ledger/entry.ts';
import { type SigningLog, verifyIncluded } from '../ledger/included.ts';

/** An entry in a log, the commit that closes its range, and what follows that. */
export type ShownEntry = {
  readonly note: string;
  readonly entry: IncludedEntry;
  readonly commit: IncludedEntry;
  /** Absent where the note ends with the commit. */
  readonly next?: IncludedEntry | undefined;
};

export type StandingReceipt = {
  readonly checkpoint: Checkpoint;
  readonly entry: LogEntry;
  readonly receipt: ReceiptEnvelope;
};

/**
 * A receipt of a log that was signed with these keys, in an entry that has effect. Rejects with
 * `seal.bad_note`, `seal.differs`, `seal.not_included`, `entry.not_standing` or `receipt.none`.
 */
export function standingReceipt(
  { note, entry: asked, commit, next }: ShownEntry,
  receiptId: string,
  log: SigningLog,
): Result<StandingReceipt, Rejection> {
  const held = verifyIncluded(note, asked, log);
  if (!held.ok) return held;
  const closing = verifyIncluded(note, commit, log);
  if (!closing.ok) return closing;
  const checkpoint = checkpointIn(note);
  if (!checkpoint) return err({ code: 'seal.bad_note', message: 'the note is no checkpoint' });
  const after = next && verifyIncluded(note, next, log);
  if (after && !after.ok) return after;
  const { entry } = held.value;
  const isLast = Number(closing.value.entry.seq) === checkpoint.size - 1;
  const isSealed = isLast
    ? after === undefined
    : after !== undefined && follows(after.value.entry, closing.value.entry);
  if (!isSealed || !standsUnder(entry, closing.value.entry)) {
    return err({ code: 'entry.not_standing', message: `entry ${entry.seq} has no effect` });
  }
  const receipt = receiptIn(entry, receiptId);
  if (receipt) return ok({ checkpoint, entry, receipt });
  return err({ code: 'receipt.none', message: `entry ${entry.seq} gave no such receipt` });
}

/** The next height shows that the commit was sealed: a recovery that voids it has the same one. */
function follows(after: LogEntry, commit: LogEntry): boolean {
  const isNext = Number(after.seq) === Number(commit.seq) + 1;
  return isNext && BigInt(after.height) === BigInt(commit.height) + 1n;
}

function standsUnder({ seq, height, operation }: LogEntry, commit: LogEntry): boolean {
  const summary = commitSummaryOf(commit);
  if (!summary || height !== commit.height || operation === COMMIT_OPERATION) return false;
  const isWithin = BigInt(summary.first_seq) <= BigInt(seq) && BigInt(seq) < BigInt(commit.seq);
  return isWithin && !summary.voided.some((each) => each.seq === seq);
}

function receiptIn({ events }: LogEntry, receiptId: string): ReceiptEnvelope | undefined {
  const receipts = events
    .filter((event) => event['type'] === 'receipt.emitted')
    .map((event) => event['receipt'] as ReceiptEnvelope);
  return receipts.find(({ receipt_id }) => receipt_id === receiptId);
}

function checkpointIn(note: string): Checkpoint | undefined {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
  return checkpoint?.ok ? checkpoint.value : undefined;
}
