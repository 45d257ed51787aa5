import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPktLeaseIssue } from '@ioi/protocol';
import { scopesAskedFor } from './lease-request.ts';

const AGENT = 'agent://0f0f/mcp';
const asker = { subjectId: AGENT, timeOf: Date.parse };
/** The example of the whitepaper, A.3, with its ellipses filled in. */
const packet = {
  pkt_version: '1',
  packet_type: 'PKT_LEASE_ISSUE',
  issued_at: '2026-02-22T10:15:00Z',
  session_id: 'sess_01HZ3K7M',
  tenant_id: 'tenant_acme_ai',
  payload: {
    mcp: {
      jsonrpc: '2.0',
      id: 'lease-req-001',
      method: 'wallet.issueLease',
      params: {
        agent_did: 'did:example:agent-123',
        capability_scope: ['stripe.refund', 's3.read'],
        limits: { max_amount_usd: 50, expires_at: '2026-02-22T11:15:00Z' },
      },
    },
  },
};

test('a packet that asks for a lease asks for scopes, for whoever brings it', () => {
  assert.ok(isPktLeaseIssue(packet));
  assert.deepEqual(scopesAskedFor(packet.payload.mcp.params, asker), {
    ok: true,
    value: {
      subject_id: AGENT,
      authority_scopes: ['scope:stripe.refund', 'scope:s3.read'],
      primitive_capabilities: ['prim:net.request'],
      resources: ['tool://stripe/**', 'tool://s3/**'],
      max_budget_usd: '50',
      expiry: String(Date.parse('2026-02-22T11:15:00Z')),
    },
  });
});

test('a limit that is not understood is refused, never left out', () => {
  const asked = { capability_scope: ['stripe.refund'] };
  for (const limits of [{ max_amount_eur: 1 }, { max_amount_usd: -1 }, { expires_at: 'soon' }]) {
    assert.equal(scopesAskedFor({ ...asked, limits }, asker).ok, false, JSON.stringify(limits));
  }
  for (const capability_scope of [[], ['*'], ['scope://x']]) {
    assert.equal(scopesAskedFor({ capability_scope }, asker).ok, false);
  }
});
