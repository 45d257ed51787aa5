import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules } from '@ioi/protocol';
import { unusedBudgets } from '../../testing/random-policies.ts';
import { compilePolicy } from './compile.ts';
import { evaluate } from './evaluate.ts';
import { includes, witnessWords } from './inclusion/index.ts';
import { loadPolicy } from './load.ts';
import { subjectOf } from './subject.ts';

const asking = { rule_id: 'ask', target: 'fs::write', conditions: {}, action: 'REQUIRE_APPROVAL' };
const until = (expires: string, action = 'ALLOW') => {
  return { rule_id: 'until', target: 'fs::write', conditions: { expires }, action };
};

function policyOf(...rules: readonly object[]): ActionRules {
  const loaded = loadPolicy(JSON.stringify({ policy_id: 'p', rules }));
  assert(loaded.ok, JSON.stringify(loaded));
  return loaded.value.rules;
}

function decided(rules: ActionRules, time?: bigint) {
  const request = { target: 'fs::write', params: {}, context: { agent_id: 'agent://a' as const } };
  const subject = subjectOf({ ...request, nonce: '0' }, {});
  const budgets = { ...unusedBudgets, ...(time === undefined ? {} : { time }) };
  const { verdict, code, field } = evaluate(compilePolicy(rules), subject, budgets);
  return [verdict, code, field].join(' ');
}

test('a rule allows until it expires, and not where the time is unknown', () => {
  const rules = policyOf(asking, until('1970-01-01T00:01:00Z'));
  assert.equal(decided(rules, 59_999n), 'ALLOW policy.allowed expires');
  assert.equal(decided(rules, 60_000n), 'REQUIRE_APPROVAL approval.required target');
  assert.equal(decided(rules), 'REQUIRE_APPROVAL approval.required target');
  const alone = policyOf(until('60000'));
  assert.equal(decided(alone, 60_000n), 'BLOCK policy.budget_exhausted expires');
});

test('only an ALLOW rule expires, and only at a time there is', () => {
  for (const [rule, code] of [
    [until('60000', 'BLOCK'), 'policy.condition_not_for_action'],
    [until('60000', 'REQUIRE_APPROVAL'), 'policy.condition_not_for_action'],
    [until('tomorrow'), 'policy.invalid_time'],
    [until('2026-02-30T00:00:00Z'), 'policy.invalid_time'],
    [{ ...until(''), conditions: { expires: 60_000 } }, 'policy.invalid_time'],
  ] as const) {
    const loaded = loadPolicy(JSON.stringify({ policy_id: 'p', rules: [rule] }));
    assert.equal(loaded.ok ? 'ok' : loaded.error[0]?.code, code, JSON.stringify(rule));
  }
});

test('to expire earlier tightens, later widens at a moment that is shown', () => {
  const [sooner, later] = ['60000', '120000'].map((each) => compilePolicy(policyOf(until(each))));
  assert(sooner && later);
  assert.equal(includes(later, sooner).verdict, 'included');
  const wider = includes(sooner, later);
  assert(wider.verdict === 'refused');
  assert.match(witnessWords(wider.witness), /at 1970-01-01T00:01:00Z: .*until, used up/);
});

test('an end for a rule that allows tightens at every time, and so does its going', () => {
  const inner = { rule_id: 'inner', target: 'fs::write', action: 'ALLOW' };
  const anywhere = { allow_paths: ['/w'] };
  const endless = { ...inner, conditions: anywhere };
  const ended = { ...inner, conditions: { ...anywhere, expires: '60000' } };
  const [none, ending, always] = [[], [ended], [endless]].map((more) => {
    return compilePolicy(policyOf(asking, ...more));
  });
  assert(none && ending && always);
  assert.equal(includes(ending, none).verdict, 'included');
  assert.equal(includes(always, ending).verdict, 'included');
  const wider = includes(ending, always);
  assert(wider.verdict === 'refused');
  assert.match(witnessWords(wider.witness), /at 1970-01-01T00:01:00Z/);
  assert.equal(includes(none, ending).verdict, 'refused');
});
