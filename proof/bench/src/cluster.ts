import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PatroniCluster, whyNoCluster } from '@ioi/agentgres/testing';
import { ClusterWriter, makeHome, overChannel } from '@ioi/kit';
import type { ProposedOperation } from '@ioi/law';
import { sampleService, serviceClass } from '@ioi/law/testing';
import { median } from './measure.ts';
import type { Report } from './report.ts';
import { load } from './sealed-load.ts';

const DOMAIN = 'agentgres://domain/bench.example';
const OBJECTS = 10_000;
const WRITERS = 64;
const ROUNDS = 3;
const FAILOVERS = 5;

/**
 * One domain over three servers of PostgreSQL on this machine, with strict synchronous replication:
 * what is answered is on the disks of two. A failover is counted from the primary's crash to the
 * first operation that is sealed behind it, with a new guardian process.
 */
export async function run(report: Report): Promise<void> {
  const missing = whyNoCluster();
  if (missing !== undefined) return report.note(`not measured: ${missing}`);
  const home = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  await makeHome(home, []);
  const cluster = await PatroniCluster.start();
  const through = new ClusterWriter(home, DOMAIN, cluster.url);
  try {
    await through.submit(overChannel('objects/class.define', serviceClass));
    await writes(report, through);
    await failovers(report, cluster, through);
  } finally {
    await through.close();
    await cluster.remove();
    rmSync(home, { recursive: true, force: true });
  }
}

async function writes(report: Report, through: ClusterWriter): Promise<void> {
  const writer = await through.writer();
  await load(writer, OBJECTS, { writers: 256, next: put });
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { perSecond } = await load(writer, OBJECTS, { writers: WRITERS, next: put });
    rates.push(perSecond);
  }
  const target = { op: '>=', value: 12_000 } as const;
  const value = median(rates);
  report.figure({ figure: `ops_per_s@${WRITERS}`, value, unit: '1/s', target });
}

async function failovers(report: Report, cluster: PatroniCluster, through: ClusterWriter) {
  const took: number[] = [];
  for (let done = 0; done < FAILOVERS; done += 1) {
    await cluster.settled();
    await through.submit(put(done));
    const start = performance.now();
    await cluster.killPrimary();
    await through.submit(put(done));
    took.push((performance.now() - start) / 1000);
  }
  report.note(`failovers took ${took.map((each) => each.toFixed(1)).join(', ')} s`);
  const target = { op: '<=', value: 10 } as const;
  report.figure({ figure: 'failover_s', value: median(took), unit: 's', target });
}

function put(at: number): ProposedOperation {
  return overChannel('objects/put', sampleService(at % OBJECTS));
}
