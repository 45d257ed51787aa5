import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifierRegistry } from '@ioi/crypto';
import { generateHybridKey } from '@ioi/crypto/shell';
import type { ChangeEpoch } from '@ioi/protocol';
import { smallLog, TestNode } from '../../testing/index.ts';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { nodeDomainOf } from '../boundary/index.ts';
import { admit, authenticator, emptyView } from '../ledger/index.ts';
import { revocationAfterRestore } from './epoch.ts';
import { domainGenesisOf, domainModules, EPOCH_CHANGE, logNameOf, sealerNamedIn } from './index.ts';

const DOMAIN = 'agentgres://domain/example.org';

/** The code a change is refused with, or `admitted`. */
function verdict(node: TestNode, change: ChangeEpoch): string {
  const admitted = node.tryAdmit(node.propose(EPOCH_CHANGE, change, 'guardian'));
  return admitted.ok ? 'admitted' : admitted.error.code;
}

test('a change of epoch names who seals from there on', async () => {
  const { node } = smallLog();
  const drafted = await node.draftEpoch('restore');
  const size = String(node.texts.length);
  const entry = node.beginEpoch(drafted);
  const head = node.head<NodeHead>(keys.node);
  assert.equal(head?.epoch, '1');
  assert.equal(head?.origin, `${node.genesis.origin}/1`);
  assert.equal(head?.restored_size, size);
  assert.deepEqual(head?.guardian_key, drafted.key.publicKey);
  assert.equal(sealerNamedIn(entry)?.origin, head?.origin);
  assert.ok(head);
  assert.deepEqual(logNameOf(head), logNameOf(node.genesis), 'signatures of before stay valid');
  assert.equal(logNameOf(head).origin, node.genesis.origin);
});

test('a change is the next epoch, at its place, under its origin, with a key of use', async () => {
  const { node } = smallLog();
  const { change } = await node.draftEpoch();
  const cases: [Partial<ChangeEpoch>, string][] = [
    [{}, 'admitted'],
    [{ epoch: '2', origin: `${node.genesis.origin}/2` }, 'epoch.not_next'],
    [{ epoch: '0', origin: node.genesis.origin }, 'epoch.not_next'],
    [{ predecessor: { ...change.predecessor, size: '1' } }, 'epoch.wrong_place'],
    [{ origin: `${node.genesis.origin}/2` }, 'epoch.bad_key'],
    [{ guardian_key: { ...change.guardian_key, ed25519: 'AAAA' } }, 'epoch.bad_key'],
  ];
  for (const [changed, code] of cases) {
    assert.equal(verdict(node, node.signEpoch({ ...change, ...changed })), code);
  }
  node.beginEpoch(await node.draftEpoch());
  assert.equal(verdict(node, change), 'epoch.wrong_place', 'an old change is not used again');
});

test('the key before sealed what a change follows, with both its signatures', async () => {
  const { node } = smallLog();
  const { change } = await node.draftEpoch();
  const { size, note } = change.predecessor;
  const stranger = new TestNode({ seed: 'stranger' });
  const lines = note.split('\n');
  const notes = [
    await stranger.note(node.texts),
    await node.note(node.texts.slice(0, -1)),
    [...lines.slice(0, 5), ''].join('\n'),
    [...lines.slice(0, 4), ...lines.slice(5)].join('\n'),
    'no note',
  ];
  for (const each of notes) {
    const changed = node.signEpoch({ ...change, predecessor: { size, note: each } });
    assert.equal(verdict(node, changed), 'epoch.not_sealed');
  }
});

test('the owner signs a change for one log', async () => {
  const { node } = smallLog();
  const { change } = await node.draftEpoch();
  const changes = [
    node.signEpoch(change, generateHybridKey()),
    node.signEpoch(change, node.owner, DOMAIN),
    { ...change, reason: 'restore' as const },
    { ...change, guardian_key: generateHybridKey().publicKey },
  ];
  for (const each of changes) assert.equal(verdict(node, each), 'epoch.not_authorised');
});

test('only the guardian speaks of epochs', async () => {
  const { node } = smallLog();
  const { change } = await node.draftEpoch();
  const admitted = node.tryAdmit(node.propose(EPOCH_CHANGE, change));
  assert.equal(admitted.ok ? 'admitted' : admitted.error.code, 'operation.not_authentic');
});

test('a domain that begins in a later epoch carries how its node came there', async () => {
  const { node } = smallLog();
  const { change } = await node.draftEpoch();
  const modules = domainModules();
  const began = (genesis: object): string => {
    const result = admit(
      { ...node.propose('domain/genesis', genesis, 'guardian') },
      {
        modules,
        view: emptyView,
        evidence: node.evidence,
        authenticate: authenticator(
          logNameOf({ ...node.genesis, domain_id: DOMAIN }),
          verifierRegistry(),
        ),
        at: { seq: 0n, height: 0n, chainTime: 1n },
      },
    );
    if (!result.ok) return result.error.code;
    return sealerNamedIn(result.value.entry)?.origin ?? '';
  };
  const first = domainGenesisOf({ genesis: node.genesis }, DOMAIN, modules);
  const later = domainGenesisOf({ genesis: node.genesis, change }, DOMAIN, modules);
  assert.equal(began(first), `${node.genesis.origin}/example.org`);
  assert.equal(began(later), `${node.genesis.origin}/example.org/1`);
  assert.equal(began({ ...first, epoch: '1' }), 'epoch.not_authorised');
  assert.equal(began({ ...later, epoch: '2' }), 'epoch.not_next');
  const forged = node.signEpoch(change, generateHybridKey());
  assert.equal(began({ ...later, epoch_change: forged }), 'epoch.not_authorised');
});

test('no domain has a number for its name: it would seal under the origin of an epoch', () => {
  const { node } = smallLog();
  const open = (domain_id: string): string => {
    const admitted = node.tryAdmit(node.propose('domain/open', { domain_id }));
    return admitted.ok ? 'admitted' : admitted.error.code;
  };
  assert.equal(open('agentgres://domain/1'), 'domain.name_reserved');
  assert.equal(open(DOMAIN), 'admitted');
});

test('no domain has the name of a node’s own log, this one or another', () => {
  const { node } = smallLog();
  const open = (domain_id: string): string => {
    const admitted = node.tryAdmit(node.propose('domain/open', { domain_id }));
    return admitted.ok ? 'admitted' : admitted.error.code;
  };
  assert.equal(open(nodeDomainOf(node.genesis.node_id)), 'domain.name_reserved');
  const other = `agentgres://domain/local-${'0f'.repeat(16)}`;
  assert.equal(open(other), 'domain.name_reserved');
  assert.equal(open('agentgres://domain/local.example'), 'admitted');
});

test('a restore voids what was granted before it, in the part that was lost too', async () => {
  const { node } = smallLog();
  const before = node.head<NodeHead>(keys.node);
  assert.equal(before?.revocation_epoch, '0');
  node.beginEpoch(await node.draftEpoch('handover'));
  assert.equal(node.head<NodeHead>(keys.node)?.revocation_epoch, '0', 'nothing is lost by it');
  node.beginEpoch(await node.draftEpoch('restore'));
  const after = BigInt(node.head<NodeHead>(keys.node)?.revocation_epoch ?? 0);
  const mostLost = (1n << 32n) + 1_000_000_000n;
  assert.ok(after > mostLost, 'a revocation in the lost epoch 1 is below');
  assert.equal(revocationAfterRestore('99999999999', '1'), '100000000000', 'it only rises');
});

test('only a restore says what was lost, and only what its backup lacks', async () => {
  const { node } = smallLog();
  const { change } = await node.draftEpoch('restore');
  const size = BigInt(change.predecessor.size);
  const saying = (known: bigint, reason: ChangeEpoch['reason'] = 'restore'): string =>
    verdict(node, node.signEpoch({ ...change, reason, known_size: String(known) }));
  assert.equal(saying(size), 'epoch.bad_interval');
  assert.equal(saying(size + 3n, 'handover'), 'epoch.bad_interval');
  assert.equal(saying(size + 3n), 'admitted');
});
