import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { keys, logNameOf, type NodeHead, nodeEnvelopeIn, operationMessage } from '@ioi/law';
import { govern, smallLog } from '@ioi/law/testing';
import { verdict, verifyText } from '../testing/index.ts';

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
