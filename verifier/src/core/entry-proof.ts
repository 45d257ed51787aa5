import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { parseEntry } from '@ioi/law';
import type { EntryProof, LogEntry } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import { headIn, isIncluded } from './head.ts';
import type { TrustOptions } from './trust.ts';

/** An entry that stands in a signed log; whether it has effect only its commit tells. */
export type VerifiedEntry = {
  readonly node_id: string;
  readonly domain_id: string;
  /** Entries the note covers. */
  readonly size: number;
  readonly entry: LogEntry;
};

/** Checks one entry with nothing but what came with it: both signatures, genesis, its path. */
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
  return ok({ node_id: genesis.node_id, domain_id: domainId, size: head.size, entry });
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
