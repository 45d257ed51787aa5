import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifierRegistry } from '@ioi/crypto';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import type { ChangeEpoch, SuccessionGrant } from '@ioi/protocol';
import { smallLog, type TestNode } from '../../testing/index.ts';
import { keys, type NodeHead } from '../boundary/heads.ts';
import {
  domainGenesisOf,
  domainModules,
  EPOCH_CHANGE,
  firstSealer,
  grantMessage,
  holdGrant,
} from './index.ts';

const two = generateHybridKey();

/** Signed by the owner unless told otherwise. */
function grantOf(node: TestNode, about: Partial<SuccessionGrant> = {}, by = node.owner) {
  const { node_id } = node.genesis;
  const successors = [{ member: 'two', public_key: two.publicKey }];
  const { owner_signature: _, ...grant } = {
    ...{ node_id, number: '1', successors },
    ...about,
  };
  const message = grantMessage(grant);
  assert.ok(message.ok);
  const owner_signature = signHybrid(by, 'SIG_DOMAIN_OPERATION', message.value);
  return { ...grant, owner_signature };
}

/** A succession as a node that stood by makes it. */
async function succession(node: TestNode, grant: SuccessionGrant, by: HybridKey = two) {
  const drafted = await node.draftEpoch();
  const change = { ...drafted.change, reason: 'succession' as const, succession: grant };
  return { key: drafted.key, change: node.signEpoch(change, by) };
}

function verdict(node: TestNode, change: ChangeEpoch): string {
  const admitted = node.tryAdmit(node.propose(EPOCH_CHANGE, change, 'guardian'));
  return admitted.ok ? 'admitted' : admitted.error.code;
}

test('a node that the owner named takes over by its own word', async () => {
  const { node } = smallLog();
  const drafted = await succession(node, grantOf(node));
  const { predecessor } = drafted.change;
  const oneLine = `${predecessor.note.split('\n').slice(0, 5).join('\n')}\n`;
  const late = { ...drafted.change, predecessor: { ...predecessor, note: oneLine } };
  const without = node.signEpoch(late, two);
  assert.equal(verdict(node, without), 'admitted', 'who died did not come to the second signature');
  const { succession: _, ...handed } = { ...late, reason: 'handover' as const };
  const restored = node.signEpoch(handed);
  assert.equal(verdict(node, restored), 'epoch.not_sealed', 'nobody else goes on from one');
  node.beginEpoch(drafted);
  const head = node.head<NodeHead>(keys.node);
  assert.equal(head?.epoch, '1');
  assert.equal(head?.succession, '1');
  assert.equal(head?.revocation_epoch, '0', 'nothing is lost by it');
});

test('nobody succeeds whom the owner did not name', async () => {
  const { node } = smallLog();
  const stranger = generateHybridKey();
  const grant = grantOf(node);
  const named = [{ member: 'two', public_key: stranger.publicKey }];
  const cases: [string, SuccessionGrant, HybridKey?][] = [
    ['succession.not_named', grant, stranger],
    ['succession.not_named', grant, node.owner],
    ['succession.not_granted', { ...grant, successors: named }, stranger],
    ['succession.not_granted', { ...grant, number: '2' }],
    ['succession.not_granted', grantOf(node, {}, stranger)],
    ['succession.other_node', grantOf(node, { node_id: `node://local/${'0a'.repeat(16)}` })],
  ];
  for (const [code, each, by] of cases) {
    assert.equal(verdict(node, (await succession(node, each, by)).change), code);
  }
  const { change } = await succession(node, grant);
  const renamed = { ...change, guardian_key: stranger.publicKey };
  assert.equal(verdict(node, renamed), 'epoch.not_authorised', 'the key that seals is signed for');
  const { succession: _, ...bare } = change;
  assert.equal(verdict(node, bare as ChangeEpoch), 'succession.missing');
  const disguised = node.signEpoch({ ...change, reason: 'handover' }, two);
  assert.equal(verdict(node, disguised), 'succession.missing');
});

test('a grant ends with the use of a later one', async () => {
  const { node } = smallLog();
  const later = generateHybridKey();
  const [first, second] = [
    grantOf(node),
    grantOf(node, {
      number: '2',
      successors: [{ member: 'three', public_key: later.publicKey }],
    }),
  ];
  node.beginEpoch(await succession(node, first));
  node.beginEpoch(await succession(node, second, later));
  assert.equal(verdict(node, (await succession(node, first)).change), 'succession.superseded');
  assert.equal(verdict(node, (await succession(node, second, later)).change), 'admitted');
  node.beginEpoch(await node.draftEpoch());
  assert.equal(node.head<NodeHead>(keys.node)?.succession, '2', 'a handover keeps the number');
  const log = { ...node.genesis, succession: '2' };
  assert.equal(holdGrant(second, log, verifierRegistry()).ok, true);
});

test('a domain begins with the grant by which its node came to its guardian', async () => {
  const { node } = smallLog();
  const registry = verifierRegistry();
  const { change } = await succession(node, grantOf(node, { number: '2' }));
  const DOMAIN = 'agentgres://domain/example.org';
  const genesis = domainGenesisOf({ genesis: node.genesis, change }, DOMAIN, domainModules());
  const begun = firstSealer(genesis, registry);
  assert.ok(begun.ok);
  const earlier = holdGrant(grantOf(node), begun.value, registry);
  assert.equal(earlier.ok ? 'held' : earlier.error.code, 'succession.superseded');
});
