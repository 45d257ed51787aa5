import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import {
  cidOf,
  domainOf,
  headRefs,
  isImported,
  mayComeUnder,
  namesHeads,
  type StateHeads,
} from './archive-state.ts';
import { importOperations as planned } from './import-plan.ts';

const DOMAIN = 'agentgres://domain/again.example';
const importOperations = (domainId: string, heads: StateHeads) => planned({ domainId }, heads);
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function head(created_seq: string, value: object, version = '1'): string {
  return JSON.stringify({ version, schema_version: '1.0.0', value, created_seq, updated_seq: '9' });
}

function stateOf(heads: Readonly<Record<string, Readonly<Record<string, string>>>>): StateHeads {
  return new Map(
    Object.entries(heads).map(([name, held]) => [name, new Map(Object.entries(held))]),
  );
}

const service = JSON.stringify({
  schema_version: '2.0.0',
  schema: { type: 'object', fields: {} },
  constraints: [{ constraint_id: 'con_a', domain_id: 'agentgres://domain/market.example' }],
  owner: 'channel',
  owner_only: ['price'],
  aggregates: [],
  invariants: [],
  referenced_by: [],
});

const FULL = Array.from({ length: 32 }, () => '{"measure":"count"}').join();

const state = stateOf({
  node: { node: '{}' },
  principal: { key: '{}' },
  class: { Service: service },
  constraint: { con_a: '{}' },
  'tally.Service': { count: '{}' },
  'object.Service': { a: head('12', { n: 1 }), b: head('7', { n: 2 }) },
});

test('classes come first, then constraints, then objects in the order they were made', () => {
  const operations = importOperations(DOMAIN, state);
  assert.ok(operations.ok);
  const [defined, constrained, put, ...rest] = operations.value;
  assert.deepEqual(rest, []);
  assert.equal(defined?.operation, 'objects/class.define');
  assert.deepEqual(Object(defined?.payload).owner_only, ['price']);
  assert.equal(Object(constrained?.payload).domain_id, DOMAIN);
  const ids = Object(put?.payload).steps.map((step: { id: string }) => step.id);
  assert.deepEqual(ids, ['b', 'a']);
});

test('constraints on changes and on times of writing come after the objects', () => {
  const kinds = ['transitions', 'order', 'clock', 'immutable_after'];
  const constraints = [
    ...kinds.map((kind) => ({
      constraint_id: `con_${kind}`,
      constraint_type: 'temporal',
      expression: { kind },
    })),
    { constraint_id: 'con_unique', constraint_type: 'unique', expression: { pointers: ['/n'] } },
  ];
  const timed = JSON.stringify({ ...JSON.parse(service), constraints });
  const held = { a: head('12', { n: 1 }) };
  const operations = importOperations(
    DOMAIN,
    stateOf({ class: { Service: timed }, 'object.Service': held }),
  );
  assert.ok(operations.ok);
  const names = operations.value.map(({ operation, payload }) => {
    return Object(payload).constraint_id ?? operation;
  });
  assert.deepEqual(names, [
    'objects/class.define',
    'con_order',
    'con_unique',
    'objects/transact',
    'con_transitions',
    'con_clock',
    'con_immutable_after',
  ]);
});

test('many objects go in as many operations as fit an entry', () => {
  const held = Array.from({ length: 70 }, (_, at) => [`id${at}`, head(String(at), { n: at })]);
  const many = stateOf({ class: {}, 'object.Service': Object.fromEntries(held) });
  const operations = importOperations(DOMAIN, many);
  assert.ok(operations.ok);
  const sizes = operations.value.map(({ payload }) => Object(payload).steps.length);
  assert.deepEqual(sizes, [32, 32, 6]);
  const long = { text: 'x'.repeat(20_000) };
  const two = stateOf({ 'object.Service': { a: head('1', long), b: head('2', long) } });
  const split = importOperations(DOMAIN, two);
  assert.equal(split.ok && split.value.length, 2);
});

test('operations are as large as their bytes in UTF-8, and what none can hold is refused', () => {
  for (const letter of ['日', 'ж', 'x', '"']) {
    const each = encodeUtf8(JSON.stringify(letter)).length - 2;
    const held = Array.from({ length: 40 }, (_, at) => {
      const text = letter.repeat(Math.floor((200 * (at + 1)) / each));
      return [`id${at}`, head(String(at), { text })];
    });
    const operations = importOperations(
      DOMAIN,
      stateOf({ 'object.Service': Object.fromEntries(held) }),
    );
    assert.ok(operations.ok);
    const counts = operations.value.map(({ payload }) => Object(payload).steps.length);
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      40,
    );
    for (const { payload } of operations.value) {
      const bytes = encodeUtf8(JSON.stringify(payload)).length;
      assert.ok(2 * bytes < 65_535 - 2_000, `${letter}: ${bytes}`);
    }
    const fits = letter.repeat(Math.floor(30_000 / each));
    const large = letter.repeat(Math.floor(31_000 / each));
    const single = (text: string) => stateOf({ 'object.Service': { a: head('1', { text }) } });
    assert.equal(importOperations(DOMAIN, single(fits)).ok, true);
    const refused = importOperations(DOMAIN, single(large));
    assert.equal(refused.ok ? 'ok' : refused.error.code, 'archive.not_carried');
  }
});

test('an object that goes into indexes takes more of an operation', () => {
  const constraints = Array.from({ length: 16 }, () => ({ constraint_type: 'unique' }));
  const indexed = JSON.stringify({ ...JSON.parse(service), constraints });
  const held = Array.from({ length: 32 }, (_, at) => [`id${at}`, head(String(at), { n: at })]);
  const state = stateOf({
    class: { Service: indexed },
    'object.Service': Object.fromEntries(held),
  });
  const operations = importOperations(DOMAIN, state);
  assert.ok(operations.ok);
  const puts = operations.value.filter(({ operation }) => operation === 'objects/transact');
  assert.deepEqual(
    puts.map(({ payload }) => Object(payload).steps.length),
    [9, 9, 9, 5],
  );
});

test('what an import would leave out refuses it', () => {
  for (const strange of [
    { run: { run_a: '{}' } },
    { class: { Moving: service.replace('{', '{"migration":{},') } },
    { class: { Full: service.replace('"aggregates":[]', `"aggregates":[${FULL}]`) } },
  ] as const) {
    const refused = importOperations(DOMAIN, stateOf(strange));
    assert.equal(refused.ok ? 'ok' : refused.error.code, 'archive.not_carried');
  }
});

test('a class of a key that keeps no field for it is carried', () => {
  const { owner_only: _, ...open } = JSON.parse(service);
  const shared = JSON.stringify({ ...open, owner: 'sha256:aa', owner_only: [] });
  assert.equal(importOperations(DOMAIN, stateOf({ class: { Shared: shared } })).ok, true);
});

test('objects are the same by their values, whatever their versions', () => {
  const refs = headRefs('market.example', state);
  assert.equal(refs.length, 1);
  const again = { a: head('3', { n: 1 }, '5'), b: head('1', { n: 2 }) };
  const named = { domain_id: 'agentgres://domain/market.example', object_head_refs: refs };
  assert.equal(namesHeads(named, stateOf({ 'object.Service': again })), true);
  assert.equal(isImported(state, stateOf({ 'object.Service': again })), true);
  for (const other of [
    { a: head('3', { n: 1 }) },
    { ...again, b: head('1', { n: 3 }) },
    { ...again, c: head('1', { n: 3 }) },
  ]) {
    assert.equal(namesHeads(named, stateOf({ 'object.Service': other })), false);
    assert.equal(isImported(state, stateOf({ 'object.Service': other })), false);
  }
  const more = { 'object.Service': again, 'object.Note': { a: head('4', {}) } };
  assert.equal(namesHeads(named, stateOf(more)), false);
  assert.equal(isImported(state, stateOf(more)), false);
  for (const object_head_refs of [[], ['ref://x'], [...refs, ...refs], [...refs, 'ref://x']]) {
    assert.equal(namesHeads({ ...named, object_head_refs }, state), false);
  }
  assert.equal(namesHeads({ ...named, domain_id: DOMAIN }, state), false);
});

test('a state is of the domain that its genesis names', () => {
  assert.equal(
    domainOf(stateOf({ node: { node: JSON.stringify({ domain_id: DOMAIN }) } })),
    DOMAIN,
  );
  assert.equal(domainOf(stateOf({})), undefined);
});

test('records of archives and restores stay behind', () => {
  const record = { a: head('1', { envelope: {} }) };
  const classes = { AgentStateArchive: service, RestoreReceipt: service, Service: service };
  const records = { 'object.AgentStateArchive': record, 'object.RestoreReceipt': record };
  const held = stateOf({ class: classes, ...records });
  const operations = importOperations(DOMAIN, held);
  assert.ok(operations.ok);
  const made = operations.value.map(({ payload }) => Object(payload));
  assert.deepEqual(
    made.map(({ object_class, constraint_id }) => object_class ?? constraint_id),
    ['Service', 'con_a'],
  );
  assert.equal(isImported(held, stateOf({})), true);
  assert.equal(headRefs('market.example', held).length, 2);
  const constraints = [{ constraint_id: 'con_a', expression: { object_class: 'RestoreReceipt' } }];
  const tied = JSON.stringify({ ...JSON.parse(service), constraints });
  const refused = importOperations(DOMAIN, stateOf({ class: { Service: tied } }));
  assert.equal(refused.ok ? 'ok' : refused.error.code, 'archive.not_carried');
});

test('a class of more objects than are listed is refused', () => {
  const ids = Array.from({ length: 100_001 }, (_, at) => [`id${at}`, '{}'] as const);
  const refused = importOperations(DOMAIN, new Map([['object.Service', new Map(ids)]]));
  assert.equal(refused.ok ? 'ok' : refused.error.code, 'archive.not_carried');
});

test('a CID is the one that others give the same bytes', () => {
  const raw = 'cid://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
  assert.equal(cidOf(EMPTY), raw);
});

test('state under another policy, or under none, comes in where that is named alone', () => {
  const none = undefined;
  assert.equal(mayComeUnder({ made: 'a', now: 'a', accepted: none }), true);
  assert.equal(mayComeUnder({ made: none, now: none, accepted: none }), true);
  assert.equal(mayComeUnder({ made: 'a', now: 'b', accepted: none }), false);
  assert.equal(mayComeUnder({ made: none, now: 'b', accepted: none }), false);
  assert.equal(mayComeUnder({ made: 'a', now: none, accepted: 'b' }), false);
  assert.equal(mayComeUnder({ made: 'a', now: 'b', accepted: 'a' }), true);
  assert.equal(mayComeUnder({ made: none, now: 'b', accepted: 'none' }), true);
});
