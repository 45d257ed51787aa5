import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionFacts, ActionRequest, ActionRules } from '@ioi/protocol';
import * as fc from 'fast-check';
import {
  anyBudgets,
  anyFacts,
  anyRequest,
  anyRule,
  anyRules,
  unusedBudgets,
} from '../../testing/random-policies.ts';
import { canonicalize } from './canonicalize.ts';
import { compilePolicy } from './compile.ts';
import type { Decision } from './decision.ts';
import { budgetIdsFor, evaluate } from './evaluate.ts';
import { evaluateReference } from './reference.ts';
import { isStrictlyInside, regionIncludes } from './region.ts';
import type { Conditions, Rule } from './rules.ts';
import { subjectOf } from './subject.ts';

const RUNS = 6000;

function rule(rule_id: string, target: string, action: Rule['action'], conditions: Conditions) {
  return { rule_id, target, action, conditions };
}

function decide(
  rules: readonly Rule[],
  { target = 'fs::write', facts = {}, ...params }: Record<string, unknown>,
  budgets = unusedBudgets,
): Decision {
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules: [...rules] });
  const context = { agent_id: 'agent://a/b' };
  const request = { target, params, context, nonce: '0' } as ActionRequest;
  return evaluate(policy, subjectOf(request, facts as ActionFacts), budgets);
}

test('the indexed evaluator decides as the reference does', () => {
  fc.assert(
    fc.property(anyRules, anyRequest, anyFacts, anyBudgets, (rules, request, facts, budgets) => {
      const policy = compilePolicy(rules);
      const subject = subjectOf(request, facts);
      const decision = evaluate(policy, subject, budgets);
      assert.deepEqual(decision, evaluateReference(policy.rules, subject, budgets));
    }),
    { numRuns: RUNS },
  );
});

test('the random policies reach every kind of decision', () => {
  const seen = new Set<string>();
  const arbitrary = fc.tuple(anyRules, anyRequest, anyFacts, anyBudgets);
  for (const [rules, request, facts, budgets] of fc.sample(arbitrary, { numRuns: RUNS, seed: 7 })) {
    const decision = evaluate(compilePolicy(rules), subjectOf(request, facts), budgets);
    seen.add(decision.code);
    if (decision.reservations.length > 1) seen.add('several reservations');
  }
  assert.deepEqual([...seen].sort(), [
    'approval.required',
    'policy.allowed',
    'policy.blocked',
    'policy.budget_exhausted',
    'policy.default_deny',
    'several reservations',
  ]);
});

test('the order and repetition of rules never change a decision', () => {
  const withShuffle = anyRules.chain((rules) =>
    fc.tuple(
      fc.constant(rules),
      fc.shuffledSubarray([...rules.rules, ...rules.rules], {
        minLength: rules.rules.length * 2,
      }),
    ),
  );
  fc.assert(
    fc.property(withShuffle, anyRequest, anyFacts, ([rules, shuffled], request, facts) => {
      const one = compilePolicy(rules);
      const other = compilePolicy({ ...rules, rules: shuffled });
      const subject = subjectOf(request, facts);
      assert.equal(one.policyHash, other.policyHash);
      const decision = evaluate(one, subject, unusedBudgets);
      assert.deepEqual(decision, evaluate(other, subject, unusedBudgets));
    }),
    { numRuns: 1500 },
  );
});

test('a matching BLOCK rule wins over everything inside it', () => {
  const rules = [
    rule('block', 'fs::*', 'BLOCK', { allow_paths: ['/w'] }),
    rule('allow', 'fs::write', 'ALLOW', { allow_paths: ['/w/a'], target_exists: false }),
  ];
  const decision = decide(rules, { path: '/w/a/f', facts: { target_exists: false } });
  assert.deepEqual(decision, {
    verdict: 'BLOCK',
    code: 'policy.blocked',
    ruleId: 'block',
    field: 'allow_paths',
    reservations: [],
  });
});

test('the rule whose region lies inside the other decides', () => {
  const ask = rule('ask', 'fs::write', 'REQUIRE_APPROVAL', { allow_paths: ['/w'] });
  const allow = rule('allow', 'fs::write', 'ALLOW', { allow_paths: ['/w/a'] });
  assert.equal(decide([ask, allow], { path: '/w/a/f' }).ruleId, 'allow');
  assert.equal(decide([ask, allow], { path: '/w/b/f' }).ruleId, 'ask');
  const wide = rule('wide', 'fs::*', 'ALLOW', {});
  assert.equal(decide([ask, wide], { path: '/w/b/f' }).ruleId, 'ask');
  assert.equal(decide([ask, wide], { path: '/x' }).ruleId, 'wide');
});

test('where neither region contains the other the more restrictive rule decides', () => {
  const rules = [
    rule('ask', 'fs::write', 'REQUIRE_APPROVAL', { target_exists: true }),
    rule('allow', 'fs::write', 'ALLOW', { allow_paths: ['/w'] }),
  ];
  const decision = decide(rules, { path: '/w/f', facts: { target_exists: true } });
  assert.equal(decision.code, 'approval.required');
  assert.equal(decision.field, 'target_exists');
  const fresh = decide(rules, { path: '/w/f', facts: { target_exists: false } });
  assert.equal(fresh.code, 'policy.allowed');
  assert.equal(fresh.field, 'allow_paths');
});

test('equal regions: the more restrictive rule decides', () => {
  const rules = [
    rule('allow', 'fs::write', 'ALLOW', { allow_paths: ['/w'] }),
    rule('ask', 'fs::write', 'REQUIRE_APPROVAL', { allow_paths: ['/w/'] }),
  ];
  assert.equal(decide(rules, { path: '/w/f' }).ruleId, 'ask');
});

test('what is undetermined never allows and never escapes a restriction', () => {
  const allow = rule('allow', 'fs::write', 'ALLOW', {});
  const inside = rule('inside', 'fs::write', 'ALLOW', { target_exists: false });
  const block = rule('block', 'fs::write', 'BLOCK', { allow_domains: ['evil.com'] });
  assert.equal(decide([inside], { path: '/w' }).code, 'policy.default_deny');
  for (const url of [undefined, 7, 'evil.com', 'file:///evil.com', 'https://evil.com.']) {
    assert.equal(decide([allow, block], { url }).ruleId, 'block', String(url));
  }
  assert.equal(decide([allow, block], { url: 'https://good.com/' }).ruleId, 'allow');
});

test('an ALLOW rule vouches for every path, a restrictive rule guards each', () => {
  const rules = [
    rule('allow', 'fs::*', 'ALLOW', { allow_paths: ['/w', '/home/u/.ssh'] }),
    rule('block', 'fs::*', 'BLOCK', { allow_paths: ['/home/u/.ssh'] }),
  ];
  const move = { source: '/home/u/.ssh/id', destination: '/w/id' };
  assert.equal(decide(rules, move).ruleId, 'block');
  assert.equal(decide(rules, { source: '/w/a', destination: '/x/a' }).code, 'policy.default_deny');
  assert.equal(decide(rules, { source: '/w/a', destination: '/w/b' }).code, 'policy.allowed');
});

test('a condition that cannot be read allows nothing and blocks all it might mean', () => {
  const bad: Conditions = { allow_domains: ['b*d.com'] };
  const allow = rule('allow', 'net::fetch', 'ALLOW', {});
  const request = { target: 'net::fetch', url: 'https://good.com/' };
  const code = decide([rule('odd', 'net::fetch', 'ALLOW', bad)], request).code;
  assert.equal(code, 'policy.default_deny');
  assert.equal(decide([allow, rule('odd', 'net::fetch', 'BLOCK', bad)], request).ruleId, 'odd');
  const text = rule('odd', 'net::fetch', 'BLOCK', { block_text_pattern: '(' });
  assert.equal(decide([allow, text], { ...request, text: 'x' }).ruleId, 'odd');
});

test('a used-up rate stops an ALLOW rule, and the denial names it', () => {
  const rate_limit = { count: 2, window_ms: 60_000 };
  const rules = [rule('two', 'fs::write', 'ALLOW', { rate_limit })];
  const asked: string[] = [];
  const budgets = (used: number) => ({
    ...unusedBudgets,
    calls: (id: string, windowMs: number) => {
      asked.push(`${id} ${windowMs}`);
      return used;
    },
  });
  const second = decide(rules, { path: '/w' }, budgets(1));
  assert.equal(second.code, 'policy.allowed');
  assert.deepEqual(second.reservations, [
    { budget_id: 'rate:fs::write', calls: 1, window_ms: 60_000, most: 2 },
  ]);
  const third = decide(rules, { path: '/w' }, budgets(2));
  assert.deepEqual(third, {
    verdict: 'BLOCK',
    code: 'policy.budget_exhausted',
    ruleId: 'two',
    field: 'rate_limit',
    reservations: [],
  });
  assert.deepEqual(new Set(asked), new Set(['rate:fs::write 60000']));
});

test('a used-up ALLOW rule leaves the decision to the others', () => {
  const rate_limit = { count: 1, window_ms: 1000 };
  const rules = [
    rule('one', 'fs::write', 'ALLOW', { rate_limit }),
    rule('then', 'fs::*', 'REQUIRE_APPROVAL', {}),
  ];
  assert.equal(decide(rules, {}).ruleId, 'one');
  assert.equal(decide(rules, {}, { ...unusedBudgets, calls: () => 1 }).ruleId, 'then');
});

test('a used-up REQUIRE_APPROVAL rule blocks and never uncovers an ALLOW rule', () => {
  const rate_limit = { count: 1, window_ms: 1000 };
  const rules = [
    rule('ask', 'fs::write', 'REQUIRE_APPROVAL', { rate_limit }),
    rule('allow', 'fs::*', 'ALLOW', {}),
  ];
  assert.equal(decide(rules, {}).ruleId, 'ask');
  const decision = decide(rules, {}, { ...unusedBudgets, calls: () => 1 });
  assert.equal(decision.code, 'policy.budget_exhausted');
  assert.equal(decision.ruleId, 'ask');
});

test('session spend counts exactly, by session and unit', () => {
  const max_session_spend = { amount: '1', unit: 'usd' };
  const rules = [rule('cap', 'ucp::pay', 'ALLOW', { max_session_spend })];
  const spent = (id: string, unit: string): bigint => {
    assert.equal(id, 'session_spend:agent://a/b:usd');
    assert.equal(unit, 'usd');
    return 10n ** 18n - 1n;
  };
  const pay = (amount: string) =>
    decide(
      rules,
      { target: 'ucp::pay', amount: { amount, unit: 'usd' } },
      { ...unusedBudgets, spent },
    );
  const last = pay('0.000000000000000001');
  assert.equal(last.code, 'policy.allowed');
  assert.deepEqual(last.reservations, [
    {
      budget_id: 'session_spend:agent://a/b:usd',
      spend: { amount: '0.000000000000000001', unit: 'usd' },
    },
  ]);
  assert.equal(pay('0.000000000000000002').code, 'policy.budget_exhausted');
});

test('an action counts against every rate its target declares, whichever rule admits it', () => {
  const rules = [
    rule('hour', 'fs::*', 'ALLOW', { rate_limit: { count: 9, window_ms: 3_600_000 } }),
    rule('free', 'fs::write', 'ALLOW', { allow_paths: ['/w'] }),
  ];
  const decision = decide(rules, { path: '/w/f' }, { ...unusedBudgets, calls: () => 9 });
  assert.equal(decision.ruleId, 'free');
  const kept = { window_ms: 3_600_000, most: 9 };
  assert.deepEqual(decision.reservations, [{ budget_id: 'rate:fs::*', calls: 1, ...kept }]);
});

test('the declared budgets are all that a decision reads or reserves', () => {
  fc.assert(
    fc.property(anyRules, anyRequest, anyFacts, (rules, request, facts) => {
      const policy = compilePolicy(rules);
      const subject = subjectOf(request, facts);
      const used = new Set<string>();
      const note = <T>(id: string, answer: T): T => {
        used.add(id);
        return answer;
      };
      const decision = evaluate(policy, subject, {
        calls: (id) => note(id, 0),
        spent: (id) => note(id, 0n),
      });
      for (const { budget_id } of decision.reservations) used.add(budget_id);
      const declared = budgetIdsFor(policy, subject);
      assert.ok([...used].every((id) => declared.includes(id)));
      assert.ok(declared.every((id) => id.length <= 256));
    }),
    { numRuns: 1500 },
  );
});

test('being inside a region is transitive and never mutual', () => {
  const anyConditions = anyRule.map(({ conditions }) => conditions);
  const near = fc
    .tuple(anyRule, anyConditions, anyConditions)
    .map(([base, ...more]) => [
      base,
      ...more.map((conditions) => ({ ...base, conditions: { ...base.conditions, ...conditions } })),
    ]);
  const triple = fc
    .oneof(near, fc.array(anyRule, { minLength: 3, maxLength: 3 }))
    .map((rules) => canonicalize({ policy_id: 'p', defaults: 'deny_all', rules }).rules);
  let chains = 0;
  fc.assert(
    fc.property(triple, (rules) => {
      for (const a of rules)
        for (const b of rules)
          for (const c of rules) {
            if (!regionIncludes(a, b) || !regionIncludes(b, c)) continue;
            if (a !== b && b !== c && a !== c) chains += 1;
            assert.ok(regionIncludes(a, c));
            assert.ok(!isStrictlyInside(a, c) || !isStrictlyInside(c, a));
          }
    }),
    { numRuns: 9000 },
  );
  assert.ok(chains > 50, `only ${chains} chains of three were met`);
});

test('an inner region matches nothing that the outer one does not', () => {
  const pair = fc.tuple(anyRule, anyRule).map(([left, right]) => {
    const rules = [left, { ...right, action: left.action, target: left.target }];
    return canonicalize({ policy_id: 'p', defaults: 'deny_all', rules } as ActionRules).rules;
  });
  let compared = 0;
  fc.assert(
    fc.property(pair, anyRequest, anyFacts, ([outer, inner], request, facts) => {
      if (!outer || !inner || !regionIncludes(outer, inner)) return;
      const subject = subjectOf({ ...request, target: 'fs::read' }, facts);
      const alone = (each: Rule) => {
        const rules = [{ ...each, target: 'fs::read', action: 'ALLOW' as const }];
        const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules });
        return evaluate(policy, subject, unusedBudgets).verdict === 'ALLOW';
      };
      if (!alone(inner)) return;
      compared += 1;
      assert.ok(alone(outer));
    }),
    { numRuns: 20_000 },
  );
  assert.ok(compared > 100, `only ${compared} requests matched`);
});

test('thousands of rules that all match are weighed in time', () => {
  const rules = Array.from({ length: 3000 }, (_, at) =>
    rule(`r${at}`, 'fs::write', 'ALLOW', { allow_paths: [`/w${'/a'.repeat(at % 40)}`] }),
  );
  const decision = decide(rules, { path: `/w${'/a'.repeat(50)}` });
  assert.equal(decision.code, 'policy.allowed');
});
