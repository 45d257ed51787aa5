import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules } from '@ioi/protocol';
import * as fc from 'fast-check';
import { anyBudgets, anyFacts, anyRequest, anyRules } from '../../testing/random-policies.ts';
import { policyHash } from './canonicalize.ts';
import { compilePolicy } from './compile.ts';
import { evaluate } from './evaluate.ts';
import { inclusionOfPolicies, mayWiden } from './inclusion/index.ts';
import { loadPolicy } from './load.ts';
import { evaluateReference } from './reference.ts';
import { subjectOf } from './subject.ts';

test('observing lets all but BLOCK rules pass and says what enforcing would have answered', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(anyRules, anyRequest, anyFacts, anyBudgets, (rules, request, facts, budgets) => {
      const subject = subjectOf(request, facts);
      const observing = compilePolicy({ ...rules, mode: 'observe' });
      const enforced = evaluate(compilePolicy(rules), subject, budgets);
      const decision = evaluate(observing, subject, budgets);
      assert.deepEqual(decision, evaluateReference(observing.rules, subject, budgets));
      seen.add(decision.observed?.code ?? decision.code);
      if (enforced.verdict === 'ALLOW' || enforced.code === 'policy.blocked') {
        assert.deepEqual(decision, enforced);
        return;
      }
      const { verdict, code, observed, ...rest } = decision;
      assert.deepEqual([verdict, code], ['ALLOW', 'policy.observed']);
      assert.deepEqual({ ...observed, ...rest }, enforced);
    }),
    { numRuns: 3000 },
  );
  assert.deepEqual([...seen].sort(), [
    'approval.required',
    'policy.allowed',
    'policy.blocked',
    'policy.budget_exhausted',
    'policy.default_deny',
  ]);
});

test('the mode is part of the hash; enforcing is the form without one', () => {
  const text = (mode: string): string => `{"policy_id": "p", ${mode} "rules": []}`;
  const hashOf = (mode: string): string => {
    const loaded = loadPolicy(text(mode));
    assert(loaded.ok);
    assert.equal(policyHash(loaded.value.rules), loaded.value.policyHash);
    return loaded.value.policyHash;
  };
  assert.equal(hashOf('"mode": "enforce",'), hashOf(''));
  assert.notEqual(hashOf('"mode": "observe",'), hashOf(''));
  for (const mode of ['"mode": "Observe",', '"mode": true,', '"mode": null,']) {
    const loaded = loadPolicy(text(mode));
    assert(!loaded.ok);
    assert.deepEqual(
      loaded.error.map(({ code, column }) => [code, column]),
      [['policy.unknown_mode', 28]],
    );
  }
});

test('observing widens whatever the rules are; enforcing the same rules tightens', () => {
  fc.assert(
    fc.property(anyRules, anyRules, (rules, other) => {
      const [enforcing, observing] = [rules, { ...rules, mode: 'observe' } as const].map(
        compilePolicy,
      );
      assert(enforcing && observing);
      assert(mayWiden(inclusionOfPolicies(enforcing, observing)));
      assert(mayWiden(inclusionOfPolicies(compilePolicy(other), observing)));
      assert.equal(inclusionOfPolicies(observing, enforcing), 'narrower');
    }),
    { numRuns: 100 },
  );
});

test('a pause observes until its end, and enforces from then on and where no time is known', () => {
  const until = 1_000n;
  const times = [0n, until - 1n, until, until + 1n, undefined];
  fc.assert(
    fc.property(anyRules, anyRequest, anyFacts, anyBudgets, (rules, request, facts, given) => {
      const subject = subjectOf(request, facts);
      const paused = { ...rules, mode: 'observe', observe_until: String(until) } as const;
      for (const time of times) {
        const budgets = {
          calls: given.calls.bind(given),
          spent: given.spent.bind(given),
          ...(time === undefined ? {} : { time }),
        };
        const isPaused = time !== undefined && time < until;
        const as = isPaused ? ({ ...rules, mode: 'observe' } as const) : rules;
        const compiled = compilePolicy(paused);
        const decision = evaluate(compiled, subject, budgets);
        assert.deepEqual(decision, evaluate(compilePolicy(as), subject, budgets));
        assert.deepEqual(decision, evaluateReference(compiled.rules, subject, budgets));
      }
    }),
    { numRuns: 500 },
  );
});

test('a pause widens what enforces or ends earlier, and its end is part of the policy', () => {
  const rules: ActionRules = { policy_id: 'p', defaults: 'deny_all', rules: [] };
  const observing = { ...rules, mode: 'observe' } as const;
  const [enforced, early, late, always] = [
    rules,
    { ...observing, observe_until: '5' },
    { ...observing, observe_until: '6' },
    observing,
  ].map((each) => compilePolicy(each));
  assert(enforced && early && late && always);
  const widens = [
    [enforced, early],
    [early, late],
    [late, always],
    [enforced, always],
  ] as const;
  for (const [one, other] of widens) {
    assert(mayWiden(inclusionOfPolicies(one, other)));
    assert(!mayWiden(inclusionOfPolicies(other, one)));
  }
  const text = (more: string): string => `{"policy_id": "p", ${more} "rules": []}`;
  const loaded = loadPolicy(text('"mode": "observe", "observe_until": "2026-11-22T08:00:00Z",'));
  assert(loaded.ok);
  assert.equal(loaded.value.rules.observe_until, '1795334400000');
  for (const wrong of ['"observe_until": "5",', '"mode": "observe", "observe_until": "soon",']) {
    const refused = loadPolicy(text(wrong));
    assert.equal(refused.ok ? '' : refused.error[0]?.code, 'policy.invalid_time');
  }
});
