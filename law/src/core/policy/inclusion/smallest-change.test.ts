import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionFacts, ActionRequest, ActionRules } from '@ioi/protocol';
import * as fc from 'fast-check';
import {
  anyBudgets,
  anyFacts,
  anyRequest,
  anyRules,
  unusedBudgets,
} from '../../../testing/random-policies.ts';
import { type CompiledPolicy, compilePolicy } from '../compile.ts';
import { decideLayers } from '../layers.ts';
import { subjectOf } from '../subject.ts';
import { smallestChange } from './smallest-change.ts';

type Rule = ActionRules['rules'][number];

const policyOf = (...rules: Omit<Rule, 'rule_id'>[]) =>
  compilePolicy({
    policy_id: 'p',
    defaults: 'deny_all',
    rules: rules.map((rule, at) => ({ ...rule, rule_id: `rule_${at}` })),
  });

function changeOf(
  policy: ReturnType<typeof policyOf>,
  target: string,
  params: ActionRequest['params'],
  facts: ActionFacts = {},
) {
  const request = { target, params, context: { agent_id: 'agent://a/b' }, nonce: '0' };
  const change = smallestChange({ local: policy }, { request, facts, budgets: unusedBudgets });
  return change && { ...change, verdict: change.decision.verdict };
}

test('the nearest place that a rule allows is named', () => {
  const allow_paths = ['/home/ada/notes', '/home/bob', './drafts'];
  const policy = policyOf({ target: 'fs::read', conditions: { allow_paths }, action: 'ALLOW' });
  const change = changeOf(policy, 'fs::read', { path: '/home/ada/x' });
  assert.deepEqual([change?.about, change?.verdict], [['paths'], 'ALLOW']);
  assert.deepEqual(change?.params, { paths: ['/home/ada/notes'] });
  const inside = changeOf(policy, 'fs::read', { path: '/room/x' }, { workspace_root: '/room' });
  assert.deepEqual(inside?.params, { paths: ['/room/drafts'] });
});

test('an approval is only as much as one thing less can reach; allowing goes before it', () => {
  const policy = policyOf(
    { target: 'fs::write', conditions: {}, action: 'REQUIRE_APPROVAL' },
    { target: 'fs::write', conditions: { target_exists: false }, action: 'ALLOW' },
  );
  const change = changeOf(policy, 'fs::write', { path: '/a' }, { target_exists: true });
  assert.deepEqual([change?.about, change?.facts], [['existence'], { target_exists: false }]);
  assert.equal(change?.verdict, 'ALLOW');
});

test('what was spent stays spent', () => {
  const conditions = { max_session_spend: { amount: '10', unit: 'usd' } };
  const policy = policyOf({ target: 'ucp::pay', conditions, action: 'ALLOW' });
  const params = { amount: { amount: '5', unit: 'usd' } };
  const request = { target: 'ucp::pay', params, context: { agent_id: 'agent://a/b' }, nonce: '0' };
  const budgets = { calls: () => 0, spent: () => 10n * 10n ** 18n };
  const change = smallestChange({ local: policy }, { request, facts: {}, budgets });
  assert.deepEqual(change?.params, { amount: { amount: '0', unit: 'usd' } });
});

test('where one thing is not enough, two are named; where nothing is, nothing', () => {
  const conditions = { allow_domains: ['a.example'], allow_apps: ['Mail'] };
  const policy = policyOf({ target: 'net::fetch', conditions, action: 'ALLOW' });
  const change = changeOf(policy, 'net::fetch', { url: 'https://b.example/', app: 'Web' });
  assert.deepEqual(change?.about, ['host', 'app']);
  assert.equal(changeOf(policy, 'fs::read', { path: '/a' }), undefined);
});

test('what an organisation holds back is no change', () => {
  const action = 'ALLOW';
  const reading = (path: string) =>
    policyOf({ target: 'fs::read', conditions: { allow_paths: [path] }, action });
  const request = {
    target: 'fs::read',
    params: { path: '/home/bob/x' },
    context: { agent_id: 'agent://a/b' },
    nonce: '0',
  };
  const changeUnder = (ceiling: CompiledPolicy) => {
    const layers = { local: reading('/home'), ceiling: { policy: ceiling } };
    return smallestChange(layers, { request, facts: {}, budgets: unusedBudgets });
  };
  const change = changeUnder(reading('/home/ada'));
  assert.deepEqual([change?.params, change?.decision.verdict], [{ paths: ['/home/ada'] }, 'ALLOW']);
  assert.equal(changeUnder(reading('/srv')), undefined);
});

test('what is named is what the evaluator says, for any policies and request', () => {
  const anyCeiling = fc.option(anyRules, { nil: undefined });
  const anyCase = fc.tuple(anyRules, anyCeiling, anyRequest, anyFacts, anyBudgets);
  fc.assert(
    fc.property(anyCase, ([rules, bounds, request, facts, budgets]) => {
      const ceiling = bounds && { policy: compilePolicy(bounds) };
      const layers = { local: compilePolicy(rules), ...(ceiling && { ceiling }) };
      const given = decideLayers(layers, subjectOf(request, facts), budgets);
      const change = smallestChange(layers, { request, facts, budgets });
      if (change === undefined) return;
      assert.notEqual(change.decision.verdict, given.verdict);
      assert.ok(change.about.length === 1 || change.about.length === 2);
      if (change.about.includes('calls')) return;
      const { params, context } = change;
      const again = { ...request, params, context };
      const decided = decideLayers(layers, subjectOf(again, change.facts), budgets);
      assert.equal(decided.verdict, change.decision.verdict);
    }),
    { numRuns: 300 },
  );
});
