import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Place } from '../core/index.ts';
import { whyNoPostgres } from '../testing/postgres-programs.ts';
import { PostgresServer } from '../testing/postgres-server.ts';
import { PostgresLease } from './postgres-lease.ts';
import { PostgresStore } from './postgres-store.ts';

const skip = whyNoPostgres() ?? false;
let server: PostgresServer;
let schemas = 0;
before(async () => {
  if (!skip) server = await PostgresServer.start();
});
after(() => server?.remove());

const DOMAIN = 'domain://test/shared';
const entry = (text: string) => ({ text, nodes: new Uint8Array(32) });
const sealOf = (size: number) => ({ size: String(size), root: '', note: `note of ${size}` });

/** A store of its own, whose first writer is the member `one`. */
async function shared() {
  schemas += 1;
  const options = { url: server.url(), schema: `shared${schemas}` };
  const store = (place: Place) => PostgresStore.open(DOMAIN, { ...options, place });
  const alone = await PostgresStore.open(DOMAIN, options);
  const lease = await PostgresLease.open(options);
  const place = await lease.found('one', []);
  assert.ok(place);
  return { options, store, alone, lease, place };
}

/** Appends entries that follow each other, and tells so many of them as sealed. */
async function written(store: PostgresStore, texts: readonly string[], told: number) {
  await store.claim();
  await store.append({ firstSeq: 0n, entries: texts.map(entry), payloads: {} });
  await store.publish(sealOf(told));
}

test('who takes over fences the writer before, in the same transaction', { skip }, async () => {
  const { store, lease, place } = await shared();
  const one = await store(place);
  await written(one, ['a', 'b', 'never told'], 2);
  const before = await lease.lease();
  assert.ok(before);
  const next = await lease.takeOver(before, 'two');
  assert.deepEqual(next, { member: 'two', term: 2 });
  const late = { firstSeq: 3n, entries: [entry('late')], payloads: {} };
  await assert.rejects(one.append(late), { code: 'log.fenced' });
  await assert.rejects(one.append({ ...late, firstSeq: 2n }), { code: 'log.fenced' });
  await assert.rejects(one.publish(sealOf(3)), { code: 'log.fenced' });
  await assert.rejects(one.held(), { code: 'log.fenced' }, 'whatever it reads by now');
  await assert.rejects(lease.beat(place), { code: 'log.fenced' });
  assert.deepEqual(await lease.told(), [{ domain: DOMAIN, size: 2, note: 'note of 2' }]);
  const two = await store(next as Place);
  await two.claim();
  assert.deepEqual(
    (await two.entries(0n, 9n)).map(({ text }) => text),
    ['a', 'b'],
  );
  assert.deepEqual(await lease.setAside(DOMAIN), ['never told'], 'kept for whoever looks');
  await two.append({ firstSeq: 2n, entries: [entry('c')], payloads: {} });
  await Promise.all([one, two, lease].map((each) => each.close()));
});

test('a writer of before does not claim a log again, nor does one without a place', {
  skip,
}, async () => {
  const { store, alone, lease, place } = await shared();
  await assert.rejects(alone.claim(), { code: 'cluster.not_writer', message: /^one writes/ });
  const seen = await lease.lease();
  assert.ok(seen);
  await lease.takeOver(seen, 'two');
  const again = await store(place);
  await assert.rejects(again.claim(), { code: 'cluster.not_writer', message: /^two writes/ });
  await Promise.all([again, alone, lease].map((each) => each.close()));
});

test('of several who try one takes the place, and none while its holder lives', {
  skip,
}, async () => {
  const { options, lease, place } = await shared();
  const stale = await lease.lease();
  assert.ok(stale);
  await lease.beat(place);
  assert.equal(await lease.takeOver(stale, 'two'), undefined, 'it lives');
  const now = await lease.lease();
  assert.ok(now);
  const others = await Promise.all(['two', 'three', 'four'].map(() => PostgresLease.open(options)));
  const taken = await Promise.all(others.map((each, at) => each.takeOver(now, `m${at}`)));
  assert.equal(taken.filter((each) => each !== undefined).length, 1);
  assert.equal(await lease.found('five', []), undefined, 'it is one of several already');
  await Promise.all([...others, lease].map((each) => each.close()));
});

test('who steps down writes no more, and need not be waited for', { skip }, async () => {
  const { store, lease, place } = await shared();
  const one = await store(place);
  await one.claim();
  await lease.beat(place, 'starting');
  assert.deepEqual(await lease.lease(), { ...place, beat: -1 });
  await lease.beat(place);
  assert.deepEqual(await lease.lease(), { ...place, beat: 1 });
  assert.equal(await lease.stepDown({ ...place, term: 9 }), false);
  assert.equal(await lease.stepDown(place), true);
  const late = { firstSeq: 0n, entries: [entry('late')], payloads: {} };
  await assert.rejects(one.append(late), { code: 'log.fenced' });
  const left = await lease.lease();
  assert.equal(left?.member, '');
  assert.deepEqual(await lease.takeOver(left, 'one'), { member: 'one', term: 2 });
  await Promise.all([one, lease].map((each) => each.close()));
});

test('a claim waits for a takeover that is under way, for a domain made meanwhile too', {
  skip,
}, async () => {
  const { options, store, lease, place } = await shared();
  const { schema } = options;
  const one = await store(place);
  const racing = async (at: number): Promise<string> => {
    const other = await PostgresStore.open(`${DOMAIN}/${at}`, { ...options, place });
    const claimed = await other.claim().then(
      () => 'claimed',
      () => 'refused',
    );
    const write = { firstSeq: 0n, entries: [entry('x')], payloads: {} };
    const wrote = () =>
      other.append(write).then(
        () => 'wrote',
        () => claimed,
      );
    await taking;
    const told = await wrote();
    await other.close();
    return told;
  };
  const seen = await lease.lease();
  assert.ok(seen);
  const started = Promise.withResolvers<void>();
  const taking = started.promise.then(() => lease.takeOver(seen, 'two'));
  const others = Promise.all(Array.from({ length: 8 }, (_, at) => racing(at)));
  started.resolve();
  assert.ok(!(await others).includes('wrote'), `nobody wrote to ${schema} behind the takeover`);
  await Promise.all([one, lease].map((each) => each.close()));
});
