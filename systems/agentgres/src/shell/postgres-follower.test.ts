import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { whyNoPostgres } from '../testing/postgres-programs.ts';
import { PostgresServer } from '../testing/postgres-server.ts';
import { HintListener, PostgresFollower } from './postgres-follower.ts';
import { PostgresLease } from './postgres-lease.ts';
import { PostgresStore } from './postgres-store.ts';

const skip = whyNoPostgres() ?? false;
const DOMAIN = 'domain://test/followed';
let server: PostgresServer;
before(async () => {
  if (!skip) server = await PostgresServer.start();
});
after(() => server?.remove());

const entry = (text: string) => ({ text, nodes: new Uint8Array(32) });
const sealOf = (size: number) => ({ size: String(size), root: '', note: `note of ${size}` });

/** A store that tells what is sealed, and how a role that can only read reaches it. */
async function told(schema: string) {
  const options = { url: server.url(), schema };
  const alone = await PostgresStore.open(DOMAIN, options);
  const lease = await PostgresLease.open(options);
  const place = await lease.found('one', []);
  assert.ok(place);
  const store = await PostgresStore.open(DOMAIN, { ...options, place });
  await store.claim();
  await store.append({ firstSeq: 0n, entries: ['a', 'b'].map(entry), payloads: { d: 'payload' } });
  await store.publish(sealOf(1));
  const reader = `reader_${schema}`;
  await server.query(`CREATE ROLE ${reader} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO ${reader};
    GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${reader}`);
  const close = async (): Promise<void> => {
    await Promise.all([alone, lease, store].map((each) => each.close()));
  };
  return { store, close, reader, from: { url: server.url('postgres', reader), schema } };
}

test('who follows reads what was told, by a role that can do nothing else', { skip }, async () => {
  const { close, reader, from } = await told('followed');
  await assert.rejects(PostgresFollower.open({ ...from, url: server.url() }), {
    code: 'store.may_write',
  });
  await server.query(`GRANT UPDATE ON followed.entries TO ${reader}`);
  await assert.rejects(PostgresFollower.open(from), { code: 'store.may_write' });
  await server.query(`REVOKE UPDATE ON followed.entries FROM ${reader}`);
  await server.query(`GRANT UPDATE (text) ON followed.entries TO ${reader}`);
  await assert.rejects(PostgresFollower.open(from), { code: 'store.may_write' }, 'one column');
  await server.query(`REVOKE UPDATE (text) ON followed.entries FROM ${reader};
    CREATE ROLE filler; GRANT INSERT ON followed.entries TO filler;
    ALTER ROLE ${reader} NOINHERIT; GRANT filler TO ${reader}`);
  await assert.rejects(PostgresFollower.open(from), { code: 'store.may_write' }, 'by SET ROLE');
  await server.query(`REVOKE filler FROM ${reader}`);
  const follower = await PostgresFollower.open(from);
  const look = await follower.look([DOMAIN, 'domain://test/none']);
  assert.deepEqual(look?.told, [{ domain: DOMAIN, size: 1, note: 'note of 1' }]);
  assert.equal(look?.writer, 'one');
  assert.deepEqual(await follower.fetched(DOMAIN, 0, 2), {
    texts: ['a', 'b'],
    payloads: { d: 'payload' },
    end: 2,
  });
  await follower.close();
  await close();
});

test('what comes at once has an end in bytes, whatever the payloads', { skip }, async () => {
  const { store, close, from } = await told('paged');
  for (const seq of [2n, 3n]) {
    const payloads = { [`big${seq}`]: 'x'.repeat(3_000), [`small${seq}`]: 'y' };
    await store.append({ firstSeq: seq, entries: [entry(`entry ${seq}`)], payloads });
  }
  const follower = await PostgresFollower.open(from);
  const spans: unknown[] = [];
  for (let at = 0; at < 4; ) {
    const { texts, payloads, end } = await follower.fetched(DOMAIN, at, 4, 4_000);
    spans.push([at, end, texts.length, Object.keys(payloads)]);
    at = end;
  }
  assert.deepEqual(spans, [
    [0, 3, 3, ['d', 'big2', 'small2']],
    [3, 4, 1, ['big3', 'small3']],
  ]);
  const one = await follower.fetched(DOMAIN, 2, 4, 1_000);
  assert.deepEqual([one.end, one.texts, one.payloads], [3, ['entry 2'], {}], 'never none');
  await follower.close();
  await close();
});

test('a hint says that something may be new, and a flood of them nothing more', {
  skip,
}, async () => {
  const { store, close, from, reader } = await told('hinted');
  let heard = 0;
  const listener = await HintListener.open(from, () => {
    heard += 1;
  });
  assert.ok(listener);
  await store.publish(sealOf(2));
  await until('it is heard', () => heard > 0);
  const before = heard;
  for (let at = 0; at < 50; at += 1) await store.publish(sealOf(2));
  await until('it is heard again', () => heard > before);
  assert.ok(heard - before <= 50, 'hints of commits that follow each other come together');
  // Whoever reaches the database can give any: they are heard, and say nothing.
  await server.query("SELECT pg_notify('hinted_sealed', repeat('x', 7000))", 'postgres', reader);
  const follower = await PostgresFollower.open(from);
  assert.equal((await follower.look([DOMAIN]))?.told[0]?.size, 2);
  await Promise.all([listener.close(), follower.close()]);
  await close();
});
