import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { TestDomain, textOf } from '../../testing/index.ts';
import { assertKept } from '../../testing/kept-numbers.ts';
import {
  ownerSchema,
  randomConstraint,
  randomInvariant,
  randomProposal,
  randomStep,
  randomThing,
  thingSchema,
} from '../../testing/random-objects.ts';
import { type ClassHead, keys, type ObjectHead } from './heads.ts';

const domain_id = 'agentgres://domain/random';
const plans = { backfill_plan_ref: 'plan://a', rollback_plan_ref: 'plan://b' };
const operation_ref = `op://op_${'1'.repeat(32)}`;

const one = fc.constantFrom('a', 'b', 'c').map((id) => [id]);

const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(randomStep, { minLength: 1, maxLength: 2 })
      .map((steps) => ({ kind: 'transact' as const, steps })),
  },
  { weight: 5, arbitrary: one.map((ids) => ({ kind: 'backfill' as const, ids })) },
  { weight: 3, arbitrary: one.map((ids) => ({ kind: 'rollback' as const, ids })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'finish' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 2, arbitrary: randomProposal.map((change) => ({ kind: 'propose' as const, change })) },
);

type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;
type Proposal = Extract<Act, { kind: 'propose' }>['change'];

const thing = (domain: TestDomain) => domain.head<ClassHead>(keys.objectClass('Thing'));

function propose(domain: TestDomain, change: Proposal): string {
  const head = thing(domain);
  assert.ok(head);
  const [major = '1'] = head.schema_version.split('.');
  const old = Object.entries(head.schema['fields'] as Record<string, object>);
  const kept = old.filter(([name]) => !change.replaced.includes(name));
  return domain.verdict('migration.propose', {
    migration_id: `mig_${domain.entries.length}`,
    domain_id,
    object_class: 'Thing',
    from_schema_version: head.schema_version,
    to_schema_version: `${Number(major) + 1}.0.0`,
    schema: { type: 'object', fields: { ...Object.fromEntries(kept), ...change.fields } },
    transform: change.transform,
    constraints: change.constraints,
    dropped_constraint_ids: head.constraints.map((each) => each.constraint_id).slice(0, 1),
    ...plans,
  });
}

function perform(domain: TestDomain, each: Act): string {
  const head = thing(domain);
  const migration_id = head?.migration?.migration_id ?? 'mig_none';
  switch (each.kind) {
    case 'transact':
      return domain.verdict('transact', { steps: each.steps });
    case 'backfill':
    case 'rollback':
      return domain.verdict(`migration.${each.kind}`, { migration_id, object_ids: each.ids });
    case 'finish':
      return domain.verdict('migration.rollback', { migration_id, object_ids: [] });
    case 'commit':
      return domain.verdict('migration.commit', {
        migration_id,
        domain_id,
        from_schema_version: head?.migration?.source.schema_version ?? '1.0.0',
        to_schema_version: head?.schema_version ?? '1.0.0',
        proposed_operation_ref: operation_ref,
        validation_receipt_refs: [],
        projection_rebuild_refs: [],
        committed_operation_ref: operation_ref,
        ...plans,
      });
    case 'propose':
      return propose(domain, each.change);
  }
}

const world = fc.record({
  schema: thingSchema,
  constraints: fc.array(randomConstraint, { maxLength: 2 }),
  invariants: fc.array(randomInvariant, { maxLength: 1 }),
  things: fc.array(randomThing, { minLength: 3, maxLength: 3 }),
  first: randomProposal,
  acts: fc.array(act, { minLength: 5, maxLength: 30, size: 'max' }),
});

/** What objects are rolled back to: their values when the migration was proposed. */
function valuesOf(domain: TestDomain): Map<string, string> {
  const held = domain.heads.list('object.Thing');
  return new Map(held.map(({ key, value }) => [key.id, textOf((value as ObjectHead).value)]));
}

test('through migrations forth and back, every index is what the objects give', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(world, ({ schema, constraints, invariants, things, first, acts }) => {
      const domain = new TestDomain();
      domain.must('class.define', { object_class: 'Thing', schema_version: '1.0.0', schema });
      const owner = { object_class: 'Owner', schema_version: '1.0.0', schema: ownerSchema };
      domain.must('class.define', owner);
      for (const each of invariants) domain.speak('invariant.define', each);
      for (const each of constraints) domain.speak('constraint.define', each);
      for (const id of ['o0', 'o1']) domain.speak('put', { object_class: 'Owner', id, value: {} });
      things.forEach((value, at) => {
        domain.speak('put', { object_class: 'Thing', id: 'abc'[at], value });
      });
      let untouched = new Map<string, string>();
      for (const each of [{ kind: 'propose' as const, change: first }, ...acts]) {
        const verdict = perform(domain, each);
        const name = `${each.kind} ${verdict}`;
        seen.set(name, (seen.get(name) ?? 0) + 1);
        if (each.kind === 'propose' && verdict === 'admitted') untouched = valuesOf(domain);
        if (each.kind === 'transact') for (const { id } of each.steps) untouched.delete(id);
        const isBack = thing(domain)?.migration === undefined;
        if (
          isBack &&
          (each.kind === 'rollback' || each.kind === 'finish') &&
          verdict === 'admitted'
        ) {
          const now = valuesOf(domain);
          for (const [id, value] of untouched) assert.equal(now.get(id), value);
        }
        assertKept(domain);
      }
    }),
    { numRuns: 400 },
  );
  for (const kind of ['propose', 'backfill', 'rollback', 'finish', 'commit']) {
    assert.ok((seen.get(`${kind} admitted`) ?? 0) > 20, `${kind} was rarely admitted`);
  }
});
