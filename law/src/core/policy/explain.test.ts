import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  anyBudgets,
  anyFacts,
  anyRequest,
  anyRules,
  unusedBudgets,
} from '../../testing/random-policies.ts';
import { compilePolicy } from './compile.ts';
import { evaluate } from './evaluate.ts';
import { explain } from './explain.ts';
import type { Rule } from './rules.ts';
import { subjectOf } from './subject.ts';

const context = { agent_id: 'agent://a/b' };

test('an explanation tells the decision and every condition with what it saw', () => {
  const rules: Rule[] = [
    {
      rule_id: 'near',
      target: 'fs::write',
      conditions: { allow_paths: ['/w'], target_exists: false },
      action: 'ALLOW',
    },
    {
      rule_id: 'far',
      target: 'fs::*',
      conditions: { allow_domains: ['a.com'], allow_apps: ['x'], max_spend: money('1') },
      action: 'ALLOW',
    },
  ];
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules });
  const request = { target: 'fs::write', params: { path: '/w/a' }, context, nonce: '0' };
  const explanation = explain(policy, subjectOf(request, { target_exists: true }), unusedBudgets);
  assert.equal(explanation.decision.code, 'policy.default_deny');
  assert.equal(explanation.total, 2);
  assert.deepEqual(
    explanation.rules.map(({ ruleId }) => ruleId),
    ['near', 'far'],
  );
  assert.deepEqual(explanation.rules[0]?.conditions, [
    { name: 'target_exists', truth: 'no', isMet: false, wanted: false, seen: true },
    { name: 'allow_paths', truth: 'yes', isMet: true, wanted: ['/w'], seen: ['/w/a'] },
  ]);
});

function money(amount: string) {
  return { amount, unit: 'unit' };
}

test('text is told by its length alone', () => {
  const rule: Rule = {
    rule_id: 'r',
    target: 'gui::type',
    conditions: { block_text_pattern: 'hunter2' },
    action: 'BLOCK',
  };
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules: [rule] });
  const request = { target: 'gui::type', params: { text: 'my hunter2' }, context, nonce: '0' };
  const { rules } = explain(policy, subjectOf(request, {}), unusedBudgets);
  assert.equal(rules[0]?.conditions[0]?.seen, '10 characters');
});

test('a used-up budget is told as such', () => {
  const rule: Rule = {
    rule_id: 'r',
    target: 'fs::write',
    conditions: { rate_limit: { count: 1, window_ms: 1000 } },
    action: 'ALLOW',
  };
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules: [rule] });
  const subject = subjectOf({ target: 'fs::write', params: {}, context, nonce: '0' }, {});
  const { rules } = explain(policy, subject, { ...unusedBudgets, calls: () => 1 });
  assert.equal(rules[0]?.conditions[0]?.truth, 'exhausted');
  assert.ok(!rules[0]?.isMatching);
});

test('an explanation agrees with the decision and stays short', () => {
  fc.assert(
    fc.property(anyRules, anyRequest, anyFacts, anyBudgets, (rules, request, facts, budgets) => {
      const policy = compilePolicy(rules);
      const subject = subjectOf(request, facts);
      const { decision, rules: explained } = explain(policy, subject, budgets);
      assert.deepEqual(decision, evaluate(policy, subject, budgets));
      if (decision.code === 'policy.default_deny') {
        assert.ok(explained.every(({ isMatching }) => !isMatching));
      } else {
        assert.equal(explained[0]?.ruleId, decision.ruleId);
      }
    }),
    { numRuns: 1000 },
  );
  const many = Array.from({ length: 200 }, (_, at): Rule => {
    return { rule_id: `r${at}`, target: 'fs::write', conditions: {}, action: 'ALLOW' };
  });
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules: many });
  const subject = subjectOf({ target: 'fs::write', params: {}, context, nonce: '0' }, {});
  const explanation = explain(policy, subject, unusedBudgets);
  assert.equal(explanation.rules.length, 50);
  assert.equal(explanation.total, 200);
});
