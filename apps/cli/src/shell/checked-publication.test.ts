import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPolicy } from '@ioi/law';
import { notesPolicy, smallLog, TestOrganisation } from '@ioi/law/testing';
import { checkedPublication } from './checked-publication.ts';
import { CommandFault } from './fault.ts';

test('what a node shows is signed for only where the named key signed it', () => {
  const agent = smallLog();
  const [named, other] = ['one', 'other'].map((name) => new TestOrganisation(agent, name));
  assert.ok(named && other);
  const loaded = loadPolicy(JSON.stringify(notesPolicy));
  assert.ok(loaded.ok);
  const { rules } = loaded.value;
  const good = { ...named.bundle(rules), public_key: named.key.publicKey, rules };
  assert.equal(checkedPublication(good, named.keyId), good);
  const renamed = { ...good, bundle: { ...good.bundle, organisation_id: 'org://other' } };
  const theirs = { ...other.bundle(rules), public_key: other.key.publicKey, rules };
  for (const shown of [theirs, renamed, { ...good, rules: { ...rules, rules: [] } }]) {
    assert.throws(() => checkedPublication(shown, named.keyId), CommandFault);
  }
});
