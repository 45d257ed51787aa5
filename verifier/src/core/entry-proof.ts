import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { COMMIT_OPERATION, parseEntry } from '@ioi/law';
import type { EntryProof, LogEntry } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import { headIn, isIncluded } from './head.ts';
import { type SealedCommit, sealedCommit } from './sealed-commit.ts';
import type { TrustOptions } from './trust.ts';

/** An entry in a signed log, and whether it stands there or only remains of what a crash left. */
export type VerifiedEntry = {
  readonly node_id: string;
  readonly domain_id: string;
  /** Entries the note covers. */
  readonly size: number;
  readonly entry: LogEntry;
  /** `voided`: never sealed; the recovery that closes its range says that it has no effect. */
  readonly effect: 'stands' | 'voided';
};

/**
 * Checks one entry with nothing but what came with it: both signatures, genesis, its path, and
 * the sealed commit that closes its range. Whether it was decided rightly only the log tells.
 */
export function verifyEntry(
  proof: EntryProof,
  options: TrustOptions = {},
): Result<VerifiedEntry, Finding> {
  const log = headIn(proof.note, proof, options);
  if (!log.ok) return log;
  const { head, genesis, domainId } = log.value;
  const { seq, text, path } = proof.entry;
  const parsed = parseEntry(encodeUtf8(text));
  if (!parsed.ok) return refuse('log.entry_invalid', parsed.error.message);
  const { entry } = parsed.value;
  if (entry.seq !== seq || !isIncluded(parsed.value, path, head)) {
    return refuse('log.root_mismatch', `entry ${seq} is not in this log`);
  }
  if (domainId !== proof.domain_id) {
    return refuse('genesis.unexpected_node', `this is an entry of ${domainId}`);
  }
  const closing = sealedCommit(proof, head);
  if (!closing.ok) return closing;
  const effect = effectOf(entry, closing.value);
  if (effect === undefined) {
    return refuse('read.not_sealed', `the commit is not the one that closes entry ${seq}`);
  }
  return ok({ node_id: genesis.node_id, domain_id: domainId, size: head.size, entry, effect });
}

/** Undefined where the commit says nothing of the entry. */
function effectOf(
  { seq, height, operation }: LogEntry,
  { entry: closing, summary }: SealedCommit,
): VerifiedEntry['effect'] | undefined {
  const at = BigInt(seq);
  const isWithin = BigInt(summary.first_seq) <= at && at <= BigInt(closing.seq);
  if (!isWithin || height !== closing.height) return undefined;
  if (seq === closing.seq) return 'stands';
  const isVoided = summary.voided.some((each) => each.seq === seq);
  return isVoided || operation === COMMIT_OPERATION ? 'voided' : 'stands';
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
