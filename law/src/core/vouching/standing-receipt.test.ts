import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { type NoteKey, noteKeysOf } from '@ioi/crypto';
import { inclusionProof, leafHash, nodesFromLeaves } from '@ioi/merkle';
import { readEntry, richLog } from '../../testing/index.ts';
import { commitSummaryOf } from '../ledger/index.ts';
import { type ShownEntry, standingReceipt } from './standing-receipt.ts';

const { node } = richLog();
const { texts, genesis } = node;
const entries = texts.map((text) => readEntry(text).entry);
const note = await node.note();
const keys = noteKeysOf(genesis.guardian_key, genesis.origin);
assert.ok(keys.ok);
const log: { origin: string; keys: NoteKey[] } = {
  origin: genesis.origin,
  keys: [keys.value.ed25519, keys.value.mlDsa44],
};
const nodes = nodesFromLeaves((at) => leafHash(encodeUtf8(texts[at] ?? '')));
const included = (at: number) => ({
  seq: String(at),
  text: texts[at] ?? '',
  path: inclusionProof(nodes, at, texts.length).map(encodeBase64),
});

type Place = { readonly seq: number; readonly receiptId: string };

/** Every receipt, and the commit after it that voids its entry or does not. */
const places: readonly Place[] = entries.flatMap(({ events }, seq) =>
  events.flatMap((event) => {
    const receipt = event['receipt'] as { receipt_id: string } | undefined;
    return receipt ? [{ seq, receiptId: receipt.receipt_id }] : [];
  }),
);

function shownWith(seq: number, commit: number): ShownEntry {
  const next = commit + 1 < texts.length ? { next: included(commit + 1) } : {};
  return { note, entry: included(seq), commit: included(commit), ...next };
}

function closingOf(seq: number): number {
  // What a crash left and what follows it have one height: the last commit counts.
  return entries.findLastIndex(
    (entry) => commitSummaryOf(entry) && entry.height === entries[seq]?.height,
  );
}

function codeOf(shown: ShownEntry, receiptId: string, by = log): string {
  const standing = standingReceipt(shown, receiptId, by);
  return standing.ok ? 'ok' : standing.error.code;
}

test('every receipt of the log stands under the commit that closes its range', () => {
  assert.ok(places.length > 10);
  for (const { seq, receiptId } of places) {
    assert.equal(codeOf(shownWith(seq, closingOf(seq)), receiptId), 'ok', `${seq}`);
  }
});

test('under another commit, without what follows it, or voided, no entry stands', () => {
  const [{ seq, receiptId } = { seq: 0, receiptId: '' }] = places;
  const closing = closingOf(seq);
  const { next: _, ...alone } = shownWith(seq, closing);
  assert.equal(codeOf(alone, receiptId), 'entry.not_standing');
  const later = entries.findIndex((entry, at) => at > closing && commitSummaryOf(entry));
  assert.equal(codeOf(shownWith(seq, later), receiptId), 'entry.not_standing');
  const strange = { ...shownWith(seq, closing), next: included(closing + 2) };
  assert.equal(codeOf(strange, receiptId), 'entry.not_standing');
  const voided = entries.flatMap((entry, at) =>
    (commitSummaryOf(entry)?.voided ?? []).map((each) => ({ seq: Number(each.seq), commit: at })),
  );
  assert.ok(voided.length > 0);
  for (const each of voided) {
    assert.equal(codeOf(shownWith(each.seq, each.commit), 'any'), 'entry.not_standing');
  }
});

test('a note without the signature of one half of the key is refused', () => {
  const [{ seq, receiptId } = { seq: 0, receiptId: '' }] = places;
  const shown = shownWith(seq, closingOf(seq));
  const lines = note.split('\n');
  const signed = lines.flatMap((line, at) => (line.startsWith('\u2014 ') ? [at] : []));
  assert.equal(signed.length, 2);
  for (const cut of signed) {
    const stripped = lines.filter((_, at) => at !== cut).join('\n');
    assert.equal(codeOf({ ...shown, note: stripped }, receiptId), 'seal.bad_note');
  }
});

test('another key, log, path or receipt is refused by name', () => {
  const [{ seq, receiptId } = { seq: 0, receiptId: '' }] = places;
  const shown = shownWith(seq, closingOf(seq));
  const other = noteKeysOf(node.owner.publicKey, genesis.origin);
  assert.ok(other.ok);
  const strange = { ...log, keys: [other.value.ed25519, other.value.mlDsa44] };
  assert.equal(codeOf(shown, receiptId, strange), 'seal.bad_note');
  assert.equal(codeOf(shown, receiptId, { ...log, origin: 'elsewhere' }), 'seal.differs');
  assert.equal(codeOf(shown, 'receipt_0'), 'receipt.none');
  for (const part of ['entry', 'commit', 'next'] as const) {
    const moved = { ...shown, [part]: { ...included(seq), seq: '0' } };
    assert.equal(codeOf(moved, receiptId), 'seal.not_included', part);
  }
});
