import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRequest, AuthorityGrantEnvelope } from '@ioi/protocol';
import { hashOf, scopedPay, scopedWrite } from '../../testing/index.ts';
import { subjectOf } from '../policy/subject.ts';
import { refusalUnder, type Standing, scopedAct } from './cover.ts';

const request: ActionRequest = {
  target: 'wallet::send::chain',
  params: { arguments: { chain_id: '1', to: `0x${'1'.repeat(40)}`, value: '9', data: '0x' } },
  context: { agent_id: 'agent://test/a' },
  nonce: '0',
};
const act = scopedAct(
  { request, subject: subjectOf(request, {}), contract: scopedPay },
  { requestHash: hashOf(request), policyHash: undefined },
);

/** Covers the act in everything but what it pays. */
function under(terms: Partial<AuthorityGrantEnvelope>, budget_usd?: string): string | undefined {
  const grant = {
    subject_id: act.subjectId,
    authority_scopes: act.scopes,
    primitive_capability_constraints: [...act.primitives, ...scopedWrite.primitive_capabilities],
    resources: act.resources,
    constraints: { expires_at: '10' },
    revocation_epoch: '0',
    status: 'active',
    ...terms,
  } as unknown as AuthorityGrantEnvelope;
  const remaining = { calls: '1', ...(budget_usd === undefined ? {} : { budget_usd }) };
  const standing: Standing = {
    grant: { grant, path: [], remaining },
    certificates: [],
    revocationEpoch: '0',
    chainTime: 0n,
  };
  return refusalUnder(standing, act);
}

test('what moves coins is granted one act at a time, whatever the budget', () => {
  assert.equal(act.spend, undefined);
  assert.equal(under({}, '1000000'), 'constraints.max_budget_usd');
  assert.equal(under({ request_hash: act.requestHash }), undefined);
  assert.equal(under({ request_hash: hashOf({}) }), 'request_hash');
});
