import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNoteKey, witnessKeysOf } from '@ioi/crypto';
import { notesPolicy, smallLog, TestOrganisation } from '@ioi/law/testing';
import { readWitnesses } from '../witness/witness-config.ts';
import { retentionOf, witnessesOf } from './settings.ts';

test('witnesses of the organisation come first, and neither side hides one of the other', () => {
  const organisation = new TestOrganisation(smallLog());
  const { view } = organisation.agent.node;
  const pair = witnessKeysOf(organisation.key.publicKey, 'w.example/1');
  assert.ok(pair.ok);
  const key = formatNoteKey(pair.value.ed25519);
  const about = { key: [key], required: false };
  const own = readWitnesses(
    ['w1', 'own'].map((name) => ({ ...about, name, url: `https://${name}.own.example` })),
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
      ['w1-2', 'https://w1.own.example'],
      ['own', 'https://own.own.example'],
    ],
  );
  const [unrequired] = own.targets;
  assert.ok(unrequired);
  const many = Array.from({ length: 8 }, (_, at) => {
    return { ...unrequired, url: `https://${at}.example`, required: at === 7 };
  });
  const same = { ...unrequired, name: 'mine', url: named.url, required: true };
  const most = witnessesOf({ witnesses: [...many, same] }, now);
  assert.equal(most.length, 8);
  assert.deepEqual(
    most.filter(({ required }) => required).map(({ url }) => url),
    ['https://w1.example', 'https://7.example'],
  );
  assert.equal(new Set(most.map(({ name }) => name)).size, 8);
  // The way back where one of them keeps the node from starting.
  const without = { witnesses: own.targets, organisation_witnesses: false };
  assert.equal(witnessesOf(without, now), own.targets);
  assert.deepEqual(retentionOf(now), retention);
  organisation.unpin();
  assert.deepEqual(retentionOf(organisation.agent.node.view), {});
});
