import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase64 } from '@ioi/basis';
import { nodeDomainOf } from '@ioi/law';
import { richLog } from '@ioi/law/testing';
import { inclusionProof, leafHash, nodesFromLeaves } from '@ioi/merkle';
import type { EntryProof } from '@ioi/protocol';
import { verifyEntry } from './entry-proof.ts';

const { node } = richLog();
const { texts } = node;
const leaves = texts.map((text) => leafHash(text));
const nodes = nodesFromLeaves((index) => leaves[index] as Uint8Array);
const note = await node.note(texts);
const domain_id = nodeDomainOf(node.genesis.node_id);

function proofOf(seq: number): EntryProof {
  const included = (at: number) => ({
    seq: String(at),
    text: texts[at] ?? '',
    path: inclusionProof(nodes, at, texts.length).map(encodeBase64),
  });
  return { domain_id, note, genesis: included(0), entry: included(seq) };
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
