import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePolicy } from '@ioi/law';
import { changeFor } from './rule-trace.ts';

test('a change is named where rules decided, and none where they did not', () => {
  const conditions = { allow_paths: ['/w'] };
  const rules = [{ rule_id: 'r', target: 'fs::read', conditions, action: 'ALLOW' as const }];
  const local = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules });
  const request = {
    target: 'fs::read',
    params: { path: '/x' },
    context: { agent_id: 'agent://a/b' },
    nonce: '0',
  };
  const budgets = { calls: () => 0, spent: () => 0n };
  const changeUnder = (code: string) =>
    changeFor({ local }, { request, facts: {}, budgets, code }).change;
  assert.deepEqual(changeUnder('policy.default_deny')?.differs, { paths: ['/w'] });
  for (const code of ['capability.outside_envelope', 'egress.denied', 'egress.approval_required']) {
    assert.equal(changeUnder(code), undefined, code);
  }
});
