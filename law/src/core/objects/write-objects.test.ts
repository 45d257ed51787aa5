import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleObjects, sampleService, TestDomain } from '../../testing/index.ts';
import { foldEntry } from '../ledger/admit.ts';
import { HeadMap } from '../ledger/heads.ts';
import { COUNT_ID, keys, type ObjectHead, type TallyHead } from './heads.ts';

const service = keys.object('Service', 'svc_1');

test('an object is created, replaced, patched and deleted, and counts its versions', () => {
  const domain = sampleObjects(3);
  const created = domain.head<ObjectHead>(service);
  assert.deepEqual(created, {
    version: '1',
    schema_version: '1.0.0',
    value: sampleService(1).value,
    created_seq: '2',
    updated_seq: '2',
  });
  domain.must('put', { ...sampleService(1), value: sampleService(2).value });
  domain.must('patch', { object_class: 'Service', id: 'svc_1', patch: { state: 'draft' } });
  const patched = domain.head<ObjectHead>(service);
  assert.deepEqual(patched?.value, { ...sampleService(2).value, state: 'draft' });
  assert.deepEqual([patched.version, patched.created_seq, patched.updated_seq], ['3', '2', '5']);
  domain.must('delete', { object_class: 'Service', id: 'svc_1' });
  assert.equal(domain.head(service), undefined);
  assert.deepEqual(domain.head<TallyHead>(keys.tally('Service', COUNT_ID)), { total: '2' });
});

test('a write that expects another version is refused, and zero expects none', () => {
  const domain = sampleObjects(2);
  const put = (expected_version: string) =>
    domain.verdict('put', { ...sampleService(1), expected_version });
  assert.deepEqual(
    [put('0'), put('2'), put('1')],
    ['object.version_conflict', 'object.version_conflict', 'admitted'],
  );
  const fresh = { ...sampleService(9), expected_version: '0' };
  assert.equal(domain.verdict('put', fresh), 'admitted');
  assert.equal(domain.verdict('put', fresh), 'object.version_conflict');
});

test('a patch or delete of what is not there is refused, and so is an unknown class', () => {
  const domain = sampleObjects(1);
  const missing = { object_class: 'Service', id: 'svc_9' };
  assert.equal(domain.verdict('patch', { ...missing, patch: {} }), 'object.missing');
  assert.equal(domain.verdict('delete', missing), 'object.missing');
  const stranger = { object_class: 'Stranger', id: 'a', value: {} };
  assert.equal(domain.verdict('put', stranger), 'class.unknown');
});

test('a transact takes effect whole or not at all, and names an object once', () => {
  const domain = sampleObjects(3);
  const at = (id: string) => ({ object_class: 'Service', id });
  const before = domain.heads.list('object.Service');
  const steps = [
    { action: 'delete', ...at('svc_0') },
    { action: 'patch', ...at('svc_1'), patch: { price_cents: -1 } },
  ];
  assert.equal(domain.verdict('transact', { steps }), 'constraint.schema_type');
  assert.deepEqual(domain.heads.list('object.Service'), before);
  const twice = [steps[0], { action: 'put', ...sampleService(0) }];
  assert.equal(domain.verdict('transact', { steps: twice }), 'object.named_twice');
  const sound = [steps[0], { action: 'patch', ...at('svc_1'), patch: { price_cents: 1 } }];
  assert.equal(domain.must('transact', { steps: sound }).events.length, 2);
  assert.deepEqual(domain.head<TallyHead>(keys.tally('Service', COUNT_ID)), { total: '2' });
});

test('fields of the owner are written by whoever defined the class', () => {
  const domain = new TestDomain();
  const [owner, other] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`] as const;
  const fields = { price: { type: 'integer' }, note: { type: 'text', optional: true } };
  const owned = {
    object_class: 'Offer',
    schema_version: '1.0.0',
    schema: { type: 'object', fields },
    owner_only: ['price'],
  };
  assert.equal(
    domain.verdict('class.define', { ...owned, owner_only: ['prize'] }, owner),
    'class.invalid_schema',
  );
  domain.must('class.define', owned, owner);
  const offer = { object_class: 'Offer', id: 'o', value: { price: 1 } };
  assert.equal(domain.verdict('put', offer, other), 'object.owner_only');
  assert.equal(domain.verdict('put', offer), 'object.owner_only');
  domain.must('put', offer, owner);
  const patch = (members: object) => ({ object_class: 'Offer', id: 'o', patch: members });
  assert.equal(domain.verdict('patch', patch({ price: 2 }), other), 'object.owner_only');
  assert.equal(domain.verdict('patch', patch({ note: 'seen' }), other), 'admitted');
});

test('what is the owner’s is not got round by deleting it, or by a migration', () => {
  const domain = new TestDomain();
  const [owner, other] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`] as const;
  const price = { type: 'integer', optional: true };
  const schema = (name: string) => ({ type: 'object', fields: { [name]: price } });
  const owned = { schema_version: '1.0.0', schema: schema('price'), owner_only: ['price'] };
  domain.must('class.define', { object_class: 'Offer', ...owned }, owner);
  for (const [id, value] of [
    ['o', { price: 1 }],
    ['free', {}],
  ] as const) {
    domain.must('put', { object_class: 'Offer', id, value }, owner);
  }
  const gone = (id: string) => ({ object_class: 'Offer', id });
  assert.equal(domain.verdict('delete', gone('o'), other), 'object.owner_only');
  assert.equal(domain.verdict('delete', gone('free'), other), 'admitted');
  const migration = {
    migration_id: 'mig_price',
    domain_id: 'agentgres://domain/test',
    object_class: 'Offer',
    from_schema_version: '1.0.0',
    to_schema_version: '2.0.0',
    schema: schema('cost'),
    transform: [{ op: 'rename', from: 'price', to: 'cost' }],
    constraints: [],
    dropped_constraint_ids: [],
    backfill_plan_ref: 'plan://test/there',
    rollback_plan_ref: 'plan://test/back',
  };
  assert.equal(domain.verdict('migration.propose', migration, other), 'object.owner_only');
  domain.must('migration.propose', migration, owner);
  const back = { migration_id: 'mig_price', object_ids: ['o'] };
  domain.must('migration.backfill', back, other);
  assert.equal(domain.verdict('migration.rollback', back, other), 'object.owner_only');
  const strange = { ...back, migration_id: 'mig_none' };
  assert.equal(domain.verdict('migration.rollback', strange, other), 'migration.not_running');
  domain.must('migration.rollback', back, owner);
});

test('folding the events of a log gives the heads that admitting it did', () => {
  const domain = sampleObjects(5);
  domain.must('patch', { object_class: 'Service', id: 'svc_1', patch: { state: 'draft' } });
  domain.must('delete', { object_class: 'Service', id: 'svc_2' });
  const folded = new HeadMap();
  for (const entry of domain.entries) {
    const changes = foldEntry(entry, domain.modules, folded);
    assert.ok(changes.ok);
    folded.apply(changes.value);
  }
  for (const headClass of ['class', 'object.Service', 'tally.Service']) {
    assert.deepEqual(folded.list(headClass), domain.heads.list(headClass));
  }
});
