import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { anyBudgets, anyFacts, anyRequest, anyRules } from '../../testing/random-policies.ts';
import { compilePolicy } from './compile.ts';
import { budgetIdsFor, evaluate } from './evaluate.ts';
import { budgetIdsIn, decideLayers } from './layers.ts';
import { rankOf } from './rules.ts';
import { subjectOf } from './subject.ts';

const RUNS = 4000;

const anySituation = fc.record({
  local: anyRules.map(compilePolicy),
  outer: anyRules.map(compilePolicy),
  subject: fc.tuple(anyRequest, anyFacts).map(([request, facts]) => subjectOf(request, facts)),
  budgets: anyBudgets,
});

const anyStale = fc.constantFrom(undefined, 'block' as const, 'ask' as const, 'keep' as const);

test('a decision is never above either layer, and is one of them', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(anySituation, anyStale, ({ local, outer, subject, budgets }, stale) => {
      const ceiling = { policy: outer, ...(stale === undefined ? {} : { stale }) };
      const decision = decideLayers({ local, ceiling }, subject, budgets);
      const [inside, above] = [local, outer].map((each) => evaluate(each, subject, budgets));
      assert.ok(inside && above);
      const least = Math.min(rankOf(inside.verdict), rankOf(above.verdict));
      assert.ok(rankOf(decision.verdict) <= least);
      if (stale === undefined || stale === 'keep') {
        assert.equal(rankOf(decision.verdict), least);
        const stands = decision.layer === 'local' ? inside : above;
        assert.deepEqual([decision.verdict, decision.code], [stands.verdict, stands.code]);
        assert.deepEqual([decision.ruleId, decision.field], [stands.ruleId, stands.field]);
      }
      seen.add(`${decision.layer} ${decision.verdict}`);
    }),
    { numRuns: RUNS },
  );
  assert.deepEqual([...seen].sort(), [
    'local ALLOW',
    'local BLOCK',
    'local REQUIRE_APPROVAL',
    'organisation BLOCK',
    'organisation REQUIRE_APPROVAL',
  ]);
});

test('what goes ahead takes each budget of both layers once', () => {
  let several = 0;
  fc.assert(
    fc.property(anySituation, ({ local, outer, subject, budgets }) => {
      const layers = { local, ceiling: { policy: outer } };
      const decision = decideLayers(layers, subject, budgets);
      const taken = decision.reservations.map((each) => each.budget_id);
      assert.equal(new Set(taken).size, taken.length);
      if (decision.verdict === 'BLOCK') assert.deepEqual(taken, []);
      else {
        const both = [local, outer].flatMap((each) => budgetIdsFor(each, subject));
        assert.deepEqual(new Set(taken), new Set(both));
        if (taken.length > 1) several += 1;
      }
      assert.ok(taken.every((each) => budgetIdsIn(layers, subject).includes(each)));
    }),
    { numRuns: RUNS },
  );
  assert.ok(several > 0);
});

test('a stale bundle blocks everything, asks for what was allowed, or is kept', () => {
  fc.assert(
    fc.property(anySituation, ({ local, outer, subject, budgets }) => {
      const fresh = decideLayers({ local, ceiling: { policy: outer } }, subject, budgets);
      const when = (stale: 'block' | 'ask' | 'keep') =>
        decideLayers({ local, ceiling: { policy: outer, stale } }, subject, budgets);
      assert.deepEqual(when('keep'), fresh);
      const { verdict, code, reservations } = when('block');
      assert.deepEqual([verdict, code, reservations], ['BLOCK', 'policy.bundle_stale', []]);
      const asked = when('ask');
      if (fresh.verdict !== 'ALLOW') assert.deepEqual(asked, fresh);
      else {
        assert.deepEqual([asked.verdict, asked.layer], ['REQUIRE_APPROVAL', 'organisation']);
        assert.deepEqual(asked.reservations, fresh.reservations);
      }
    }),
    { numRuns: RUNS },
  );
});

test('without an organisation the one layer decides, and names no layer', () => {
  fc.assert(
    fc.property(anySituation, ({ local, subject, budgets }) => {
      const decision = decideLayers({ local }, subject, budgets);
      assert.deepEqual(decision, evaluate(local, subject, budgets));
      const none = decideLayers({ local: undefined }, subject, budgets);
      assert.deepEqual([none.verdict, none.code], ['BLOCK', 'policy.none_active']);
    }),
    { numRuns: 500 },
  );
});
