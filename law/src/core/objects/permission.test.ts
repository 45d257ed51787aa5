import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestDomain } from '../../testing/index.ts';
import { type ClassHead, keys } from './heads.ts';

const owner = `sha256:${'a'.repeat(64)}` as const;
const other = `sha256:${'b'.repeat(64)}` as const;
const domain_id = 'agentgres://domain/test';
const price = { type: 'integer', optional: true };
const schema = (...names: string[]) => ({
  type: 'object',
  fields: Object.fromEntries(names.map((name) => [name, price])),
});

/** A class whose price is its owner's, with an object that has one. */
function offers(): TestDomain {
  const domain = new TestDomain();
  const form = { schema_version: '1.0.0', schema: schema('price', 'rank') };
  domain.must('class.define', { object_class: 'Offer', ...form, owner_only: ['price'] }, owner);
  return domain;
}

const offer = (id: string, value: object) => ({ object_class: 'Offer', id, value });
const ownerOnly = (domain: TestDomain) =>
  domain.head<ClassHead>(keys.objectClass('Offer'))?.owner_only;

const migration = {
  migration_id: 'mig_price',
  domain_id,
  object_class: 'Offer',
  from_schema_version: '1.0.0',
  to_schema_version: '2.0.0',
  schema: schema('cost', 'rank'),
  transform: [
    { op: 'rename', from: 'price', to: 'amount' },
    { op: 'rename', from: 'amount', to: 'cost' },
  ],
  constraints: [],
  dropped_constraint_ids: [],
  backfill_plan_ref: 'plan://test/there',
  rollback_plan_ref: 'plan://test/back',
};
const moved = { migration_id: 'mig_price', object_ids: ['o'] };

test('a field of the owner stays the owner’s under the name a migration gives it', () => {
  const domain = offers();
  domain.must('put', offer('o', { price: 1 }), owner);
  domain.must('migration.propose', migration, owner);
  const costing = offer('new', { cost: 2 });
  assert.equal(domain.verdict('put', costing, other), 'object.owner_only', 'while it runs');
  domain.must('migration.backfill', moved, other);
  const ended = {
    migration_id: 'mig_price',
    domain_id,
    from_schema_version: '1.0.0',
    to_schema_version: '2.0.0',
    backfill_plan_ref: 'plan://test/there',
    rollback_plan_ref: 'plan://test/back',
    proposed_operation_ref: `op://op_${'1'.repeat(32)}`,
    committed_operation_ref: `op://op_${'2'.repeat(32)}`,
    projection_rebuild_refs: [],
    validation_receipt_refs: [],
  };
  domain.must('migration.commit', ended, other);
  assert.deepEqual(ownerOnly(domain), ['cost']);
  const patch = { object_class: 'Offer', id: 'o', patch: { cost: 3 } };
  assert.equal(domain.verdict('patch', patch, other), 'object.owner_only');
  assert.equal(domain.verdict('put', costing, other), 'object.owner_only');
  assert.equal(domain.verdict('put', offer('rank', { rank: 2 }), other), 'admitted');
  domain.must('patch', patch, owner);
});

test('rolled back, the field is the owner’s under its first name', () => {
  const domain = offers();
  domain.must('put', offer('o', { price: 1 }), owner);
  domain.must('migration.propose', migration, owner);
  domain.must('migration.backfill', moved, other);
  domain.must('migration.rollback', moved, owner);
  assert.deepEqual(ownerOnly(domain), ['price']);
  const patch = { object_class: 'Offer', id: 'o', patch: { price: 3 } };
  assert.equal(domain.verdict('patch', patch, other), 'object.owner_only');
});

test('constraints and invariants of a class with fields of its owner are the owner’s too', () => {
  const domain = offers();
  const constraint = {
    constraint_id: 'con_top',
    domain_id,
    object_class: 'Offer',
    constraint_type: 'check',
    expression: { op: 'le', args: [{ field: '/price' }, { value: 1 }] },
    enforcement_mode: 'immediate',
    violation_receipt_type: 'validation',
  };
  const invariant = {
    invariant_id: 'inv_few',
    domain_id,
    invariant_type: 'settlement',
    mode: 'enforce',
    expression: {
      op: 'le',
      args: [{ aggregate: { object_class: 'Offer', measure: 'count' } }, { value: 9 }],
    },
  };
  const steps: [string, object][] = [
    ['constraint.define', constraint],
    ['invariant.define', invariant],
    ['constraint.drop', { constraint_id: constraint.constraint_id }],
    ['invariant.drop', { invariant_id: invariant.invariant_id }],
  ];
  for (const [operation, payload] of steps) {
    assert.equal(domain.verdict(operation, payload, other), 'object.owner_only', operation);
    assert.equal(domain.verdict(operation, payload), 'object.owner_only', operation);
    domain.must(operation, payload, owner);
  }
});
