import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { parseCheckpoint, parseNote } from '@ioi/crypto';
import type { Rejection } from '@ioi/protocol';
import { payloadsOf } from '../boundary/references.ts';
import { CommitCutter, type CutCommit, effectiveItems } from '../ledger/commit-cutter.ts';
import { parseEntry, type SealedText } from '../ledger/entry.ts';
import { formatHeader, formatPayload } from './header.ts';

export type ExportSource = {
  /** Signed note over all entries, with both lines of the guardian's key. */
  readonly note: string;
  /** Canonical texts of all entries, from the first. */
  readonly entries: readonly string[];
  /** Text of a payload that an entry refers to. */
  readonly payload: (digest: Digest) => string | undefined;
  /** Whether the log says that a content was forgotten. */
  readonly isForgotten: (digest: Digest) => boolean;
};

/** Lines of a signed checkpoint: Ed25519 and ML-DSA-44. */
const SIGNATURES = 2;

/**
 * The lines of an export, without their line feeds: the header, the payloads in order of first
 * reference, the entries. Rejects with `export.not_cosigned`, `export.size_mismatch`,
 * `payload.missing` or what makes an entry or a commit unreadable. It checks that the export is
 * whole; whether it is true is the verifier's to say.
 */
export function writeExport(source: ExportSource): Result<string[], Rejection> {
  const { note, entries, payload, isForgotten } = source;
  const parsed = parseNote(note);
  if (!parsed.ok || parsed.value.signatures.length !== SIGNATURES) {
    return reject('export.not_cosigned', 'the note does not have both signature lines');
  }
  const checkpoint = parseCheckpoint(parsed.value.text);
  if (!checkpoint.ok || checkpoint.value.size !== entries.length) {
    return reject('export.size_mismatch', `the note is not over ${entries.length} entries`);
  }
  const digests = requiredPayloads(entries);
  if (!digests.ok) return digests;
  const lines: string[] = [];
  for (const digest of digests.value) {
    const text = payload(digest);
    if (text !== undefined) lines.push(formatPayload({ digest, text }));
    else if (isForgotten(digest)) lines.push(formatPayload({ digest, forgotten: true }));
    else return reject('payload.missing', `no payload for ${digest}`);
  }
  const header = formatHeader({ note, payloads: lines.length, entries: entries.length });
  return ok([header, ...lines, ...entries]);
}

/** Digests that entries with effect refer to, each once, in order of first reference. */
function requiredPayloads(entries: readonly string[]): Result<Digest[], Rejection> {
  const cutter = new CommitCutter<SealedText>();
  const digests = new Set<Digest>();
  const collect = (commits: readonly CutCommit<SealedText>[]): void => {
    for (const { entry } of commits.flatMap(effectiveItems)) {
      for (const digest of payloadsOf(entry)) digests.add(digest);
    }
  };
  for (const text of entries) {
    const entry = parseEntry(encodeUtf8(text));
    if (!entry.ok) return entry;
    const commits = cutter.take(entry.value);
    if (!commits.ok) return commits;
    collect(commits.value);
  }
  const last = cutter.finish();
  if (!last.ok) return last;
  collect(last.value);
  return ok([...digests]);
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
