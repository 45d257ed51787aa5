import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNoteKey, witnessKeysOf } from '@ioi/crypto';
import { notesPolicy, smallLog, TestOrganisation } from '@ioi/law/testing';
import { readWitnesses } from '../witness/witness-config.ts';
import { retentionOf, witnessesOf } from './settings.ts';

test('witnesses of the organisation come first, and none of the node hides one', () => {
  const organisation = new TestOrganisation(smallLog());
  const { view } = organisation.agent.node;
  const pair = witnessKeysOf(organisation.key.publicKey, 'w.example/1');
  assert.ok(pair.ok);
  const key = formatNoteKey(pair.value.ed25519);
  const about = { key: [key], required: false };
  const own = readWitnesses(
    ['w1', 'own'].map((name) => ({ ...about, name, url: 'https://own.example' })),
  );
  assert.ok('targets' in own);
  assert.equal(witnessesOf({ witnesses: own.targets }, view), own.targets);
  assert.deepEqual(retentionOf(view), {});
  organisation.pin();
  const named = { ...about, name: 'w1', url: 'https://w1.example' };
  const retention = { content: { keep_days: 3 } };
  organisation.accept(notesPolicy, { settings: { retention, witnesses: [named] } });
  const { view: now } = organisation.agent.node;
  const asked = witnessesOf({ witnesses: own.targets }, now);
  assert.deepEqual(
    asked.map(({ name, url }) => [name, url]),
    [
      ['w1', 'https://w1.example'],
      ['own', 'https://own.example'],
    ],
  );
  // The way back where one of them keeps the node from starting.
  const without = { witnesses: own.targets, organisation_witnesses: false };
  assert.equal(witnessesOf(without, now), own.targets);
  assert.deepEqual(retentionOf(now), retention);
  organisation.unpin();
  assert.deepEqual(retentionOf(organisation.agent.node.view), {});
});
