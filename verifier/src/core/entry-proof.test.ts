import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { commitSummaryOf, nodeDomainOf } from '@ioi/law';
import { readEntry, richLog, smallLog } from '@ioi/law/testing';
import { inclusionProof, leafHash, nodesFromLeaves } from '@ioi/merkle';
import type { EntryProof } from '@ioi/protocol';
import { verdict as verdictOf, verifyText, voidingFrom } from '../testing/index.ts';
import { verifyEntry } from './entry-proof.ts';

type Log = { readonly texts: readonly string[]; readonly note: string };

const { node } = richLog();
const { texts } = node;
const whole: Log = { texts, note: await node.note(texts) };
const { note } = whole;
const domain_id = nodeDomainOf(node.genesis.node_id);

function isCommit(text: string | undefined): boolean {
  return commitSummaryOf(readEntry(text ?? '').entry) !== undefined;
}

function closingOf(seq: number): number {
  return texts.findIndex((text, at) => at >= seq && isCommit(text));
}

/** With the commit that closes its range, or another. */
function proofOf(seq: number, commitAt = closingOf(seq), log = whole): EntryProof {
  const { texts: all } = log;
  const nodes = nodesFromLeaves((at) => leafHash(encodeUtf8(all[at] ?? '')));
  const included = (at: number) => ({
    seq: String(at),
    text: all[at] ?? '',
    path: inclusionProof(nodes, at, all.length).map(encodeBase64),
  });
  const next = commitAt + 1 < all.length ? { next: included(commitAt + 1) } : {};
  const shown = { entry: included(seq), commit: included(commitAt), ...next };
  return { domain_id, note: log.note, genesis: included(0), ...shown };
}

function verdict(proof: EntryProof, nodeId?: string): string {
  const verified = verifyEntry(proof, nodeId === undefined ? {} : { nodeId });
  return verified.ok ? 'ok' : verified.error.code;
}

test('an entry is shown by its path, both signatures and genesis', () => {
  for (const seq of [0, 1, texts.length - 1]) {
    const verified = verifyEntry(proofOf(seq), { nodeId: node.genesis.node_id });
    assert.ok(verified.ok, JSON.stringify(verified));
    assert.equal(verified.value.entry.seq, String(seq));
    assert.equal(verified.value.size, texts.length);
    assert.equal(verified.value.effect, 'stands');
  }
});

test('another entry, place, genesis, note, domain or node is refused', async () => {
  const proof = proofOf(3);
  const other = proofOf(4);
  assert.equal(
    verdict({ ...proof, entry: { ...proof.entry, text: other.entry.text } }),
    'log.root_mismatch',
  );
  assert.equal(verdict({ ...proof, entry: { ...proof.entry, seq: '4' } }), 'log.root_mismatch');
  assert.equal(verdict({ ...proof, entry: { ...proof.entry, path: [] } }), 'log.root_mismatch');
  assert.equal(verdict({ ...proof, genesis: proof.entry }), 'genesis.missing');
  const shorter = await node.note(texts.slice(0, -1));
  assert.equal(verdict({ ...proof, note: shorter }), 'log.root_mismatch');
  const [ed25519 = ''] = note.split('\n').slice(4);
  const half = note.replace(`${ed25519}\n`, '');
  assert.equal(verdict({ ...proof, note: half }), 'note.missing_cosignature');
  const strange = 'agentgres://domain/other.example';
  assert.equal(verdict({ ...proof, domain_id: strange }), 'genesis.unexpected_node');
  assert.equal(verdict(proof, `node://local/${'0'.repeat(32)}`), 'genesis.unexpected_node');
});

test('an entry stands only under the sealed commit that closes its range', () => {
  const seq = 3;
  const closing = closingOf(seq);
  const later = closingOf(closing + 1);
  const proof = proofOf(seq);
  const refused = 'read.not_sealed';
  assert.equal(verdict(proofOf(seq, later)), refused, 'a later commit');
  assert.equal(verdict(proofOf(later, closing)), refused, 'an earlier commit');
  const { next: _, ...without } = proof;
  assert.equal(verdict(without), refused, 'nothing shows that it was sealed');
  assert.equal(verdict({ ...proof, commit: proof.entry }), 'commit.malformed');
});

test('what a crash left is shown as voided, and not by its own commit', async () => {
  const crashed = smallLog().node;
  const first = crashed.texts.length;
  crashed.crash([crashed.propose('domain/open', { domain_id: 'agentgres://domain/ghost' })]);
  const unsealed = crashed.texts.length - 1;
  const all = [...crashed.texts, voidingFrom(crashed, first)];
  assert.equal(verdictOf(verifyText(await crashed.forge(all))), 'ok');
  const log = { texts: all, note: await crashed.note(all) };
  const shown = (seq: number, commitAt: number) => {
    const domain = { domain_id: nodeDomainOf(crashed.genesis.node_id) };
    const verified = verifyEntry({ ...proofOf(seq, commitAt, log), ...domain });
    return verified.ok ? verified.value.effect : verified.error.code;
  };
  const closing = all.length - 1;
  assert.ok(isCommit(all[unsealed]));
  assert.equal(shown(first, closing), 'voided');
  assert.equal(shown(unsealed, closing), 'voided');
  assert.equal(shown(closing, closing), 'stands');
  assert.equal(shown(first, unsealed), 'read.not_sealed');
});
