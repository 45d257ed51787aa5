import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNoteKey, witnessKeysOf } from '@ioi/crypto';
import { generateHybridKey } from '@ioi/crypto/shell';
import { loadPolicy } from '@ioi/law';
import { offboardedIn } from './organisation-roles.ts';
import { newCeiling, newOrganisationFile, readOrganisationFile } from './organisation-source.ts';

const begun = newOrganisationFile('org://example');

function wrong(change: object): string {
  const read = readOrganisationFile({ ...begun, ...change });
  return read.ok ? '' : read.error;
}

test('what an organisation begins with is read, and its rules load', () => {
  const read = readOrganisationFile(begun);
  assert.ok(read.ok);
  assert.deepEqual(read.value, {
    organisation_id: 'org://example',
    layers: ['policy.json'],
    maxAgeMs: '2592000000',
    stale: 'ask',
    settings: {},
  });
  assert.ok(loadPolicy(JSON.stringify(newCeiling())).ok);
  const more = readOrganisationFile({ ...begun, retention: { content: { keep_days: 7 } } });
  assert.ok(more.ok);
  assert.deepEqual(more.value.settings, { retention: { content: { keep_days: 7 } } });
});

test('what is wrong in the file of an organisation is said with its place', () => {
  assert.match(wrong({ organisation_id: 'example' }), /^\/organisation_id/);
  assert.match(wrong({ layers: ['../other.json'] }), /^\/layers/);
  assert.match(wrong({ layers: ['/etc/passwd'] }), /^\/layers/);
  assert.match(wrong({ layers: [] }), /neither \/layers nor \/packs/);
  assert.match(wrong({ max_age: 30 }), /^\/max_age/);
  assert.match(wrong({ stale: 'warn' }), /^\/stale/);
  assert.match(wrong({ retention: { diary: { keep_days: 1 } } }), /^\/retention/);
  assert.match(wrong({ witness: [] }), /^\/witness is not known/);
  const witness = { name: 'w', url: 'https://w.example', key: ['w.example+0+AA'], required: true };
  assert.match(wrong({ witnesses: [witness] }), /^\/witnesses\/0\/key/);
  const pair = witnessKeysOf(generateHybridKey().publicKey, 'w.example/1');
  assert.ok(pair.ok);
  const good = { ...witness, key: [formatNoteKey(pair.value.ed25519)] };
  assert.equal(wrong({ witnesses: [good] }), '');
  assert.match(wrong({ witnesses: [good, good] }), /^\/witnesses\/1\/name w is taken/);
  const odd = { ...good, url: 'https://w.example/?a' };
  assert.match(wrong({ witnesses: [odd] }), /^\/witnesses\/0\/url/);
  assert.equal(wrong({ packs: ['coding-agent'] }), '');
});

test('roles are read from their groups, and what is wrong is said with its place', () => {
  const roles = { issuer: 'https://a.example', client_id: 'ioi', groups: { audit: 'auditor' } };
  const read = readOrganisationFile({ ...begun, roles });
  assert.ok(read.ok);
  const { groups, claim, scope, is_fresh } = read.value.roles ?? {};
  assert.deepEqual(groups, [{ group: 'audit', role: 'auditor' }]);
  assert.deepEqual([claim, scope, is_fresh], ['groups', 'openid groups', true]);
  const changed = (change: object): string => wrong({ roles: { ...roles, ...change } });
  assert.match(changed({ groups: { audit: 'king' } }), /^\/roles\/groups\/audit is owner/);
  assert.match(changed({ groups: {} }), /^\/roles\/groups says/);
  assert.match(changed({ issuer: 7 }), /^\/roles\/issuer/);
  assert.match(changed({ group: {} }), /^\/roles\/group is not known/);
  assert.match(changed({ offboarded: 'ada' }), /^\/roles\/offboarded/);
  const glass = { subject: 'ada', public_key: {}, longest: 'long' };
  assert.match(changed({ break_glass: [glass] }), /^\/roles\/break_glass\/0\/longest/);
  assert.deepEqual(offboardedIn({ ...begun, roles }, 'ada'), {
    ...begun,
    roles: { ...roles, offboarded: ['ada'] },
  });
  assert.equal(offboardedIn(begun, 'ada'), undefined);
});
