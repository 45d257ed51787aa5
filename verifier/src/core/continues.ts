import { decodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { parseCheckpoint, parseNote } from '@ioi/crypto';
import { parseEntry, type SealedText } from '@ioi/law';
import { verifyConsistency, verifyInclusion } from '@ioi/merkle';
import type { ConsistencyProof, LogEntry } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import { establishTrust, type Trust, type TrustOptions } from './trust.ts';

/**
 * Checks that a log continues a checkpoint remembered earlier, without its entries. Both notes
 * must be by the node of the genesis entry that comes with the proof.
 */
export function verifyContinues(
  remembered: string,
  proof: ConsistencyProof,
  options: TrustOptions = {},
): Result<{ readonly from: number; readonly to: number }, Finding> {
  const genesis = parseEntry(encodeUtf8(proof.genesis.text));
  if (!genesis.ok) return refuse('genesis.missing', 'the proof holds no genesis');
  const trust = trustIn(proof.note, genesis.value.entry, options);
  if (!trust.ok) return trust;
  if (!isIncluded(genesis.value, proof.genesis.path, trust.value)) {
    return refuse('log.root_mismatch', 'genesis is not in this log');
  }
  const earlier = trustIn(remembered, genesis.value.entry, options);
  if (!earlier.ok) return earlier;
  const { checkpoint: old } = earlier.value;
  const { checkpoint } = trust.value;
  if (old.size > checkpoint.size) {
    return refuse('expect.older_export', `${old.size} entries were remembered`);
  }
  const holds = verifyConsistency({
    oldSize: old.size,
    oldRoot: decodeBase64(old.root) ?? new Uint8Array(),
    newSize: checkpoint.size,
    newRoot: decodeBase64(checkpoint.root) ?? new Uint8Array(),
    proof: hashesOf(proof.path),
  });
  if (!holds.ok) return refuse('expect.fork', 'this log does not continue the remembered one');
  return ok({ from: old.size, to: checkpoint.size });
}

/** Whose note it is, by the keys in a genesis entry that stands under it. */
export function trustIn(
  note: string,
  genesis: LogEntry,
  options: TrustOptions,
): Result<Trust, Finding> {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
  const entries = checkpoint?.ok ? checkpoint.value.size : 0;
  return establishTrust({ note, entries, payloads: 0 }, genesis, options);
}

function isIncluded(
  { entry, leaf }: SealedText,
  path: readonly string[],
  { checkpoint }: Trust,
): boolean {
  return verifyInclusion({
    leafHash: leaf,
    index: Number(entry.seq),
    size: checkpoint.size,
    root: decodeBase64(checkpoint.root) ?? new Uint8Array(),
    proof: hashesOf(path),
  }).ok;
}

/** What is no base64 becomes a hash of the wrong length, which no verification accepts. */
function hashesOf(texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => decodeBase64(text) ?? new Uint8Array());
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
