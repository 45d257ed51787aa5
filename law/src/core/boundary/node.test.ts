import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Genesis } from '@ioi/protocol';
import { readEntry, richLog, smallLog, TestNode } from '../../testing/index.ts';
import { admit } from '../ledger/admit.ts';
import { emptyView } from '../ledger/heads.ts';
import { nodeModules } from '../node-modules.ts';
import { referencesOf } from '../references.ts';
import { nodeIdOf, originOf } from './node-id.ts';
import { payloadsOf } from './references.ts';

function admitFirst(genesis: Genesis, seq = 0n): string {
  const node = new TestNode();
  const proposed = node.propose('genesis', genesis, 'guardian');
  const at = { seq, height: 0n, chainTime: 1n };
  const { evidence, authenticate } = node;
  const modules = nodeModules();
  const result = admit(proposed, { modules, view: emptyView, evidence, authenticate, at });
  return result.ok ? 'admitted' : result.error.code;
}

test('a node is named by both its keys, and its log by the node', () => {
  const { genesis } = new TestNode();
  const other = new TestNode({ seed: 'other' }).genesis;
  assert.equal(admitFirst(genesis), 'admitted');
  const stolen = { ...genesis, guardian_key: other.guardian_key };
  assert.equal(admitFirst(stolen), 'node.id_mismatch');
  assert.equal(admitFirst({ ...genesis, owner_key: other.owner_key }), 'node.id_mismatch');
  assert.equal(admitFirst({ ...genesis, origin: other.origin }), 'node.origin_mismatch');
  assert.notEqual(
    nodeIdOf(genesis.owner_key, genesis.guardian_key),
    nodeIdOf(genesis.guardian_key, genesis.owner_key),
  );
  assert.equal(originOf('node://local/ab'), 'ioi.local/ab');
});

test('genesis is entry 0 and nothing else', () => {
  const node = new TestNode();
  assert.equal(admitFirst(node.genesis, 1n), 'node.has_genesis');
  const again = node.tryAdmit(node.propose('genesis', node.genesis, 'guardian'));
  assert.ok(!again.ok && again.error.code === 'node.has_genesis');
});

test('before genesis nothing is admitted', () => {
  const { node } = richLog();
  const modules = nodeModules();
  for (const text of node.texts.slice(2)) {
    const { entry } = readEntry(text);
    const at = { seq: 0n, height: 0n, chainTime: BigInt(entry.chain_time) };
    const { evidence, authenticate } = node;
    const result = admit(entry, { modules, view: emptyView, evidence, authenticate, at });
    assert.ok(!result.ok, entry.operation);
  }
});

test('Chain Time is moved to the stamp of the move, never back', () => {
  const { node } = smallLog();
  const now = String(node.chainTime);
  const later = String(node.chainTime + 1n);
  const refused = (from: string, to: string) => {
    const result = node.tryAdmit(node.propose('clock.resync', { from, to }, 'guardian'));
    return result.ok ? 'admitted' : result.error.code;
  };
  assert.equal(refused('0', now), 'admitted');
  assert.equal(refused(now, now), 'admitted');
  assert.equal(refused(later, now), 'clock.backwards');
  assert.equal(refused(now, later), 'clock.backwards');
});

test('the guardian writes genesis and the clock, everything else comes over the channel', () => {
  const { operations } = nodeModules().get('boundary') ?? {};
  const guardians = Object.entries(operations ?? {})
    .filter(([, { authors }]) => authors.includes('guardian'))
    .map(([name]) => name);
  assert.deepEqual(guardians.sort(), ['clock.resync', 'genesis']);
  const { node } = smallLog();
  const posed = node.propose('genesis', node.genesis);
  const spoken = node.tryAdmit(posed);
  assert.ok(!spoken.ok && spoken.error.code === 'operation.not_authentic');
});

test('an entry is found by request, receipt, token and policy, and names its payloads', () => {
  const { node } = richLog();
  const entries = node.texts.map((text) => readEntry(text).entry);
  const references = new Set(entries.flatMap(referencesOf));
  const classes = ['action', 'token', 'contract'] as const;
  for (const id of classes.flatMap((name) => node.heads(name))) assert.ok(references.has(id), id);
  assert.ok([...references].some((each) => each.startsWith('receipt_')));
  assert.deepEqual(entries.flatMap(payloadsOf), [...node.payloads.keys()]);
});
