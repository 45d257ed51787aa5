import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleObjects, sampleService, type TestDomain } from '../../testing/index.ts';
import { BEHIND_ID, type ClassHead, keys, type MigrationHead, type ObjectHead } from './heads.ts';

const domain_id = 'agentgres://domain/test';
const plans = { backfill_plan_ref: 'plan://a', rollback_plan_ref: 'plan://b' };
const versions = { from_schema_version: '1.0.0', to_schema_version: '2.0.0' };

/** name becomes title, price_cents a decimal price, and every service has a rank. */
const proposal = {
  migration_id: 'mig_price',
  domain_id,
  object_class: 'Service',
  ...versions,
  schema: {
    type: 'object',
    fields: {
      title: { type: 'text', max_length: 80 },
      price: { type: 'decimal' },
      rank: { type: 'integer', max: 100 },
      state: { type: 'enum', values: ['draft', 'listed', 'retired'] },
      owner: { type: 'ref', object_class: 'Owner' },
    },
  },
  transform: [
    { op: 'rename', from: 'name', to: 'title' },
    { op: 'rename', from: 'price_cents', to: 'price' },
    { op: 'convert', field: 'price', to: 'decimal' },
    { op: 'add', field: 'rank', value: 1 },
  ],
  constraints: [] as object[],
  dropped_constraint_ids: [] as string[],
  ...plans,
};

const commit = {
  migration_id: 'mig_price',
  domain_id,
  ...versions,
  proposed_operation_ref: `op://op_${'1'.repeat(32)}`,
  validation_receipt_refs: [],
  projection_rebuild_refs: ['projection://services'],
  committed_operation_ref: `op://op_${'2'.repeat(32)}`,
  ...plans,
};

const unique = (id: string, pointer: string) => ({
  constraint_id: `con_${id}`,
  domain_id,
  object_class: 'Service',
  constraint_type: 'unique',
  expression: { pointers: [pointer] },
  enforcement_mode: 'immediate',
  violation_receipt_type: 'validation',
});

const ids = (...numbers: number[]) => numbers.map((at) => `svc_${at}`);
const some = (...numbers: number[]) => ({ migration_id: 'mig_price', object_ids: ids(...numbers) });
const head = (domain: TestDomain, at: number) =>
  domain.head<ObjectHead>(keys.object('Service', `svc_${at}`));
const service = (domain: TestDomain) => domain.head<ClassHead>(keys.objectClass('Service'));

test('a migration is proposed, carried out, and committed when no object is left', () => {
  const domain = sampleObjects(3);
  domain.must('migration.propose', proposal);
  assert.equal(domain.verdict('migration.commit', commit), 'migration.incomplete');
  domain.must('migration.backfill', some(0, 1));
  assert.deepEqual(head(domain, 1)?.value, {
    title: 'Service 1',
    price: '37',
    rank: 1,
    state: 'listed',
    owner: 'owner_1',
  });
  assert.equal(head(domain, 1)?.schema_version, '2.0.0');
  assert.equal(head(domain, 2)?.schema_version, '1.0.0');
  assert.equal(domain.verdict('migration.backfill', some(1)), 'migration.not_behind');
  assert.equal(domain.verdict('migration.commit', commit), 'migration.incomplete');
  domain.must('migration.backfill', some(2));
  const other = { ...commit, from_schema_version: '0.9.0' };
  assert.equal(domain.verdict('migration.commit', other), 'migration.mismatch');
  const [event] = domain.must('migration.commit', commit).events;
  assert.deepEqual(event?.['projection_rebuild_refs'], ['projection://services']);
  assert.equal(service(domain)?.schema_version, '2.0.0');
  assert.equal(service(domain)?.migration, undefined);
  const done = domain.head<MigrationHead>(keys.migration('mig_price'));
  assert.equal(done?.state, 'committed');
  assert.equal(domain.verdict('migration.backfill', some(2)), 'migration.not_running');
  assert.equal(domain.verdict('migration.rollback', some()), 'migration.not_running');
});

test('while it runs, writes fit the next schema and take their object along', () => {
  const domain = sampleObjects(4);
  domain.must('migration.propose', proposal);
  assert.equal(domain.verdict('put', sampleService(1)), 'constraint.schema_type');
  assert.equal(domain.verdict('put', sampleService(9)), 'constraint.schema_type');
  const next = { title: 't', price: '1', rank: 2, state: 'draft', owner: 'o' };
  const put = (at: number) => ({ object_class: 'Service', id: `svc_${at}`, value: next });
  domain.must('put', put(0));
  domain.must('put', put(9));
  domain.must('patch', { object_class: 'Service', id: 'svc_1', patch: { rank: 7 } });
  assert.deepEqual(head(domain, 1)?.value['rank'], 7);
  assert.deepEqual(head(domain, 1)?.value['title'], 'Service 1');
  domain.must('delete', { object_class: 'Service', id: 'svc_2' });
  assert.deepEqual(domain.head(keys.tally('Service', BEHIND_ID)), { total: '1' });
  domain.must('migration.backfill', some(3));
  domain.must('migration.commit', commit);
});

test('the first object that does not fit is named with its place, and none is moved', () => {
  const domain = sampleObjects(3);
  const steps = [{ op: 'convert', field: 'name', to: 'integer' }, ...proposal.transform];
  domain.must('migration.propose', { ...proposal, transform: steps });
  const refused = domain.speak('migration.backfill', some(0));
  assert.ok(!refused.ok);
  assert.equal(refused.error.code, 'migration.not_convertible');
  assert.match(refused.error.message, /^Service\/svc_0 at \/name/);
  const narrow = sampleObjects(3);
  const rank = [...proposal.transform.slice(0, 3), { op: 'add', field: 'rank', value: 101 }];
  narrow.must('migration.propose', { ...proposal, transform: rank });
  const misfit = narrow.speak('migration.backfill', some(0, 1));
  assert.ok(
    !misfit.ok &&
      misfit.error.message === 'schema on Service/svc_0 at /rank: not in -9007199254740991..100',
  );
  assert.equal(head(narrow, 0)?.schema_version, '1.0.0');
});

test('a rollback brings every object back to what it was, and is over with the last', () => {
  const domain = sampleObjects(3);
  const before = domain.heads.list('object.Service');
  domain.must('migration.propose', proposal);
  domain.must('migration.backfill', some(0, 1));
  domain.must('patch', { object_class: 'Service', id: 'svc_1', patch: { rank: 9 } });
  domain.must('migration.rollback', some(0));
  const state = () => domain.head<MigrationHead>(keys.migration('mig_price'))?.state;
  assert.equal(state(), 'rolling_back');
  assert.equal(domain.verdict('migration.backfill', some(2)), 'migration.rolling_back');
  assert.equal(domain.verdict('migration.commit', commit), 'migration.rolling_back');
  assert.equal(domain.verdict('put', sampleService(5)), 'admitted');
  domain.must('migration.rollback', some(1));
  assert.equal(state(), 'rolled_back');
  assert.equal(service(domain)?.schema_version, '1.0.0');
  for (const each of before) {
    const { value, schema_version } = each.value as ObjectHead;
    const now = domain.head<ObjectHead>(each.key);
    assert.deepEqual([now?.value, now?.schema_version], [value, schema_version]);
  }
  assert.equal(head(domain, 1)?.original, undefined);
  const again = { ...proposal, migration_id: 'mig_again' };
  assert.equal(domain.verdict('migration.propose', again), 'admitted');
});

test('an object made while it ran has no way back: it is written anew or deleted', () => {
  const domain = sampleObjects(1);
  domain.must('migration.propose', proposal);
  const made = { title: 't', price: '1', rank: 2, state: 'draft', owner: 'o' };
  for (const id of ['svc_7', 'svc_8'])
    domain.must('put', { object_class: 'Service', id, value: made });
  assert.equal(domain.verdict('migration.rollback', some(7)), 'migration.not_convertible');
  domain.must('migration.rollback', some());
  domain.must('delete', { object_class: 'Service', id: 'svc_7' });
  domain.must('put', sampleService(8));
  domain.must('migration.rollback', some());
  assert.equal(service(domain)?.migration, undefined);
});

test('constraints come and go with a migration, and back with its rollback', () => {
  const domain = sampleObjects(0);
  domain.must('constraint.define', unique('name', '/name'));
  domain.must('put', sampleService(0));
  domain.must('put', sampleService(1));
  const constraints = [unique('title', '/title')];
  const dropping = { ...proposal, constraints, dropped_constraint_ids: ['con_name'] };
  assert.equal(domain.verdict('migration.propose', proposal), 'migration.invalid');
  domain.must('migration.propose', dropping);
  assert.equal(
    domain.verdict('constraint.drop', { constraint_id: 'con_title' }),
    'migration.running',
  );
  domain.must('migration.backfill', some(0));
  const retitle = { object_class: 'Service', id: 'svc_1', patch: { title: 'Service 0' } };
  assert.equal(domain.verdict('patch', retitle), 'constraint.unique');
  domain.must('migration.rollback', some(0));
  assert.equal(domain.verdict('put', { ...sampleService(0), id: 'svc_2' }), 'constraint.unique');
  assert.equal(domain.heads.list('unique.con_title').length, 0);
  assert.equal(
    domain.verdict('constraint.drop', { constraint_id: 'con_title' }),
    'constraint.unknown',
  );
  const title = { ...unique('title_2', '/title') };
  const second = { ...dropping, migration_id: 'mig_2', constraints: [title] };
  domain.must('migration.propose', second);
  domain.must('migration.backfill', { migration_id: 'mig_2', object_ids: ids(0, 1) });
  domain.must('migration.commit', { ...commit, migration_id: 'mig_2' });
  assert.equal(
    domain.verdict('constraint.drop', { constraint_id: 'con_name' }),
    'constraint.unknown',
  );
  assert.equal(domain.verdict('patch', retitle), 'constraint.unique');
  assert.equal(domain.verdict('constraint.drop', { constraint_id: 'con_title_2' }), 'admitted');
});

test('a proposal that does not fit the class is refused', () => {
  const propose = (change: object) => {
    const domain = sampleObjects(1);
    return domain.verdict('migration.propose', { ...proposal, ...change });
  };
  const invalid = 'migration.invalid';
  assert.equal(propose({ object_class: 'Stranger' }), 'class.unknown');
  assert.equal(propose({ from_schema_version: '1.1.0' }), invalid);
  assert.equal(propose({ to_schema_version: '1.0.0' }), invalid);
  assert.equal(propose({ to_schema_version: '0.9.9' }), invalid);
  assert.equal(propose({ to_schema_version: '1.10.0' }), 'admitted');
  assert.equal(propose({ schema: { type: 'text' } }), invalid);
  assert.equal(propose({ dropped_constraint_ids: ['con_none'] }), invalid);
  assert.equal(propose({ constraints: [unique('a', '/none')] }), invalid);
  assert.equal(propose({ constraints: [unique('a', '/title'), unique('a', '/rank')] }), invalid);
  const domain = sampleObjects(1);
  domain.must('migration.propose', proposal);
  const second = { ...proposal, migration_id: 'mig_second' };
  assert.equal(domain.verdict('migration.propose', second), 'migration.running');
});
