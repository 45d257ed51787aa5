import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyId } from '@ioi/crypto';
import { hashOf, smallLog, TestGovernor } from '../../testing/index.ts';
import { keys } from '../boundary/heads.ts';
import { accumulatorRoot } from './accumulator.ts';
import { chainIdOf, nodeEnvelopeIn } from './chains.ts';
import { draftChain } from './drafts.ts';
import { type AnnouncedHead, governanceKeys } from './heads.ts';
import { NO_HASH } from './names.ts';

function fresh(): TestGovernor {
  return new TestGovernor(smallLog());
}

test('a chain is named by its manifest and its controller, and created by the owner once', () => {
  const governor = fresh();
  const payload = governor.creation('alpha');
  const { creation } = payload;
  const controller = keyId(creation.controller_key);
  const id = hashOf({ controller, manifest_hash: creation.manifest_hash });
  assert.equal(chainIdOf(creation), id);
  const stranger = new TestGovernor(smallLog({ seed: 'stranger' }));
  const draft = draftChain(creation, governor.node.genesis);
  const forged = { creation, signature: governor.sign(draft, stranger.node.owner) };
  assert.equal(governor.try('chain.create', forged), 'governance.unauthorised');
  const { node_id } = governor.node.genesis;
  for (const place of [stranger.node.genesis, { node_id, origin: 'ioi.local/x/notes' }]) {
    const elsewhere = { creation, signature: governor.sign(draftChain(creation, place)) };
    assert.equal(governor.try('chain.create', elsewhere), 'governance.unauthorised');
  }
  governor.do('chain.create', payload);
  assert.equal(governor.try('chain.create', payload), 'chain.exists');
  const { envelope, envelope_hash } = governor.chain(id);
  assert.deepEqual([envelope.sequence, envelope.prev_transition_hash], ['0', NO_HASH]);
  assert.equal(envelope_hash, hashOf(envelope));
});

test('a transition binds the envelope before it and keeps policy and manifest', () => {
  const governor = fresh();
  const id = governor.createChain('alpha');
  const before = governor.chain(id);
  const entry = governor.do('chain.advance', governor.transition(id, 'alpha', 'next'));
  const { envelope } = governor.chain(id);
  assert.equal(envelope.prev_transition_hash, before.envelope_hash);
  assert.deepEqual(
    { ...envelope, sequence: '0', prev_transition_hash: NO_HASH },
    { ...before.envelope, state_root: hashOf('next') },
  );
  assert.match(JSON.stringify(entry.events), new RegExp(`"transition://${id}/1"`));
  const skipping = governor.transition(id, 'alpha', 'x', { sequence: '3' });
  assert.equal(governor.try('chain.advance', skipping), 'chain.wrong_sequence');
  const older = { prev_transition_hash: before.envelope_hash };
  const forking = governor.transition(id, 'alpha', 'x', older);
  assert.equal(governor.try('chain.advance', forking), 'chain.wrong_predecessor');
  const unknown = governor.transition(id, 'alpha', 'x', { chain_id: hashOf('none') });
  assert.equal(governor.try('chain.advance', unknown), 'chain.unknown');
});

test('a node announces what it is and nothing else, when that changed', () => {
  const governor = fresh();
  const { node } = governor;
  const envelope = () => nodeEnvelopeIn(node.view, { ...node.genesis, revocation_epoch: '0' });
  const empty = envelope();
  assert.deepEqual(
    [empty.active_chains, empty.local_receipt_root],
    [[], accumulatorRoot(undefined)],
  );
  governor.announce();
  assert.equal(governor.try('node.announce', { envelope: empty }), 'node.already_announced');
  const id = governor.createChain('alpha');
  assert.equal(governor.try('node.announce', { envelope: empty }), 'node.envelope_differs');
  const lie = { ...envelope(), owner_did: 'did:ioi:someone' };
  assert.equal(governor.try('node.announce', { envelope: lie }), 'node.envelope_differs');
  const signature = governor.creation('beta').signature;
  const signed = { ...envelope(), signature };
  assert.equal(governor.try('node.announce', { envelope: signed }), 'node.envelope_differs');
  governor.announce();
  const head = node.head<AnnouncedHead>(governanceKeys.announced);
  assert.deepEqual(head?.envelope.active_chains, [id]);
  assert.equal(head?.envelope.node_id, node.head<{ node_id: string }>(keys.node)?.node_id);
});
