import { parseStrict } from '@ioi/canon';
import { type EntryProof, isStateRootProof, type StateRootProof } from '@ioi/protocol';
import { entryProofIn, isTlogProof } from '../core/entry-proof-text.ts';

export type ProofFile =
  | { readonly kind: 'read'; readonly proof: StateRootProof }
  | { readonly kind: 'entry'; readonly proof: EntryProof }
  /** Everything else is for the verifier of exports to judge. */
  | { readonly kind: 'export'; readonly chunks: Iterable<Uint8Array> };

/** Canonical members stand in order, so this is near the beginning of every export. */
const EXPORT = '"format":"ioi-export/';
const LOOKED_AT_BYTES = 512;
const MOST_BYTES = 256 * 1024 * 1024;

/** What a file to verify is, by how it begins. */
export function proofFile(chunks: Iterable<Uint8Array>): ProofFile {
  const source = chunks[Symbol.iterator]();
  const first = source.next();
  const beginning = first.done === true ? new Uint8Array() : first.value;
  const looked = Buffer.from(beginning.subarray(0, LOOKED_AT_BYTES)).toString('utf8');
  if (looked.includes(EXPORT)) return { kind: 'export', chunks: resumed(beginning, source) };
  const bytes = Buffer.concat([...resumed(beginning, source)]);
  const proof = isTlogProof(beginning) ? entryProofIn(bytes.toString('utf8')) : undefined;
  if (proof !== undefined) return { kind: 'entry', proof };
  const parsed = parseStrict(bytes, { maxBytes: MOST_BYTES });
  if (parsed.ok && isStateRootProof(parsed.value)) return { kind: 'read', proof: parsed.value };
  return { kind: 'export', chunks: [bytes] };
}

function* resumed(first: Uint8Array, rest: Iterator<Uint8Array>): Generator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
}
