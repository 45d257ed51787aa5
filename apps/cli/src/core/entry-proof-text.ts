import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from '@ioi/basis';
import { canonicalJson, parseStrict } from '@ioi/canon';
import { formatTlogProof, parseTlogProof } from '@ioi/merkle';
import type { EntryProof, IncludedEntry } from '@ioi/protocol';

type Extra = Omit<EntryProof, 'note' | 'entry'> & { readonly text: string };

/**
 * An entry's proof as C2SP tlog-proof. The extra data, which nobody vouches for, holds what is
 * proved: the entry's text, genesis and changes of epoch with their own paths, from which the keys
 * follow, and the commit that says whether the entry has effect.
 */
export function entryProofText({ note, entry, ...about }: EntryProof): string {
  const extra = canonicalJson({ ...about, text: entry.text } satisfies Extra);
  if (!extra.ok) throw new Error(extra.error.message);
  return formatTlogProof({
    extra: encodeUtf8(extra.value),
    index: Number(entry.seq),
    path: entry.path.map((hash) => decodeBase64(hash) ?? new Uint8Array()),
    checkpoint: note,
  });
}

/** What `entryProofText` wrote; undefined for anything else, other proofs of this form among it. */
export function entryProofIn(text: string): EntryProof | undefined {
  const parsed = parseTlogProof(text);
  if (!parsed.ok || parsed.value.extra === undefined) return undefined;
  const { index, path, checkpoint, extra } = parsed.value;
  const held = parseStrict(extra);
  if (!held.ok || !isExtra(held.value)) return undefined;
  const { text: entryText, domain_id, genesis, epochs, commit, next } = held.value;
  const sealers = epochs === undefined ? { genesis } : { genesis, epochs };
  const shown = next === undefined ? { commit } : { commit, next };
  const entry: IncludedEntry = {
    seq: String(index),
    text: entryText,
    path: path.map(encodeBase64),
  };
  return { domain_id, note: checkpoint, ...sealers, entry, ...shown };
}

function isExtra(value: unknown): value is Extra {
  const { domain_id, genesis, epochs, commit, next, text } = (value ?? {}) as Partial<
    Record<keyof Extra, unknown>
  >;
  const isList = epochs === undefined || (Array.isArray(epochs) && epochs.every(isIncluded));
  const isCommit = isIncluded(commit) && (next === undefined || isIncluded(next));
  const isText = typeof domain_id === 'string' && typeof text === 'string';
  return isList && isCommit && isText && isIncluded(genesis);
}

function isIncluded(value: unknown): value is IncludedEntry {
  const { seq, text, path } = (value ?? {}) as Partial<Record<keyof IncludedEntry, unknown>>;
  const isPath = Array.isArray(path) && path.every((each) => typeof each === 'string');
  return typeof seq === 'string' && typeof text === 'string' && isPath;
}

/** Whether a file begins as a tlog-proof does. */
export function isTlogProof(beginning: Uint8Array): boolean {
  return (decodeUtf8(beginning.subarray(0, 64)) ?? '').startsWith('c2sp.org/tlog-proof@');
}
