import { decodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { parseEntry, type SealedText } from '@ioi/law';
import { verifyInclusion } from '@ioi/merkle';
import type { EntryProof, IncludedEntry, LogEntry } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import { trustIn } from './continues.ts';
import type { Trust, TrustOptions } from './trust.ts';

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
  { note, genesis, entry, domain_id }: EntryProof,
  options: TrustOptions = {},
): Result<VerifiedEntry, Finding> {
  const trust = trustUnder(note, genesis, options);
  if (!trust.ok) return trust;
  const shown = entryUnder(trust.value, entry);
  if (!shown.ok) return shown;
  if (trust.value.domainId !== domain_id) {
    return refuse('genesis.unexpected_node', `this is an entry of ${trust.value.domainId}`);
  }
  const { checkpoint, genesis: made } = trust.value;
  const about = { node_id: made.node_id, domain_id, size: checkpoint.size };
  return ok({ ...about, entry: shown.value.entry });
}

/** Whose log it is, by a genesis entry that stands under the note. */
export function trustUnder(
  note: string,
  genesis: IncludedEntry,
  options: TrustOptions,
): Result<Trust, Finding> {
  const parsed = parseEntry(encodeUtf8(genesis.text));
  if (!parsed.ok) return refuse('genesis.missing', 'there is no genesis with it');
  const trust = trustIn(note, parsed.value.entry, options);
  if (!trust.ok) return trust;
  const held = entryUnder(trust.value, genesis);
  if (!held.ok) return held;
  return genesis.seq === '0' ? trust : refuse('genesis.missing', 'that is not entry 0');
}

/** An entry at its place in the log that was signed. */
export function entryUnder(
  { checkpoint }: Trust,
  { seq, text, path }: IncludedEntry,
): Result<SealedText, Finding> {
  const parsed = parseEntry(encodeUtf8(text));
  if (!parsed.ok) return refuse('log.entry_invalid', parsed.error.message);
  const { entry, leaf } = parsed.value;
  const isHeld =
    entry.seq === seq &&
    verifyInclusion({
      leafHash: leaf,
      index: Number(seq),
      size: checkpoint.size,
      root: decodeBase64(checkpoint.root) ?? new Uint8Array(),
      proof: path.map((each) => decodeBase64(each) ?? new Uint8Array()),
    }).ok;
  return isHeld ? parsed : refuse('log.root_mismatch', `entry ${seq} is not in this log`);
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
