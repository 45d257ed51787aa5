import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { whyNoPostgres } from '../testing/postgres-programs.ts';
import { PostgresServer } from '../testing/postgres-server.ts';
import { storeSuite } from '../testing/store-suite.ts';
import type { PostgresOptions } from './postgres-connection.ts';
import { PostgresStore } from './postgres-store.ts';

const nodes = new Uint8Array(32);
const nothing = { changes: [], references: [], watermark: { size: 0, peaks: [] } };

const skip = whyNoPostgres() ?? false;
let server: PostgresServer;
let domains = 0;
const open = (domain: string, about: Partial<PostgresOptions> = {}) =>
  PostgresStore.open(domain, { url: server.url(), ...about });
const claimed = async (): Promise<PostgresStore> => {
  domains += 1;
  const store = await open(`domain://test/${domains}`);
  await store.claim();
  return store;
};
before(async () => {
  if (skip) return;
  server = await PostgresServer.start();
});
after(() => server?.remove());

describe('PostgreSQL', { skip }, () =>
  storeSuite('postgres', () => {
    domains += 1;
    const domain = `domain://test/${domains}`;
    return {
      open: () => open(domain),
      reopen: async (store, beside) => {
        if (!beside) await store.close();
        return open(domain);
      },
    };
  }),
);

test('every string comes back, however odd or long', { skip }, async () => {
  const store = await claimed();
  let size = 0n;
  const anything = fc.string({ unit: 'binary', maxLength: 512 });
  const property = fc.asyncProperty(anything, anything, anything, async (id, value, reference) => {
    const [first, digest] = [size, `${size}${reference}`];
    size += 1n;
    const row = { text: value, nodes };
    await store.append({ firstSeq: first, entries: [row], payloads: { [digest]: value } });
    const seq = Number(first);
    const head = { headClass: 'class', id, value, seq };
    const references = [{ reference, seq }];
    await store.applySealed({ ...nothing, changes: [head], references });
    assert.equal((await store.entries(first, size))[0]?.text, value);
    assert.deepEqual(await store.headsAt([{ headClass: 'class', id }]), [head]);
    assert.equal(await store.payload(digest), value);
    const [beginning = ''] = reference;
    for (const prefix of ['', beginning, reference]) {
      assert.equal((await store.seqsOf(prefix, 1))[0], first);
    }
    assert.deepEqual([...(await store.known([reference]))], [reference]);
  });
  await fc.assert(property, { numRuns: 40, examples: [['\0', '\0\u{10ffff}', '\0']] });
  // As long as names of objects may be, and hard to make shorter.
  const id = Array.from({ length: 1024 }, (_, at) => String.fromCodePoint(0x1f000 + at)).join('');
  const head = { headClass: id, id, value: '1', seq: 0 };
  await store.applySealed({ ...nothing, changes: [head] });
  assert.deepEqual(await store.headsAt([head]), [head]);
  await store.close();
});

test('domains share a database and see nothing of each other', { skip }, async () => {
  const [one, other] = [await claimed(), await claimed()];
  await one.append({ firstSeq: 0n, entries: [{ text: 'mine', nodes }], payloads: { d: 'mine' } });
  await one.applySealed({ ...nothing, references: [{ reference: 'r', seq: 0 }] });
  await one.saveCheckpoint(1n, 'note');
  assert.deepEqual(await one.seqsOf('', 9), [0n]);
  assert.equal(await one.checkpoint(1n), 'note');
  assert.equal(await other.size(), 0n);
  assert.deepEqual(await other.entries(0n, 9n), []);
  assert.equal(await other.payload('d'), undefined);
  assert.deepEqual(await other.seqsOf('', 9), []);
  assert.equal(await other.checkpoint(1n), undefined);
  await other.resetHeads();
  assert.deepEqual(await one.seqsOf('', 9), [0n]);
  await one.close();
  await other.close();
});

test('heads of a writer that was fenced come to nothing', { skip }, async () => {
  const first = await claimed();
  const second = await open(`domain://test/${domains}`);
  await second.claim();
  await first.applySealed({ ...nothing, watermark: { size: 9, peaks: [] } });
  await assert.rejects(first.applySealed(nothing), { code: 'log.fenced' });
  assert.equal((await second.watermark()).size, 0);
  await first.close();
  await second.close();
});

test('a tree larger than one row comes back whole', { skip }, async () => {
  const store = await claimed();
  for (const length of [9_000_000, 5]) {
    const bytes = Buffer.alloc(length, 'tree');
    await store.saveSnapshot({ size: length, bytes });
    const snapshot = await store.snapshot();
    assert.equal(snapshot?.size, length);
    assert.ok(bytes.equals(snapshot?.bytes ?? Buffer.alloc(0)));
  }
  await store.close();
});

test('a batch that changes a head twice leaves the later value', { skip }, async () => {
  const store = await claimed();
  const head = { headClass: 'c', id: 'i', value: '1', seq: 0 };
  const changes = [head, { ...head, value: undefined, seq: 1 }, { ...head, value: '3', seq: 2 }];
  await store.applySealed({ ...nothing, changes });
  assert.deepEqual(await store.headsAt([head]), [{ ...head, value: '3', seq: 2 }]);
  await store.close();
});

test('a commit costs the same however much is there', { skip }, async () => {
  const store = await open('d', { schema: 'long' });
  await store.claim();
  let size = 0n;
  const writeAndRead = async (): Promise<void> => {
    await store.append({ firstSeq: size, entries: [{ text: 'x', nodes }], payloads: { d: 'p' } });
    size += 1n;
    const some = Array.from({ length: 64 }, (_, at) => ({ headClass: 'c', id: `id${at}` }));
    const gone = some.map((key) => ({ ...key, value: undefined, seq: 0 }));
    await store.applySealed({ ...nothing, changes: gone, references: [] });
    await store.known(some.map(({ id }) => id));
    await store.headsAt(some);
    await store.nodes([0]);
    await store.payload('d');
  };
  // Plans that the server makes now are kept, and the tables are empty.
  for (let round = 0; round < 10; round += 1) await writeAndRead();
  const many = Array.from({ length: 5000 }, (_, seq) => `id${seq}`);
  const entries = many.map((text) => ({ text, nodes }));
  await store.append({ firstSeq: size, entries, payloads: {} });
  size += 5000n;
  const changes = many.map((id, seq) => ({ headClass: 'c', id, value: '1', seq }));
  await store.applySealed({
    ...nothing,
    changes,
    references: many.map((reference, seq) => ({ reference, seq })),
  });
  await writeAndRead();
  // The server counts what a session read when the session ends.
  await store.close();
  const [read] = await server.query(`SELECT
    (SELECT sum(idx_tup_read)::int FROM pg_stat_user_indexes WHERE schemaname = 'long') AS by_key,
    (SELECT sum(seq_tup_read)::int FROM pg_stat_user_tables WHERE schemaname = 'long') AS scanned`);
  const rows = Number(read?.['by_key']) + Number(read?.['scanned']);
  assert.ok(rows < 2000, `${rows} rows were read`);
});

test('two who open an empty database at once both find their tables', { skip }, async () => {
  const about = { schema: 'at_once' };
  const stores = await Promise.all(['a', 'b', 'c'].map((domain) => open(domain, about)));
  for (const store of stores) assert.equal(await store.size(), 0n);
  await Promise.all(stores.map((store) => store.close()));
});

test('tables of a later version are refused by name', { skip }, async () => {
  await (await open('d', { schema: 'later' })).close();
  await server.query('UPDATE later.format SET version = 99');
  await assert.rejects(open('d', { schema: 'later' }), {
    code: 'store.newer_format',
    message: 'schema later has format 99; this version reads 4',
  });
});

test('tables of the version before are brought up to this one', { skip }, async () => {
  await (await open('d', { schema: 'before' })).close();
  const lease = 'DROP TABLE before.lease, before.set_aside; ALTER TABLE before.domains DROP sealed';
  const two = `${lease}, DROP note; UPDATE before.format SET version = 2`;
  for (const older of [
    two,
    `${two}; DROP TABLE before.beside; UPDATE before.format SET version = 1`,
  ]) {
    await server.query(older);
    const store = await open('d', { schema: 'before' });
    await store.claim();
    assert.deepEqual(await store.beside(), []);
    await store.close();
  }
});

test('a role needs no more than its schema', { skip }, async () => {
  await server.query('CREATE ROLE poor LOGIN');
  const url = server.url('postgres', 'poor');
  const about = { url, schema: 'given' };
  await assert.rejects(open('d', about), { code: 'store.refused', message: /permission denied/ });
  await server.query('CREATE SCHEMA given AUTHORIZATION poor');
  const store = await open('d', about);
  assert.equal(await store.size(), 0n);
  await store.close();
  for (const schema of ['pg_mine', 'Mixed', 'a;b', '']) {
    await assert.rejects(open('d', { schema }), { code: 'store.refused', message: /schema/ });
  }
});
