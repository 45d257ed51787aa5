import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import type { Append } from '../core/index.ts';
import { whyNoPostgres } from '../testing/postgres-programs.ts';
import { PostgresServer } from '../testing/postgres-server.ts';
import { PostgresStore } from './postgres-store.ts';

const BATCH = 20;
const rows = (from: number): Append => ({
  firstSeq: BigInt(from),
  entries: Array.from({ length: BATCH }, (_, at) => ({
    text: `{"n":${from + at},"filler":"${'x'.repeat(500)}"}`,
    nodes: new Uint8Array(32).fill((from + at) % 256),
  })),
  payloads: {},
});

const WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
const CANCEL_WAITING = `SELECT pg_cancel_backend(pid) FROM (${WAITING}) AS all_waiting`;
const nothing = { changes: [], references: [], watermark: { size: 0, peaks: [] } };

/** Appends until it cannot; how many rows were acknowledged, which `told` hears as it goes. */
async function appendUntilBroken(
  store: PostgresStore,
  told: (acknowledged: number) => void = () => {},
): Promise<number> {
  for (let from = Number(await store.size()); ; from += BATCH) {
    try {
      await store.append(rows(from));
      told(from + BATCH);
    } catch {
      return from;
    }
  }
}

const skip = whyNoPostgres() ?? false;
let server: PostgresServer;
let domains = 0;
const open = (domain: string) => PostgresStore.open(domain, { url: server.url() });
const claimed = async (domain: string): Promise<PostgresStore> => {
  const store = await open(domain);
  await store.claim();
  return store;
};
const fresh = (): Promise<PostgresStore> => {
  domains += 1;
  return claimed(`domain://test/${domains}`);
};
before(async () => {
  if (skip) return;
  const settings = ["synchronous_standby_names = ''"];
  server = await PostgresServer.start({ settings, tls: true });
});
after(() => server?.remove());

test('what was acknowledged outlives a killed server, with the one in doubt at most', {
  skip,
}, async () => {
  const domain = 'domain://test/killed';
  for (const delayMs of [3, 60, 150]) {
    const store = await claimed(domain);
    let told = 0;
    const appending = appendUntilBroken(store, (acknowledged) => {
      told = acknowledged;
    });
    await sleep(delayMs);
    if (delayMs > 100) await until('something is acknowledged', () => told > 0);
    await server.end('SIGKILL');
    const acknowledged = await appending;
    await assert.rejects(store.append(rows(acknowledged)));
    await store.close();
    await server.restart();
    const again = await open(domain);
    const size = Number(await again.size());
    assert.ok([acknowledged, acknowledged + BATCH].includes(size), `${size} of ${acknowledged}`);
    const entries = await again.entries(0n, BigInt(size));
    assert.deepEqual(
      entries.map(({ text }) => JSON.parse(text).n),
      Array.from({ length: size }, (_, at) => at),
    );
    assert.equal((await again.leaves(0n, BigInt(size))).length, size);
    await again.close();
    if (delayMs > 100) assert.ok(acknowledged > 0);
  }
});

/** A connection that ended takes nothing more; one that came back would never get there. */
const untilUnusable = (ask: () => Promise<unknown>): Promise<true> =>
  until('it is not queryable', async () => {
    const answered = await ask().catch((fault: unknown) => String(fault));
    return typeof answered === 'string' && answered.includes('not queryable');
  });

test('a session that ends leaves the write in doubt, and does not come back', {
  skip,
}, async () => {
  const store = await fresh();
  const appending = appendUntilBroken(store);
  await sleep(30);
  await server.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ioi'",
  );
  const acknowledged = await appending;
  // Both connections have seen their end: until then the socket says, in its own words, why.
  await untilUnusable(() => store.size());
  await untilUnusable(() => store.watermark());
  await assert.rejects(store.append(rows(acknowledged)), /not queryable/);
  await store.applySealed(nothing);
  await assert.rejects(store.applySealed(nothing), /not queryable/);
  await store.close();
});

/** Whether a commit waits already: the server takes its configuration when it comes to it. */
const commitWaits = async (): Promise<boolean> => {
  let isDone = false;
  const commit = server.query("SELECT pg_logical_emit_message(true, 'probe', '')").finally(() => {
    isDone = true;
  });
  const waits = async () => (await server.query(WAITING)).length > 0 && 'waits';
  const isWaiting =
    (await until('it waits or is done', async () => (isDone ? 'done' : waits()))) === 'waits';
  if (isWaiting) await server.query(CANCEL_WAITING);
  await commit;
  return isWaiting;
};

/** Until then every commit waits for a standby that is not there. */
const withoutStandby = async (work: (waiting: () => Promise<void>) => Promise<void>) => {
  await server.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await server.query('SELECT pg_reload_conf()');
  await until('commits wait', commitWaits);
  await work(async () => {
    await until('it waits', async () => (await server.query(WAITING)).length > 0);
  });
  await server.query('ALTER SYSTEM RESET synchronous_standby_names');
  await server.query('SELECT pg_reload_conf()');
};

test('a write whose standby did not confirm it is in doubt', { skip }, async () => {
  const store = await fresh();
  await withoutStandby(async (waiting) => {
    const inDoubt = { code: 'log.in_doubt', message: /synchronous replication/ };
    const appending = assert.rejects(store.append(rows(0)), inDoubt);
    await waiting();
    await server.query(CANCEL_WAITING);
    await appending;
  });
  await store.close();
});

test('of several servers none is written to that waits for no standby', { skip }, async () => {
  const url = server.tlsUrl.replace(/localhost(:[0-9]+)/, '127.0.0.1$1,127.0.0.1:1');
  const several = () => PostgresStore.open(`domain://test/${domains}`, { url });
  await (await fresh()).close();
  const alone = /^no server of 2 takes writes: it waits for no standby: .*; .*ECONNREFUSED/;
  await assert.rejects(several(), { code: 'store.unreachable', message: alone });
  let store: PostgresStore | undefined;
  await withoutStandby(async () => {
    store = await several();
  });
  assert.ok(store);
  await store.claim();
  const inDoubt = { code: 'log.in_doubt', message: /waits for no standby/ };
  await assert.rejects(store.append(rows(0)), inDoubt);
  await store.close();
});

test('a new writer waits for what the old one has under way', { skip }, async () => {
  const first = await fresh();
  const second = await open(`domain://test/${domains}`);
  let claiming: Promise<void> | undefined;
  let isClaimed = false;
  let appending: Promise<void> | undefined;
  await withoutStandby(async (waiting) => {
    appending = first.append(rows(0));
    await waiting();
    claiming = second.claim().then(() => {
      isClaimed = true;
    });
    await sleep(50);
    assert.equal(isClaimed, false);
  });
  await Promise.all([appending, claiming]);
  assert.equal(await second.size(), BigInt(BATCH));
  await assert.rejects(first.append(rows(BATCH)), { code: 'log.fenced' });
  await first.close();
  await second.close();
});

test('no server, no database, no role: each has its name, and nothing is lost', {
  skip,
}, async () => {
  const store = await fresh();
  await store.append(rows(0));
  await store.close();
  await server.end();
  await assert.rejects(open(`domain://test/${domains}`), { code: 'store.unreachable' });
  await server.restart();
  for (const url of [server.url('absent'), server.url('postgres', 'nobody')]) {
    const refused = { code: 'store.refused', message: /does not exist/ };
    await assert.rejects(PostgresStore.open('d', { url }), refused);
  }
  const again = await open(`domain://test/${domains}`);
  assert.equal(await again.size(), BigInt(BATCH));
  await again.close();
});

test('a session that is ended while it is read is a server that went away', { skip }, async () => {
  const store = await fresh();
  const name = "application_name = 'ioi'";
  await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${name}`);
  await assert.rejects(store.size(), { code: 'store.unreachable', message: /^PostgreSQL at / });
  await assert.rejects(store.size(), { code: 'store.unreachable', message: /^PostgreSQL at / });
  await store.close();
});

test('a server that answers before the disk has it is refused', { skip }, async () => {
  const careless = ['synchronous_commit = off', 'synchronous_commit = local', 'fsync = off'];
  for (const setting of [...careless, 'full_page_writes = off']) {
    const [name = ''] = setting.split(' ');
    await server.query(`ALTER SYSTEM SET ${setting}`);
    await server.query('SELECT pg_reload_conf()');
    await until('it is set', async () => (await server.query(`SHOW ${name}`))[0]?.[name] !== 'on');
    const message = new RegExp(`${setting}: it would lose`);
    await assert.rejects(open('d'), { code: 'store.not_durable', message });
    const store = await PostgresStore.open('d', { url: server.url(), acceptsLoss: true });
    await store.close();
    await server.query(`ALTER SYSTEM RESET ${name}`);
    await server.query('SELECT pg_reload_conf()');
  }
});

test('options for TLS reach the socket: who the server is, is checked', { skip }, async () => {
  const server = await PostgresServer.start({ tls: true });
  const url = server.tlsUrl;
  await assert.rejects(PostgresStore.open('d', { url, tls: {} }), {
    code: 'store.unreachable',
    message: /self-signed certificate/,
  });
  const tls = { ca: readFileSync(server.certificate) };
  const strict = `${url}?sslmode=verify-full&sslrootcert=${server.certificate}`;
  const stores = [PostgresStore.open('d', { url, tls }), PostgresStore.open('e', { url: strict })];
  for (const store of await Promise.all(stores)) await store.close();
  await server.remove();
});
