import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import type { ActionRules } from '@ioi/protocol';
import * as fc from 'fast-check';
import { compilePolicy } from './compile.ts';
import { evaluate } from './evaluate.ts';
import { subjectOf } from './subject.ts';
import { assumptionsOf, textPatternsOf } from './text-patterns.ts';

const PATTERNS = ['alpha', 'beta', 'gamma', 'delta'];
const TEXTS = ['', 'alpha', 'beta gamma', 'alpha beta gamma delta', 'delta alpha'];
const budgets = { calls: () => 0, spent: () => 0n };

const rules = fc.array(
  fc.record({
    pattern: fc.option(fc.constantFrom(...PATTERNS), { nil: undefined }),
    app: fc.option(fc.constantFrom('mail', 'notes'), { nil: undefined }),
    action: fc.constantFrom('ALLOW', 'BLOCK', 'REQUIRE_APPROVAL'),
  }),
  { maxLength: 8 },
);

type Drawn = { pattern: string | undefined; app: string | undefined; action: string };

function policyOf(drawn: readonly Drawn[]): ActionRules {
  return {
    policy_id: 'texts',
    defaults: 'deny_all',
    rules: drawn.map(({ pattern, app, action }, at) => ({
      rule_id: `rule_${at}`,
      target: 'ui::type',
      conditions: {
        ...(app === undefined ? {} : { allow_apps: [app] }),
        ...(pattern === undefined || action === 'ALLOW' ? {} : { block_text_pattern: pattern }),
      },
      action,
    })),
  } as ActionRules;
}

test('whatever the text was, one of the assumptions gives the decision it gave', () => {
  fc.assert(
    fc.property(rules, fc.constantFrom(...TEXTS), (drawn, text) => {
      const policy = compilePolicy(policyOf(drawn));
      const context = { agent_id: 'agent://a/b' };
      const reference = { $payload: digestBytes('any'), bytes: 1 };
      const params = { app: 'mail', text: reference };
      const request = { target: 'ui::type', params, context, nonce: '1' };
      const decided = evaluate(
        policy,
        subjectOf(request, {}, () => text),
        budgets,
      );
      const assumed = [...assumptionsOf(textPatternsOf(policy, 'ui::type'))].map((matching) =>
        evaluate(
          policy,
          subjectOf(request, {}, () => (pattern) => matching.has(pattern)),
          budgets,
        ),
      );
      assert.ok(assumed.some((each) => JSON.stringify(each) === JSON.stringify(decided)));
    }),
  );
});

test('assumptions are every combination, the smallest first, and never without bound', () => {
  const found = [...assumptionsOf(['a', 'b', 'c'])].map((each) => [...each].join(''));
  assert.deepEqual(found, ['', 'a', 'b', 'c', 'ab', 'ac', 'bc', 'abc']);
  const many = Array.from({ length: 300 }, (_, at) => `p${at}`);
  const all = [...assumptionsOf(many)];
  assert.equal(all.length, 1024);
  assert.equal(all.filter(({ size }) => size === 1).length, 300);
});

test('a text decides only where a rule of the target looks at it', () => {
  const looking = { pattern: 'alpha', app: undefined, action: 'BLOCK' };
  const policy = compilePolicy(policyOf([looking]));
  assert.deepEqual(textPatternsOf(policy, 'ui::type'), ['alpha']);
  assert.deepEqual(textPatternsOf(policy, 'fs::write'), []);
});
