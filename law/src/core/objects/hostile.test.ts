import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  pathsIn,
  replaced,
  sampleObjects,
  sampleService,
  TestDomain,
} from '../../testing/index.ts';
import { isObjectId } from './names.ts';

const domain_id = 'agentgres://domain/test';
const plans = { backfill_plan_ref: 'plan://a', rollback_plan_ref: 'plan://b' };
const operation_ref = `op://op_${'1'.repeat(32)}`;
const DIGEST = `sha256:${'4e'.repeat(32)}`;
const schema = { type: 'object', fields: { name: { type: 'text' } } };
const unique = {
  constraint_id: 'con_name',
  domain_id,
  object_class: 'Empty',
  constraint_type: 'unique',
  expression: { pointers: ['/name'] },
  enforcement_mode: 'immediate',
  violation_receipt_type: 'validation',
};
const compared = {
  op: 'le',
  args: [{ aggregate: { object_class: 'Empty', measure: 'count' } }, { value: 3 }],
};

/** One sound payload of each operation. */
const payloads: Record<string, object> = {
  'class.define': { object_class: 'New', schema_version: '1.0.0', schema, owner_only: ['name'] },
  put: { ...sampleService(1), expected_version: '1', reason: 'because' },
  patch: { object_class: 'Service', id: 'svc_1', patch: { name: 'x' } },
  delete: { object_class: 'Service', id: 'svc_1' },
  transact: { steps: [{ action: 'put', ...sampleService(1) }] },
  'constraint.define': unique,
  'constraint.drop': { constraint_id: 'con_held' },
  'invariant.define': {
    invariant_id: 'inv_new',
    domain_id,
    invariant_type: 'policy',
    mode: 'enforce',
    expression: compared,
  },
  'invariant.drop': { invariant_id: 'inv_held' },
  'invariant.check': {
    invariant_id: 'inv_held',
    domain_id,
    invariant_type: 'policy',
    operation_refs: [operation_ref],
    result: 'pass',
    violation_refs: [],
    receipt_root: DIGEST,
  },
  'migration.propose': {
    migration_id: 'mig_new',
    domain_id,
    object_class: 'Empty',
    from_schema_version: '1.0.0',
    to_schema_version: '2.0.0',
    schema,
    transform: [{ op: 'rename', from: 'name', to: 'title' }],
    constraints: [unique],
    dropped_constraint_ids: ['con_held'],
    ...plans,
  },
  'migration.backfill': { migration_id: 'mig_held', object_ids: ['svc_1'] },
  'migration.rollback': { migration_id: 'mig_held', object_ids: ['svc_0'] },
  'migration.commit': {
    migration_id: 'mig_held',
    domain_id,
    from_schema_version: '1.0.0',
    to_schema_version: '2.0.0',
    proposed_operation_ref: operation_ref,
    validation_receipt_refs: [],
    projection_rebuild_refs: [],
    committed_operation_ref: operation_ref,
    ...plans,
  },
};

/** A domain in which each of them is admitted, or would be but for one thing. */
function domain(): TestDomain {
  const made = sampleObjects(2);
  made.must('class.define', { object_class: 'Empty', schema_version: '1.0.0', schema });
  made.must('constraint.define', { ...unique, constraint_id: 'con_held' });
  const invariant = { ...payloads['invariant.define'], invariant_id: 'inv_held' };
  made.must('invariant.define', invariant);
  return made;
}

function migrating(): TestDomain {
  const made = domain();
  made.must('migration.propose', {
    ...payloads['migration.propose'],
    migration_id: 'mig_held',
    object_class: 'Service',
    schema: { type: 'object', fields: looseFields() },
    constraints: [],
    dropped_constraint_ids: [],
  });
  made.must('migration.backfill', { migration_id: 'mig_held', object_ids: ['svc_0'] });
  return made;
}

/** Fields of a service with a title for a name, of any type. */
function looseFields(): object {
  const { name: _, ...others } = sampleService(1).value;
  const names = ['title', ...Object.keys(others)];
  return Object.fromEntries(names.map((name) => [name, { type: 'json' }]));
}

function nested(depth: number): unknown {
  let value: unknown = 'end';
  for (let at = 0; at < depth; at += 1) value = at % 2 === 0 ? [value] : { deep: value };
  return value;
}

const anyPlace = fc.constantFrom(
  ...Object.entries(payloads).flatMap(([operation, payload]) =>
    pathsIn(payload).map((path) => ({ operation, payload, path })),
  ),
);
const PROTOTYPE = JSON.parse('{"__proto__":{"type":"text"},"constructor":1}') as object;
const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom<unknown>(
    ...[
      '',
      '0',
      '__proto__',
      'constructor',
      'toString',
      '/__proto__',
      '\ud800',
      'e\u0301',
      '\u0000',
    ],
    ...[1e300, -0, 2 ** 53, null, [], {}, PROTOTYPE, nested(100), nested(200)],
    ...['put', 'Empty', 'Service', 'svc_0', '/name', 'unique', 'check', 'foreign_ref', 'temporal'],
    Array.from({ length: 3_000 }, () => 'x'),
    { op: 'and', args: [PROTOTYPE] },
    { type: 'list', items: PROTOTYPE },
  ),
);

test('whatever is proposed is admitted or refused by a code, and nothing throws', () => {
  const sound = new Map<string, TestDomain>(
    Object.keys(payloads).map((operation) => [
      operation,
      /backfill|rollback|commit/.test(operation) ? migrating() : domain(),
    ]),
  );
  for (const [operation, made] of sound) {
    const verdict = made.verdict(operation, payloads[operation]!);
    const expected = operation === 'migration.commit' ? 'migration.incomplete' : 'admitted';
    assert.equal(verdict, expected, operation);
  }
  fc.assert(
    fc.property(anyPlace, anyValue, ({ operation, payload, path }, value) => {
      const made = /backfill|rollback|commit/.test(operation) ? migrating() : domain();
      const verdict = made.verdict(operation, replaced(payload, path, value) as object);
      assert.match(verdict, /^(admitted|[a-z]+\.[a-z_]+)$/);
      assert.equal(Object.getPrototypeOf({}), Object.prototype);
      assert.ok(!('deep' in Object.prototype || 'type' in Object.prototype));
    }),
    { numRuns: 2_000 },
  );
});

test('names that every object has are data: ids, members of maps, parts of patches', () => {
  const made = new TestDomain();
  const map = { type: 'object', fields: { all: { type: 'map', values: { type: 'json' } } } };
  made.must('class.define', { object_class: 'Bag', schema_version: '1.0.0', schema: map });
  for (const id of ['__proto__', 'constructor', 'hasOwnProperty']) {
    const value = JSON.parse(`{"all":{"${id}":{"x":1}}}`) as object;
    made.must('put', { object_class: 'Bag', id, value });
    const patch = JSON.parse(`{"all":{"${id}":{"y":2}}}`) as object;
    const { events } = made.must('patch', { object_class: 'Bag', id, patch });
    const expected = `{"all":{"${id}":{"x":1,"y":2}}}`;
    assert.equal(JSON.stringify(events[0]?.['value']), expected);
  }
  assert.equal(made.heads.list('object.Bag').length, 3);
  for (const object_class of ['__proto__', 'constructor', 'toString']) {
    const verdict = made.verdict('put', { object_class, id: 'a', value: {} });
    assert.equal(verdict, 'operation.invalid_payload');
  }
});

test('an id has one to 512 characters in NFC and no control character', () => {
  const fine = ['a', ' ', '\u00e9', '\u{1f600}'.repeat(512), 'a/b', '__proto__'];
  for (const id of fine) assert.ok(isObjectId(id), id.slice(0, 20));
  const bad = [
    '',
    'a'.repeat(513),
    '\u{1f600}'.repeat(513),
    'e\u0301',
    'a\u0000',
    '\u0085',
    '\ud800',
  ];
  for (const id of bad) assert.ok(!isObjectId(id), JSON.stringify(id.slice(0, 20)));
  const made = sampleObjects(0);
  const verdict = made.verdict('put', { ...sampleService(1), id: 'e\u0301' });
  assert.equal(verdict, 'object.invalid_id');
});

test('what is too deep or too large is refused by name', () => {
  const made = new TestDomain();
  const any = { type: 'object', fields: { any: { type: 'json' } } };
  made.must('class.define', { object_class: 'Any', schema_version: '1.0.0', schema: any });
  const put = (value: unknown) =>
    made.verdict('put', { object_class: 'Any', id: 'a', value: { any: value } });
  assert.equal(put(nested(200)), 'operation.not_canonical');
  assert.equal(put('x'.repeat(40_000)), 'entry.too_large');
  assert.equal(put(nested(100)), 'admitted');
});
