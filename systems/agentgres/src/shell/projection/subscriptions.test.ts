import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFaultProof, isProjectionCheckpoint } from '@ioi/protocol';
import fc from 'fast-check';
import { decodeResume, type ResumeToken } from '../../core/index.ts';
import { catchUp, EngineKit, rowsOf } from '../../testing/engine-kit.ts';
import { MemoryLog } from '../../testing/memory-log.ts';
import { anyEntries, definitionOf } from '../../testing/projections.ts';
import type { ProjectionEngine } from './engine.ts';
import type { Notice } from './notices.ts';
import { type Delivery, Subscriptions } from './subscriptions.ts';

const definition = definitionOf([
  {
    on: 'a.put',
    key: ['/event/id'],
    set: { text: '/event/text', count: '/event/count', flag: '/event/flag' },
  },
  { on: 'a.gone', key: ['/event/id'], delete: true },
]);
const { projection } = definition;

/** A node that serves one projection and its subscriptions over a log. */
class Server {
  readonly kit = new EngineKit();
  readonly engine: ProjectionEngine;
  readonly subscriptions: Subscriptions;
  readonly #log: MemoryLog;

  constructor(log: MemoryLog) {
    this.#log = log;
    this.engine = this.kit.open(log);
    assert.ok(this.engine.define(definition).ok);
    const options = { engine: this.engine, log, domain: 'agentgres://domain/test' };
    this.subscriptions = new Subscriptions({ ...options, checkpoints: () => ['a note'] });
    this.catchUp();
  }

  catchUp(size = this.#log.texts.length): Delivery[] {
    catchUp(this.engine, this.#log, size);
    return this.kit.news.splice(0).flatMap((news) => this.subscriptions.route(news));
  }

  close(): void {
    this.engine.close();
    this.kit.remove();
  }
}

/** What a client makes of what it is told. */
class Client {
  readonly rows = new Map<string, unknown>();
  resume: ResumeToken | undefined;
  told = 0;

  take(notices: readonly Notice[]): void {
    for (const { event, id, data } of notices) {
      const value = JSON.parse(data);
      if (event === 'snapshot') {
        this.rows.clear();
        for (const row of value.rows) this.rows.set(row.id, row);
      }
      if (event === 'delta') {
        for (const row of value.put) {
          assert.notDeepEqual(this.rows.get(row.id), row, 'told twice');
          this.rows.set(row.id, row);
        }
        for (const key of value.remove) this.rows.delete(key.id);
        this.told += 1;
      }
      this.resume = decodeResume(id);
      assert.ok(this.resume, 'every event can be resumed from');
    }
  }

  get list(): unknown[] {
    return [...this.rows.values()];
  }
}

const anyWhere = fc.record(
  {
    text: fc.constantFrom('x', 'y', null),
    count: fc.constantFrom(7, 0, null),
    flag: fc.boolean(),
  },
  { requiredKeys: [] },
);
type Where = Record<string, unknown>;

function matching(server: Server, where: Where): unknown[] {
  const rows = rowsOf(server.engine, definition).map((row) => ({
    ...row,
    flag: row['flag'] === null ? null : row['flag'] === 1,
  }));
  return rows.filter((row: Where) => Object.entries(where).every(([name, is]) => row[name] === is));
}

function sorted(rows: unknown[]): string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row as object).sort())).sort();
}

test('whoever listens, goes away and resumes elsewhere has the rows, told once', () => {
  const steps = fc.array(
    fc.record({ entries: anyEntries, away: fc.boolean(), node: fc.nat(1), commits: fc.nat(2) }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(steps, anyWhere, (all, where) => {
      const log = new MemoryLog();
      log.commit([[]]);
      const servers = [new Server(log), new Server(log)];
      const client = new Client();
      let at = servers[0] as Server;
      const join = (): void => {
        const { resume } = client;
        const first = at.subscriptions.add({ subscriber: 1, projection, where, resume });
        assert.ok(first.ok, JSON.stringify(first));
        client.take(first.value);
      };
      join();
      for (const { entries, away, node, commits } of all) {
        if (away) at.subscriptions.remove(1);
        for (let commit = 0; commit <= commits; commit += 1) {
          log.commit(entries.slice(commit).map(({ events }) => events));
          // The first node sees every commit by itself, the second several at once.
          const told = (servers[0] as Server).catchUp();
          client.take(told.flatMap(({ notices }) => notices));
        }
        client.take((servers[1] as Server).catchUp().flatMap(({ notices }) => notices));
        if (away) {
          at = servers[node] as Server;
          join();
        }
        assert.deepEqual(sorted(client.list), sorted(matching(at, where)));
      }
      for (const server of servers) server.close();
    }),
    { numRuns: 80 },
  );
});

test('another history is answered with a fault proof, and the stream ends', () => {
  const [ours, theirs] = [new MemoryLog(), new MemoryLog()];
  for (const [log, id] of [
    [ours, 'a'],
    [theirs, 'b'],
  ] as const) {
    log.commit([[{ type: 'a.put', id }]]);
    log.commit([[]]);
  }
  const [here, there] = [new Server(ours), new Server(theirs)];
  const client = new Client();
  const first = here.subscriptions.add({ subscriber: 1, projection, where: {}, resume: undefined });
  assert.ok(first.ok);
  client.take(first.value);
  const { resume } = client;
  const moved = there.subscriptions.add({ subscriber: 2, projection, where: {}, resume });
  assert.ok(moved.ok);
  const [notice] = moved.value;
  assert.equal(notice?.event, 'fault');
  const proof = JSON.parse(notice?.data ?? '');
  assert.ok(isFaultProof(proof));
  assert.equal(proof.claimed.root, resume?.log_root);
  assert.equal(proof.held.root, theirs.sealed().root);
  assert.deepEqual(proof.checkpoints, ['a note']);
  theirs.commit([[{ type: 'a.put', id: 'c' }]]);
  assert.deepEqual(there.catchUp(), []);
  here.close();
  there.close();
});

test('a token from before what is kept gets a checkpoint and the rows', () => {
  const log = new MemoryLog();
  log.commit([[{ type: 'a.put', id: 'i' }]]);
  const early = new Server(log);
  const client = new Client();
  const first = early.subscriptions.add({
    subscriber: 1,
    projection,
    where: {},
    resume: undefined,
  });
  assert.ok(first.ok);
  client.take(first.value);
  for (let more = 0; more < 20; more += 1)
    log.commit(Array(500).fill([{ type: 'a.put', id: 'j' }]));
  const late = new Server(log);
  const { resume } = client;
  const again = late.subscriptions.add({ subscriber: 1, projection, where: {}, resume });
  assert.ok(again.ok);
  assert.deepEqual(
    again.value.map(({ event }) => event),
    ['rebase', 'snapshot'],
  );
  const { checkpoint } = JSON.parse(again.value[0]?.data ?? '');
  assert.ok(isProjectionCheckpoint(checkpoint));
  assert.deepEqual([checkpoint.rows, checkpoint.watermark.seq], [2, String(log.texts.length - 1)]);
  client.take(again.value);
  assert.deepEqual([...client.rows.keys()].sort(), ['i', 'j']);
  // The node that stood still reads everything anew, and tells its own listeners once.
  const told = early.catchUp().flatMap(({ notices }) => notices.map(({ event }) => event));
  assert.deepEqual(told.slice(0, 2), ['rebase', 'snapshot']);
  assert.equal(told.filter((event) => event === 'rebase').length, 1);
  const ahead = new MemoryLog().extend(log.texts.slice(0, 2));
  const behind = new Server(ahead);
  const early2 = behind.subscriptions.add({
    subscriber: 1,
    projection,
    where: {},
    resume: client.resume,
  });
  assert.ok(!early2.ok && early2.error.code === 'subscription.ahead');
  for (const server of [early, late, behind]) server.close();
});

test('only those are told whom a change concerns, and filters are by equality', () => {
  const log = new MemoryLog();
  log.commit([[]]);
  const server = new Server(log);
  const wheres = [{ text: 'x' }, { text: 'x' }, { text: 'y' }, {}, { text: 'x', count: 1 }];
  wheres.forEach((where, subscriber) => {
    const added = server.subscriptions.add({ subscriber, projection, where, resume: undefined });
    assert.ok(added.ok);
  });
  log.commit([[{ type: 'a.put', id: 'i', text: 'x', count: 2 }]]);
  const told = server.catchUp().map(({ subscribers }) => [...subscribers]);
  assert.deepEqual(told.sort(), [[0, 1], [3]]);
  server.subscriptions.remove(0);
  log.commit([[{ type: 'a.put', id: 'i', text: 'y', count: 1 }]]);
  const later = server.catchUp();
  const removed = later.find(({ subscribers }) => subscribers.includes(1))?.notices[0]?.data ?? '';
  assert.deepEqual(JSON.parse(removed).remove, [{ id: 'i' }]);
  assert.deepEqual(later.flatMap(({ subscribers }) => [...subscribers]).sort(), [1, 2, 3]);
  const ranged = { subscriber: 9, projection, where: { count: { gt: 1 } }, resume: undefined };
  const refused = server.subscriptions.add(ranged);
  assert.ok(!refused.ok && refused.error.code === 'query.invalid');
  const ended = server.subscriptions.end(projection, 'it was removed');
  assert.deepEqual(ended.flatMap(({ subscribers }) => [...subscribers]).sort(), [1, 2, 3, 4]);
  server.close();
});

test('a token of another domain is refused, and is no proof against this one', () => {
  const log = new MemoryLog();
  log.commit([[{ type: 'a.put', id: 'i' }]]);
  const server = new Server(log);
  const client = new Client();
  const first = server.subscriptions.add({
    subscriber: 1,
    projection,
    where: {},
    resume: undefined,
  });
  assert.ok(first.ok);
  client.take(first.value);
  assert.ok(client.resume);
  const resume = { ...client.resume, domain_id: 'agentgres://domain/other' };
  const refused = server.subscriptions.add({ subscriber: 2, projection, where: {}, resume });
  assert.ok(!refused.ok && refused.error.code === 'query.invalid');
  server.close();
});

test('whoever comes while what nobody listened to is folded is told of the rest', () => {
  const log = new MemoryLog();
  log.commit([[]]);
  const server = new Server(log);
  const rows = 700;
  for (let at = 0; at < rows; at += 1) log.commit([[{ type: 'a.put', id: `row ${at}` }]]);
  server.engine.sealed(log.sealed(), 'unwatched');
  server.engine.step();
  const client = new Client();
  const first = server.subscriptions.add({
    ...{ subscriber: 1, projection, where: undefined, resume: undefined },
  });
  assert.ok(first.ok);
  client.take(first.value);
  assert.ok(client.list.length < rows, 'it came before the end');
  while (server.engine.step()) {
    const told = server.kit.news.splice(0).flatMap((news) => server.subscriptions.route(news));
    client.take(told.flatMap(({ notices }) => notices));
  }
  assert.equal(client.list.length, rows);
  server.close();
});
