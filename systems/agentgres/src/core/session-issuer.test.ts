import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifierRegistry } from '@ioi/crypto';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { sessionBytes } from '@ioi/law';
import type { SessionIssuer, SessionRevocations } from '@ioi/protocol';
import { signedLease } from '../testing/sessions.ts';
import { contextOfIssuer, learnRevocations, readIssuer } from './session-issuer.ts';
import { verifySessionLease } from './session-lease.ts';

const owner = generateHybridKey();
const guardian = generateHybridKey();
const registry = verifierRegistry();
const DOMAIN = 'agentgres://domain/market.example';
const issuer: SessionIssuer = {
  issuer_id: owner.keyId,
  node_id: `node://local/${'0'.repeat(32)}`,
  owner_key: owner.publicKey,
  guardian_key: guardian.publicKey,
  max_staleness_ms: 60_000,
};
const lease = signedLease(owner, { audience: DOMAIN, expires_at: '10000000' });
const NOW = 1_000_000n;

function word(fields: Partial<SessionRevocations> = {}, key = guardian): SessionRevocations {
  const said = {
    issuer_id: issuer.issuer_id,
    node_id: issuer.node_id,
    sequence: '0',
    revocation_epoch: '0',
    revoked: [],
    as_of: String(NOW),
    ...fields,
  };
  const bytes = sessionBytes(said);
  assert.ok(bytes.ok);
  return { ...said, signature: signHybrid(key, 'SIG_DOMAIN_SESSION', bytes.value) };
}

function verdict(revocations: SessionRevocations | undefined, now: bigint): string {
  const known = revocations === undefined ? { issuer } : { issuer, revocations };
  const context = contextOfIssuer(known, DOMAIN, now);
  if (!context.ok) return context.error.code;
  const held = verifySessionLease(lease, context.value, registry);
  return held.ok ? 'ok' : held.error.code;
}

test('a node that pinned an issuer takes its sessions, as long as it knows enough', () => {
  assert.equal(verdict(undefined, NOW), 'session.revocation_unknown');
  assert.equal(verdict(word(), NOW), 'ok');
  assert.equal(verdict(word(), NOW + 60_000n), 'ok');
  assert.equal(verdict(word(), NOW + 60_001n), 'session.revocation_unknown');
  assert.equal(verdict(word({ revoked: [lease.session_id] }), NOW), 'session.revoked');
  assert.equal(verdict(word({ revocation_epoch: '1' }), NOW), 'session.invalid');
  // The issuer's time counts too, so a clock that is behind lengthens nothing.
  assert.equal(verdict(word({ as_of: '10000000' }), NOW), 'session.invalid');
});

test('a word about revocation is believed of its guardian alone, and never an older one', () => {
  const learn = (given: unknown, known?: SessionRevocations): string => {
    const before = known === undefined ? { issuer } : { issuer, revocations: known };
    const learnt = learnRevocations(given, before, { now: NOW, registry });
    return learnt.ok ? 'ok' : learnt.error.code;
  };
  assert.equal(learn(word()), 'ok');
  assert.equal(learn(word({}, owner)), 'revocations.invalid');
  assert.equal(
    learn({ ...word({ revoked: [lease.session_id] }), revoked: [] }),
    'revocations.invalid',
  );
  assert.equal(learn({ ...word(), as_of: String(NOW + 1n) }), 'revocations.invalid');
  assert.equal(learn(word({ node_id: `node://local/${'1'.repeat(32)}` })), 'revocations.invalid');
  assert.equal(learn(word({ as_of: String(NOW + 300_001n) })), 'revocations.ahead');
  const newer = word({ sequence: '2', as_of: String(NOW) });
  assert.equal(learn(word({ as_of: String(NOW - 1n), sequence: '2' }), newer), 'revocations.older');
  assert.equal(learn(word({ sequence: '1' }), newer), 'revocations.older');
  assert.equal(learn(newer, newer), 'ok');
});

test('an issuer is pinned under the id of its own key', () => {
  assert.ok(readIssuer(issuer).ok);
  assert.ok(!readIssuer({ ...issuer, issuer_id: guardian.keyId }).ok);
  assert.ok(!readIssuer({ ...issuer, more: 1 }).ok);
});
