import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifierRegistry } from '@ioi/crypto';
import { generateHybridKey } from '@ioi/crypto/shell';
import type { SessionLease } from '@ioi/protocol';
import { signedLease } from '../testing/sessions.ts';
import { mayRead, verifySessionLease } from './session-lease.ts';

const owner = generateHybridKey();
const registry = verifierRegistry();
const context = {
  domainId: 'agentgres://domain/local-1',
  ownerKey: owner.publicKey,
  chainTime: 1_000n,
  revocationEpoch: 2n,
  isRevoked: () => false,
};
const fields = { audience: context.domainId, expires_at: '2000', revocation_epoch: '2' };

test('a session holds by itself, on any node of its domain, until its end', () => {
  const lease = signedLease(owner, fields);
  assert.deepEqual(verifySessionLease(lease, context, registry), { ok: true, value: lease });
  const elsewhere = { ...context, domainId: 'agentgres://domain/other' };
  const later = { ...context, chainTime: 2_000n };
  const revoked = { ...context, revocationEpoch: 3n };
  const stranger = { ...context, ownerKey: generateHybridKey().publicKey };
  const contexts = [
    [elsewhere, 'audience'],
    [later, 'expires_at'],
    [revoked, 'revocation_epoch'],
    [stranger, 'issuer_id'],
  ] as const;
  for (const [other, field] of contexts) {
    const refused = verifySessionLease(lease, other, registry);
    assert.ok(!refused.ok && refused.error.code === 'session.invalid');
    assert.match(refused.error.message, new RegExp(`${field}$`));
  }
  const ended = { ...context, isRevoked: (id: string) => id === lease.session_id };
  const refused = verifySessionLease(lease, ended, registry);
  assert.ok(!refused.ok && refused.error.code === 'session.revoked');
});

test('no field of a session can be changed after it was signed', () => {
  const lease = signedLease(owner, fields);
  const changes: Partial<SessionLease>[] = [
    { expires_at: '9000' },
    { projection_scope: ['projection://*/*'] },
    { subject_id: 'agent://local/other' },
    { capability_subset: ['scope:everything'] },
    { revocation_epoch: '9' },
    { session_id: `sha256:${'9'.repeat(64)}` },
  ];
  for (const change of changes) {
    const refused = verifySessionLease({ ...lease, ...change }, context, registry);
    assert.ok(!refused.ok, JSON.stringify(change));
    assert.match(refused.error.message, /signature/);
  }
  assert.ok(!verifySessionLease({ ...lease, more: 1 }, context, registry).ok);
});

test('a bearer reads what the session names, and nothing beside it', () => {
  const lease = signedLease(owner, { ...fields, projection_scope: ['projection://*/actions'] });
  assert.ok(mayRead(lease, 'projection://*/actions'));
  assert.ok(!mayRead(lease, 'projection://*/receipts'));
  assert.ok(!mayRead(lease, 'projection://other/actions'));
  const all = { ...lease, projection_scope: ['projection://shop/*'] };
  assert.ok(mayRead(all, 'projection://shop/orders') && !mayRead(all, 'projection://*/actions'));
});
