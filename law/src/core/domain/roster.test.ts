import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifierRegistry } from '@ioi/crypto';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import type { ClusterRoster } from '@ioi/protocol';
import { holdRoster, rosterMessage } from './index.ts';

const owner = generateHybridKey();
const node_id = `node://local/${'0f'.repeat(16)}`;
const pin = `sha256:${'7a'.repeat(32)}` as const;
const about = {
  node_id,
  number: '3',
  writers: [{ member: 'one', address: 'one.example.org:7420', tls_key: pin }],
  replicas: [{ replica: 'reader', tls_key: pin }],
};

function rosterOf(given: Partial<typeof about> = {}, by: HybridKey = owner): ClusterRoster {
  const roster = { ...about, ...given };
  const message = rosterMessage(roster);
  assert.ok(message.ok);
  return { ...roster, owner_signature: signHybrid(by, 'SIG_DOMAIN_OPERATION', message.value) };
}

function verdict(roster: unknown, seen = '0'): string {
  const whose = { node_id, owner_key: owner.publicKey, seen };
  const held = holdRoster(roster, whose, verifierRegistry());
  return held.ok ? 'held' : held.error.code;
}

test('a roster holds by the word of the owner, for this node, and until a later one', () => {
  assert.equal(verdict(rosterOf()), 'held');
  assert.equal(verdict(rosterOf(), '3'), 'held');
  assert.equal(verdict(rosterOf(), '4'), 'roster.superseded');
  assert.equal(verdict(rosterOf({}, generateHybridKey())), 'roster.not_signed');
  const other = `node://local/${'1e'.repeat(16)}`;
  assert.equal(verdict(rosterOf({ node_id: other })), 'roster.other_node');
});

test('a roster that anything was changed in is not the one that was signed', () => {
  const signed = rosterOf();
  const changes: Partial<ClusterRoster>[] = [
    { number: '4' },
    { replicas: [] },
    { writers: [{ member: 'one', address: 'elsewhere.example.org:7420', tls_key: pin }] },
    { replicas: [...signed.replicas, { replica: 'mallory', tls_key: pin }] },
  ];
  for (const change of changes) {
    assert.equal(verdict({ ...signed, ...change }), 'roster.not_signed');
  }
  const misshapen: unknown[] = [
    undefined,
    'roster',
    { ...signed, writers: [{ member: 'one', address: 'one', tls_key: pin }] },
    { ...signed, replicas: [{ replica: 'reader', tls_key: 'sha256:00' }] },
  ];
  for (const each of misshapen) assert.equal(verdict(each), 'roster.malformed');
});
