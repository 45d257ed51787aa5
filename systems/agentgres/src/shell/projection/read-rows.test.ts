import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { QueryAnswer, QueryRequest } from '@ioi/protocol';
import fc from 'fast-check';
import { checkRead } from '../../core/index.ts';
import { catchUp, EngineKit } from '../../testing/engine-kit.ts';
import { MemoryLog } from '../../testing/memory-log.ts';
import { anyEntries, definitionOf } from '../../testing/projections.ts';
import { readRows, Snapshots } from './read-rows.ts';

let kit: EngineKit;
beforeEach(() => {
  kit = new EngineKit();
});
afterEach(() => kit.remove());

const definition = definitionOf([
  {
    on: 'a.put',
    key: ['/event/id'],
    set: { text: '/event/text', count: '/event/count', flag: '/event/flag', more: '/event/more' },
  },
]);
const { projection } = definition;
const consistency = 'cached_projection';

const word = fc.oneof(
  fc.constantFrom('x', 'y', '', '\u{10000}', '\u{ffee}', '\u0000'),
  fc.string(),
);
const range = fc.dictionary(
  fc.constantFrom('lt', 'lte', 'gt', 'gte'),
  fc.oneof(fc.constant(null), fc.integer({ min: -3, max: 9 })),
);
const anyRequest: fc.Arbitrary<QueryRequest> = fc.record(
  {
    projection: fc.constant(projection),
    consistency: fc.constant(consistency),
    where: fc.record(
      {
        text: fc.oneof(word, fc.constant(null), fc.record({ prefix: word })),
        id: fc.oneof(word, fc.record({ prefix: word, gte: word }, { requiredKeys: [] })),
        count: fc.oneof(fc.integer({ min: 0, max: 7 }), range),
        flag: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    order: fc.uniqueArray(
      fc.constantFrom('text', '-count', '-flag', '-text', 'count', '-id', 'id'),
      { maxLength: 3, selector: (name) => name.replace('-', '') },
    ),
    limit: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: ['projection', 'consistency', 'limit'] },
);

test('every query, page by page, gives what replay at its watermark gives', () => {
  fc.assert(
    fc.property(
      fc.array(anyEntries, { minLength: 1, maxLength: 3 }),
      anyRequest,
      (all, request) => {
        const log = new MemoryLog();
        for (const entries of all) log.commit(entries.map(({ events }) => events));
        const each = new EngineKit();
        const engine = each.open(log);
        assert.ok(engine.define(definition).ok);
        catchUp(engine, log);
        const file = engine.get(projection)?.serving;
        assert.ok(file);
        let after: string | undefined;
        for (let page = 0; page < 60; page += 1) {
          const asked = after === undefined ? request : { ...request, after };
          const read = readRows(file, asked);
          assert.ok(read.ok, JSON.stringify(read));
          const { answer } = read.value;
          const recorded = { definition, request: asked, answer, committedAtArrival: 0 };
          assert.deepEqual(checkRead(recorded, log.texts), { ok: true, value: undefined });
          after = answer.next;
          if (after === undefined) break;
        }
        assert.equal(after, undefined);
        engine.close();
        each.remove();
      },
    ),
    { numRuns: 150 },
  );
});

function served(log: MemoryLog) {
  const engine = kit.open(log);
  assert.ok(engine.define(definition).ok);
  catchUp(engine, log);
  const file = engine.get(projection)?.serving;
  assert.ok(file);
  return { engine, file };
}

test('a read that is not what the log says is found, whatever is wrong with it', () => {
  const log = new MemoryLog();
  for (let id = 0; id < 5; id += 1) log.commit([[{ type: 'a.put', id: `i${id}`, count: id }]]);
  const { engine, file } = served(log);
  const request: QueryRequest = { projection, consistency: 'linearized_domain' };
  const read = readRows(file, request);
  assert.ok(read.ok);
  const { answer } = read.value;
  const check = (changed: Partial<QueryAnswer>, committedAtArrival = 10) => {
    const recorded = { definition, request, committedAtArrival };
    const checked = checkRead({ ...recorded, answer: { ...answer, ...changed } }, log.texts);
    return checked.ok ? 'holds' : checked.error.code;
  };
  assert.equal(check({}), 'holds');
  assert.equal(check({}, 12), 'read.level');
  assert.equal(check({ rows: answer.rows.slice(1) }), 'read.rows');
  assert.equal(check({ rows: [{ ...answer.rows[0], count: 9 }] }), 'read.rows');
  assert.equal(check({ watermark: 'domain_seq:7' }), 'read.log_root');
  assert.equal(check({ watermark: 'domain_seq:8' }), 'read.watermark');
  assert.equal(check({ watermark: 'domain_seq:99' }), 'read.watermark');
  assert.equal(check({ state_root: answer.log_root }), 'read.state_root');
  assert.equal(check({ chain_time: '1' }), 'read.chain_time');
  assert.equal(check({ definition_hash: answer.log_root }), 'read.definition');
  assert.equal(check({ consistency: 'cached_projection' }), 'read.level');
  engine.close();
});

test('a snapshot stays at its watermark while the log goes on, and ends by itself', () => {
  const log = new MemoryLog();
  log.commit([[{ type: 'a.put', id: 'one', count: 1 }]]);
  const { engine, file } = served(log);
  let now = 0;
  const snapshots = new Snapshots(() => now);
  const request: QueryRequest = { projection, consistency: 'snapshot_consistent' };
  const first = snapshots.open(file, request);
  assert.ok(first.ok && first.value.answer.snapshot);
  const { handle } = first.value.answer.snapshot;
  log.commit([[{ type: 'a.put', id: 'one', count: 2 }], [{ type: 'a.put', id: 'two' }]]);
  catchUp(engine, log);
  assert.ok(engine.rebuild(projection).ok);
  catchUp(engine, log);
  const again = snapshots.read(handle, request);
  assert.ok(again.ok);
  assert.deepEqual(again.value.answer, first.value.answer);
  const recorded = { definition, request, answer: again.value.answer, committedAtArrival: 0 };
  assert.ok(checkRead({ ...recorded, firstOfSnapshot: first.value.answer }, log.texts).ok);
  const other = snapshots.read(handle, { ...request, projection: 'projection://*/other' });
  assert.ok(!other.ok && other.error.code === 'snapshot.unknown');
  for (let reads = 0; reads < 11; reads += 1) {
    now += 50_000;
    assert.ok(snapshots.read(handle, request).ok, 'reading keeps it');
  }
  now += 50_000;
  const ended = snapshots.read(handle, request);
  assert.ok(!ended.ok && ended.error.code === 'snapshot.unknown');
  snapshots.close();
  engine.close();
});

test('one reader leaves snapshots to others', () => {
  const log = new MemoryLog();
  log.commit([[{ type: 'a.put', id: 'one' }]]);
  const { engine, file } = served(log);
  const snapshots = new Snapshots(() => 0);
  const request: QueryRequest = { projection, consistency: 'snapshot_consistent' };
  const greedy = Array.from({ length: 9 }, () => snapshots.open(file, request, 'greedy'));
  assert.deepEqual(
    greedy.map((each) => each.ok),
    [...Array.from({ length: 8 }, () => true), false],
  );
  assert.ok(snapshots.open(file, request, 'other').ok);
  snapshots.close();
  engine.close();
});

test('only so many snapshots are open at once', () => {
  const log = new MemoryLog();
  log.commit([[{ type: 'a.put', id: 'one' }]]);
  const { engine, file } = served(log);
  const snapshots = new Snapshots(() => 0);
  const request: QueryRequest = { projection, consistency: 'snapshot_consistent' };
  const opened = Array.from({ length: 40 }, (_, at) => {
    return snapshots.open(file, request, `reader ${at % 5}`);
  });
  assert.equal(opened.filter((each) => each.ok).length, 32);
  assert.ok(opened.every((each) => each.ok || each.error.code === 'snapshot.too_many'));
  snapshots.close();
  engine.close();
});
