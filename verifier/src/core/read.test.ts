import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { nodeDomainOf } from '@ioi/law';
import { readEntry, smallLog, type TestNode } from '@ioi/law/testing';
import { encodeStateProof, inclusionProof, leafHash, nodesFromLeaves, stateKey } from '@ioi/merkle';
import type { IncludedEntry, StateRootProof } from '@ioi/protocol';
import { treeOf, verdict, verifyText, voidingFrom } from '../testing/index.ts';
import { verifyRead } from './read.ts';

const OPENED = 'agentgres://domain/opened';

function included(texts: readonly string[], seq: number): IncludedEntry {
  const nodes = nodesFromLeaves((at) => leafHash(encodeUtf8(texts[at] ?? '')));
  const path = inclusionProof(nodes, seq, texts.length).map(encodeBase64);
  return { seq: String(seq), text: texts[seq] ?? '', path };
}

/** A read of one open domain under the commit that ends at `size`, in the log of these texts. */
async function readAt(node: TestNode, size: number, texts: readonly string[] = node.texts) {
  const entries = texts.slice(0, size).map((text) => readEntry(text).entry);
  const shown = treeOf(entries, node.modules).prove(stateKey('domain', OPENED));
  const path = encodeBase64(encodeStateProof(shown));
  return {
    domain_id: nodeDomainOf(node.genesis.node_id),
    note: await node.note(texts),
    genesis: included(texts, 0),
    commit: included(texts, size - 1),
    ...(size < texts.length ? { next: included(texts, size) } : {}),
    objects: [{ head_class: 'domain', id: OPENED, value: {}, path }],
  } satisfies StateRootProof;
}

function codeOf(proof: object): string {
  const read = verifyRead(proof);
  return read.ok ? 'ok' : read.error.code;
}

test('a read under a commit that was never sealed is refused', async () => {
  const { node } = smallLog();
  const first = node.texts.length;
  node.crash([node.propose('domain/open', { domain_id: OPENED })]);
  const size = node.texts.length;
  const texts = [...node.texts, voidingFrom(node, first)];
  assert.equal(verdict(verifyText(await node.forge(texts))), 'ok');
  assert.equal(codeOf(await readAt(node, size, texts)), 'read.not_sealed');
});

test('a read stands under the last commit, or with what shows that another followed', async () => {
  const agent = smallLog();
  const { node } = agent;
  node.seal(node.propose('domain/open', { domain_id: OPENED }));
  const size = node.texts.length;
  assert.equal(codeOf(await readAt(node, size)), 'ok');
  agent.decide(agent.write('/notes/later'));
  const earlier = await readAt(node, size);
  assert.equal(codeOf(earlier), 'ok');
  const { next: _, ...without } = earlier;
  assert.equal(codeOf(without), 'read.not_sealed');
  const other = included(node.texts, size + 1);
  assert.equal(codeOf({ ...earlier, next: other }), 'read.not_sealed');
  assert.equal(codeOf({ ...earlier, next: { ...other, seq: String(size) } }), 'read.not_sealed');
});
