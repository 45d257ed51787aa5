import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isImported, type StateHeads } from './archive-state.ts';
import { importOperations, keepersOf } from './import-plan.ts';

const FROM = 'agentgres://domain/bank.example';
const TO = 'agentgres://domain/again.example';
const KEY = `sha256:${'aa'.repeat(32)}`;
const OTHER = `sha256:${'bb'.repeat(32)}`;

const sum = { measure: 'sum', pointer: '/n' };
const classOf = (
  owner: string,
  owner_only: readonly string[],
  aggregates: readonly object[] = [],
) =>
  JSON.stringify({
    ...{ schema_version: '1.0.0', schema: { type: 'object', fields: {} }, constraints: [] },
    ...{ owner, owner_only, aggregates: [{ measure: 'count' }, ...aggregates] },
    ...{ invariants: [], referenced_by: [] },
  });
const object = (seq: number, value: object = {}) =>
  JSON.stringify({ ...{ version: '1', schema_version: '1.0.0', value }, created_seq: `${seq}` });
const invariant = (id: string, object_class: string, members: object = {}) =>
  JSON.stringify({
    state: 'active',
    definition: {
      ...{ invariant_id: id, domain_id: FROM, invariant_type: 'settlement', mode: 'enforce' },
      expression: { op: 'exists', args: [{ aggregate: { object_class, ...sum } }] },
      ...members,
    },
  });

function stateOf(heads: Readonly<Record<string, Readonly<Record<string, string>>>>): StateHeads {
  const all = { node: { node: JSON.stringify({ domain_id: FROM }) }, ...heads };
  return new Map(Object.entries(all).map(([name, held]) => [name, new Map(Object.entries(held))]));
}

const bank = stateOf({
  class: { Account: classOf(KEY, ['n'], [sum]), Note: classOf('channel', []) },
  invariant: {
    inv_a: invariant('inv_a', 'Account'),
    inv_gone: invariant('inv_gone', 'Account').replace('active', 'dropped'),
    inv_import_0: invariant('inv_import_0', 'Account', { mode: 'record' }),
  },
  reference: {
    ref_a: JSON.stringify({ ref_id: 'ref_a', source_domain: FROM, target_domain: 'x' }),
  },
  artifact: { artifact_a: JSON.stringify({ artifact_id: 'artifact_a' }) },
  'object.Account': { a: object(3), b: object(5) },
  'object.Note': { n: object(4) },
});

const told = (heads: StateHeads, rebound: readonly string[] = []) => {
  const planned = importOperations({ domainId: TO, rebound: new Set(rebound) }, heads);
  if (!planned.ok) return planned.error.message;
  return planned.value.map(({ operation, payload, speaker }) => {
    const { invariant_id, object_class, steps, mode } = Object(payload);
    const ids = steps?.map((each: { id: string }) => each.id).join();
    const what = invariant_id ?? object_class ?? ids ?? '';
    return [operation.slice('objects/'.length), what, mode, speaker && 'key']
      .filter(Boolean)
      .join(' ');
  });
};

test('numbers are kept from before the objects on, and invariants are checked after them', () => {
  assert.deepEqual(told(bank), [
    'class.define Account key',
    'class.define Note',
    'invariant.define inv_import_1 record key',
    'transact a key',
    'transact n',
    'transact b key',
    'invariant.define inv_import_0 record key',
    'invariant.define inv_a enforce key',
    'invariant.drop inv_import_1 key',
    'reference.bind',
    'artifact.attach',
  ]);
  const planned = importOperations({ domainId: TO }, bank);
  assert.ok(planned.ok);
  for (const { payload } of planned.value) assert.ok(!JSON.stringify(payload).includes(FROM));
});

test('a class keeps its fields for its key, or for the channel where that is said', () => {
  assert.deepEqual([...keepersOf(bank)], [[KEY, ['Account']]]);
  const rebound = told(bank, ['Account']);
  assert.ok(Array.isArray(rebound) && rebound.every((each) => !each.endsWith('key')));
  assert.ok(rebound.includes('transact a,n,b'), 'one operation has them all');
});

test('an invariant over classes of more than one owner is refused by name', () => {
  const split = invariant('inv_both', 'Account', {
    expression: {
      op: 'eq',
      args: ['Account', 'Till'].map((name) => ({ aggregate: { object_class: name, ...sum } })),
    },
  });
  for (const owner of [OTHER, 'channel']) {
    const classes = { Account: classOf(KEY, ['n'], [sum]), Till: classOf(owner, ['n'], [sum]) };
    const refused = told(stateOf({ class: classes, invariant: { inv_both: split } }));
    assert.match(String(refused), /inv_both, which is over classes of more than one key/);
  }
});

test('invariants, references and artifacts that did not come are missed', () => {
  const renamed = (heads: StateHeads): StateHeads => {
    const text = JSON.stringify([...heads].map(([name, held]) => [name, [...held]]));
    const parsed = JSON.parse(text.replaceAll(FROM, TO)) as [string, [string, string][]][];
    return new Map(parsed.map(([name, held]) => [name, new Map(held)]));
  };
  const came = renamed(bank);
  assert.equal(isImported(bank, came), true);
  for (const name of ['invariant', 'reference', 'artifact']) {
    const without = new Map([...came].filter(([each]) => each !== name));
    assert.equal(isImported(bank, without), false, name);
  }
});
