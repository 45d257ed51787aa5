import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { keys, logNameOf, type NodeHead, nodeEnvelopeIn, operationMessage } from '@ioi/law';
import { govern, readEntry, signBatch, smallLog } from '@ioi/law/testing';
import { verdict, verdictOnForged, verifyText } from '../testing/index.ts';

test('what a key signed is in a log once, whoever brings it again', async () => {
  const governor = govern(smallLog());
  const { node } = governor;
  const alice = generateHybridKey();
  const operations = ['governance/*'];
  const register = { public_key: alice.publicKey, operations };
  node.seal(node.propose('domain/principal.register', register));
  const announce = (operation_id?: string) => {
    const head = node.head<NodeHead>(keys.node);
    assert.ok(head);
    const payload = { envelope: nodeEnvelopeIn(node.view, head) };
    const plain = node.propose('governance/node.announce', payload);
    const proposed = { ...plain, operation_id: operation_id ?? plain.operation_id };
    const message = operationMessage(proposed, logNameOf(node.genesis));
    assert.ok(message.ok);
    const signature = signHybrid(alice, 'SIG_DOMAIN_OPERATION', message.value);
    return node.seal({ ...proposed, authenticated_by: { kind: 'signature', signature } });
  };
  governor.createChain('gamma');
  const { operation_id } = announce();
  governor.createChain('delta');
  announce();
  assert.equal(verdict(verifyText(await node.export())), 'ok');
  governor.createChain('epsilon');
  const { seq } = announce(operation_id);
  assert.equal(verdict(verifyText(await node.export())), `replay.refused @${seq}`);
});

test('each operation of a signed batch is checked, also where it names its signature', async () => {
  const governor = govern(smallLog());
  const { node } = governor;
  const bob = generateHybridKey();
  const register = { public_key: bob.publicKey, operations: ['governance/*'] };
  node.seal(node.propose('domain/principal.register', register));
  const session = governor.session();
  const steps = [1, 2].map((at) => {
    return node.propose('governance/session.step', governor.step(session, at));
  });
  const spoken = [node.propose('governance/session.open', session), ...steps];
  node.seal(...signBatch(bob, logNameOf(node.genesis), spoken));
  const entries = node.texts.map((text) => readEntry(text).entry);
  const first = entries.findIndex(({ authenticated_by: { kind } }) => kind === 'batch');
  const [, second, third] = entries.slice(first);
  assert.equal(second?.authenticated_by.kind, 'batch_member');
  assert.equal(third?.authenticated_by.kind, 'batch_member');
  assert.equal(verdict(verifyText(await node.export())), 'ok');
  const forged = (edit: (by: Record<string, unknown>) => void) =>
    verdictOnForged(node, (all) => {
      edit(all[first + 1]?.authenticated_by as Record<string, unknown>);
    });
  const refused = `entry.not_authentic @${first + 1}`;
  assert.equal(await forged((by) => Object.assign(by, { index: 2 })), refused);
  assert.equal(await forged((by) => Object.assign(by, { path: [] })), refused);
  for (const signed_seq of [0, first - 1, first + 1, first + 2].map(String)) {
    assert.equal(await forged((by) => Object.assign(by, { signed_seq })), refused);
  }
  const unsigned = await verdictOnForged(node, (all) => {
    const by = all[first]?.authenticated_by as { signature: { ed25519: string } };
    by.signature.ed25519 = node.guardian.publicKey.ed25519;
  });
  assert.notEqual(unsigned, 'ok');
});
