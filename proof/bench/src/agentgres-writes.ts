import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresStore } from '@ioi/agentgres/postgres';
import type { LogWriter } from '@ioi/agentgres/shell';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { makeHome, overChannel, SealedDomain } from '@ioi/kit';
import type { ProposedOperation } from '@ioi/law';
import { sampleService, serviceClass } from '@ioi/law/testing';
import { insertPlainly } from './agentgres-peers.ts';
import { BenchClient, batched, signed } from './agentgres-signed.ts';
import { verification } from './agentgres-verify.ts';
import { median, percentile } from './measure.ts';
import type { Report } from './report.ts';
import { load, must } from './sealed-load.ts';

const DOMAIN = 'agentgres://domain/bench.example';
const OBJECTS = 100_000;
export const WRITERS = 64;
const SEALED = 60_000;
const SIGNED = 12_000;
const BATCHED = 24_000;
const CLIENT_BATCH = 64;
const ALONE = 2_000;

/**
 * Sealed operations: a guardian in its own process, the writer and its clients in this one; log
 * root, state root over 100,000 objects and a signed checkpoint in every commit.
 */
export async function writes(report: Report): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  await makeHome(home, []);
  try {
    const sealed = new SealedDomain(home);
    try {
      const node = await sealed.openNode();
      await must(node, overChannel('domain/open', { domain_id: DOMAIN }));
      const writer = await sealed.open(DOMAIN);
      await fill(writer, report);
      await embedded(writer, report);
      const client = new BenchClient({ domain_id: DOMAIN, origin: await sealed.origin(DOMAIN) });
      await authenticated(writer, report, client);
    } finally {
      await sealed.close();
    }
    await verification(report, home, DOMAIN);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function fill(writer: LogWriter, report: Report): Promise<void> {
  await must(writer, overChannel('objects/class.define', serviceClass));
  const filled = await load(writer, OBJECTS, { writers: 1024, next: put });
  report.note(`${OBJECTS} objects first, at ${Math.round(filled.perSecond)} a second`);
}

async function embedded(writer: LogWriter, report: Report): Promise<void> {
  const at64 = await load(writer, SEALED, { writers: WRITERS, next: put });
  const most = { op: '>=', value: 30_000 } as const;
  const plain = await insertPlainly(SEALED, WRITERS);
  const peer = plain && {
    name: 'plain PostgreSQL inserts, no proofs',
    value: plain,
    ratio: at64.perSecond / plain,
  };
  report.figure({
    figure: `ops_per_s@${WRITERS}`,
    value: at64.perSecond,
    unit: '1/s',
    target: most,
    ...(peer ? { peer } : {}),
  });
  const late = percentile(at64.waits, 0.99);
  const target = { op: '<=', value: 15 } as const;
  report.figure({ figure: `p99_ms@${WRITERS}`, value: late, unit: 'ms', target });
  const alone = await load(writer, ALONE, { writers: 1, next: put });
  const soon = { op: '<=', value: 0.8 } as const;
  report.figure({ figure: 'p50_ms@1', value: median(alone.waits), unit: 'ms', target: soon });
}

async function authenticated(
  writer: LogWriter,
  report: Report,
  client: BenchClient,
): Promise<void> {
  for (const principal of client.principals) {
    await must(writer, overChannel('domain/principal.register', principal));
  }
  const own = Array.from({ length: SIGNED }, (_, at) => signed(client, put(at)));
  const single = await load(writer, SIGNED, { writers: WRITERS, next: (at) => taken(own, at) });
  const target = { op: '>=', value: 10_000 } as const;
  const value = single.perSecond;
  report.figure({ figure: `verified_ops_per_s@${WRITERS}`, value, unit: '1/s', target });
  const groups = Array.from({ length: BATCHED / CLIENT_BATCH }, (_, group) => {
    const from = group * CLIENT_BATCH;
    return batched(
      client,
      Array.from({ length: CLIENT_BATCH }, (_each, at) => put(from + at)),
    );
  }).flat();
  const many = await load(writer, BATCHED, {
    writers: WRITERS * 8,
    next: (at) => taken(groups, at),
  });
  const wanted = { op: '>=', value: 25_000 } as const;
  report.note(`batches of ${CLIENT_BATCH} operations under one hybrid signature each`);
  const rate = many.perSecond;
  report.figure({
    figure: `batched_ops_per_s@${WRITERS}`,
    value: rate,
    unit: '1/s',
    target: wanted,
  });
}

/** The same over PostgreSQL, with the same proofs; says why when there is no server. */
export async function postgresWrites(report: Report): Promise<void> {
  const missing = whyNoPostgres();
  if (missing !== undefined) return report.note(`PostgreSQL not measured: ${missing}`);
  const server = await PostgresServer.start();
  const home = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  await makeHome(home, []);
  const sealed = new SealedDomain(home);
  try {
    const node = await sealed.openNode();
    await must(node, overChannel('domain/open', { domain_id: DOMAIN }));
    const store = await PostgresStore.open(DOMAIN, { url: server.url() });
    const writer = await sealed.open(DOMAIN, store);
    await must(writer, overChannel('objects/class.define', serviceClass));
    await load(writer, 10_000, { writers: 256, next: put });
    const rates: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { perSecond } = await load(writer, 20_000, { writers: WRITERS, next: put });
      rates.push(perSecond);
    }
    const target = { op: '>=', value: 15_000 } as const;
    const value = median(rates);
    report.figure({ figure: `postgres_ops_per_s@${WRITERS}`, value, unit: '1/s', target });
  } finally {
    await sealed.close();
    await server.remove();
    rmSync(home, { recursive: true, force: true });
  }
}

function put(at: number): ProposedOperation {
  return overChannel('objects/put', sampleService(at % OBJECTS));
}

function taken(all: readonly ProposedOperation[], at: number): ProposedOperation {
  return all[at] as ProposedOperation;
}
