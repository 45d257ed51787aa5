import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRequest } from '@ioi/protocol';
import { DAY_MS, dayBudgetId, holdersOf } from './budgets.ts';
import { compilePolicy } from './compile.ts';
import type { Truth } from './condition.ts';
import { matcherOf } from './conditions.ts';
import { budgetIdsFor, evaluate } from './evaluate.ts';
import { loadPolicy } from './load.ts';
import { scaleAmount } from './money.ts';
import type { ConditionName, Conditions } from './rules.ts';
import { type Subject, subjectOf } from './subject.ts';

const SESSION = `sha256:${'a'.repeat(64)}`;
const usd = (amount: string) => ({ amount, unit: 'usd' });

function read(params: object, context: object = {}): Subject {
  const given = { agent_id: 'agent://a/b', ...context };
  const request = { target: 'ucp::checkout', params, context: given, nonce: '0' };
  return subjectOf(request as ActionRequest, {});
}

function truthOf(given: Conditions, subject: Subject): Truth | undefined {
  const [name] = Object.keys(given) as ConditionName[];
  return matcherOf(name as ConditionName, given, 'ALLOW')?.(subject);
}

test('max_day_spend counts what an agent spent within 24 hours, whatever its session', () => {
  const conditions = { max_day_spend: usd('10') };
  const rule = { rule_id: 'r', target: 'ucp::*', conditions, action: 'ALLOW' } as const;
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules: [rule] });
  const id = dayBudgetId('agent://a/b', 'usd');
  const asked: unknown[] = [];
  const budgets = {
    calls: () => 0,
    spent: (...about: unknown[]) => {
      asked.push(about);
      return scaleAmount('7') ?? 0n;
    },
  };
  const paying = (amount: string) => read({ amount: usd(amount) }, { session_id: SESSION });
  const allowed = evaluate(policy, paying('3'), budgets);
  assert.equal(allowed.verdict, 'ALLOW');
  assert.deepEqual(allowed.reservations, [{ budget_id: id, spend: usd('3') }]);
  assert.deepEqual(budgetIdsFor(policy, paying('3')), [id]);
  assert.deepEqual(asked, [[id, 'usd', DAY_MS]]);
  const refused = evaluate(policy, paying('3.01'), budgets);
  assert.equal(refused.code, 'policy.budget_exhausted');
  assert.equal(refused.field, 'max_day_spend');
});

test('a checkout pays what its items come to, or nothing is known about it', () => {
  const given = { max_spend: usd('10') };
  const item = (amount: string, quantity?: unknown, unit = 'usd') => {
    return { amount: { amount, unit }, ...(quantity === undefined ? {} : { quantity }) };
  };
  for (const [items, truth] of [
    [[item('5'), item('1.25', 4)], 'yes'],
    [[item('5'), item('5')], 'yes'],
    [[item('5'), item('5.01')], 'unknown'],
    [[item('5')], 'unknown'],
    [[], 'unknown'],
    [[item('5'), item('5', 1, 'eur')], 'unknown'],
    [[item('5'), item('2.5', 2.5)], 'unknown'],
    [[item('5'), item('5', -1)], 'unknown'],
    [[item('5'), 5], 'unknown'],
    ['10', 'unknown'],
  ] as const) {
    const subject = read({ amount: usd('10'), line_items: items });
    assert.equal(truthOf(given, subject), truth, JSON.stringify(items));
  }
});

test('allow_windows and allow_sessions look at where the request comes from', () => {
  const windows = { allow_windows: ['7', '18446744073709551615'] };
  const sessions = { allow_sessions: [SESSION] };
  assert.equal(truthOf(windows, read({}, { window_id: '7' })), 'yes');
  assert.equal(truthOf(windows, read({}, { window_id: '8' })), 'no');
  assert.equal(truthOf(windows, read({ window_id: '7' })), 'unknown');
  assert.equal(truthOf(sessions, read({}, { session_id: SESSION })), 'yes');
  assert.equal(truthOf(sessions, read({}, { session_id: SESSION.replace('a', 'b') })), 'no');
  assert.equal(truthOf(sessions, read({})), 'unknown');
  const loaded = (conditions: object) => {
    const rule = { target: 'gui::click', conditions, action: 'ALLOW' };
    return loadPolicy(JSON.stringify({ policy_id: 'p', rules: [rule] }));
  };
  assert.ok(loaded({ ...windows, ...sessions }).ok);
  for (const wrong of [{ allow_windows: ['07'] }, { allow_sessions: ['mine'] }]) {
    const refused = loaded(wrong);
    assert.equal(refused.ok ? '' : refused.error[0]?.code, 'policy.invalid_context');
  }
});

test('an agent draws on the budgets of those it works for', () => {
  assert.deepEqual(holdersOf('agent://node/mcp'), ['agent://node/mcp']);
  assert.deepEqual(holdersOf('agent://node'), ['agent://node']);
  const child = 'agent://node/mcp/child/grandchild';
  assert.deepEqual(holdersOf(child), ['agent://node/mcp', 'agent://node/mcp/child', child]);
  const deep = `agent://node/${'x/'.repeat(90)}end`;
  assert.deepEqual([holdersOf(deep).length, holdersOf(deep).at(-1)], [9, deep]);
});
