import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresStore } from '@ioi/agentgres/postgres';
import { PatroniCluster, whyNoCluster } from '@ioi/agentgres/testing';
import { endingWithUs } from '@ioi/basis/testing';
import { ClusterWriter, makeHome, overChannel } from '@ioi/kit';
import type { LogEntry } from '@ioi/protocol';
import { auditEntries } from './domain-audit.ts';
import { DOMAIN, NOTE_CLASS } from './domain-work.ts';
import { type Evidence, type Progress, sleep } from './evidence.ts';

export type ClusterOptions = { readonly failovers: number; readonly onProgress?: Progress };

const WRITERS = 16;
/** How long work goes on between two crashes. */
const WORK_MS = 1_000;
const PAGE = 1_000n;

/**
 * Writers of one domain over three servers of PostgreSQL, of which the primary crashes again and
 * again: what was acknowledged stands in the log in the end, once.
 */
export async function runCluster({ failovers, onProgress }: ClusterOptions): Promise<Evidence> {
  const missing = whyNoCluster();
  if (missing !== undefined) throw new Error(`there is no cluster to test with: ${missing}`);
  const home = mkdtempSync(join(tmpdir(), 'ioi-cluster-'));
  const spare = endingWithUs(home);
  await makeHome(home, []);
  const cluster = await PatroniCluster.start();
  const writer = new ClusterWriter(home, DOMAIN, cluster.url);
  try {
    await writer.submit(overChannel('objects/class.define', NOTE_CLASS));
    const work = new Work(writer);
    for (let done = 0; done < failovers; done += 1) {
      await sleep(WORK_MS);
      const before = work.acknowledged.size;
      await cluster.killPrimary();
      await work.until(before + WRITERS + 1);
      await cluster.settled();
      onProgress?.(done + 1, failovers, 'failovers');
    }
    await work.end();
    await writer.close();
    const audited = auditEntries(await entriesOf(cluster.url), [...work.acknowledged]);
    return { ...audited, counts: { failovers, ...audited.counts } };
  } finally {
    await writer.close();
    await cluster.remove();
    spare();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Clients that submit one note after another, each until it is acknowledged. */
class Work {
  readonly acknowledged = new Set<string>();
  readonly #clients: Promise<unknown>;
  #isOver = false;

  constructor(writer: ClusterWriter) {
    const clients = Array.from({ length: WRITERS }, (_, client) => this.#work(writer, client));
    this.#clients = Promise.all(clients);
    // A fault of theirs is told where they are waited for.
    this.#clients.catch(() => {});
  }

  /** Resolves when so many are acknowledged. */
  async until(many: number): Promise<void> {
    while (this.acknowledged.size < many) await Promise.race([sleep(10), this.#clients]);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#clients;
  }

  async #work(writer: ClusterWriter, client: number): Promise<void> {
    for (let at = 0; !this.#isOver; at += 1) {
      const id = `note_${client}_${at}`;
      const value = { object_class: 'Note', id, value: { text: id } };
      await writer.submit(overChannel('objects/put', value));
      this.acknowledged.add(id);
    }
  }
}

/** What the cluster's primary has now, past every guardian and copy. */
async function entriesOf(url: string): Promise<readonly LogEntry[]> {
  const store = await PostgresStore.open(DOMAIN, { url });
  try {
    const size = await store.size();
    const entries: LogEntry[] = [];
    for (let at = 0n; at < size; at += PAGE) {
      for (const { text } of await store.entries(at, at + PAGE < size ? at + PAGE : size)) {
        entries.push(JSON.parse(text) as LogEntry);
      }
    }
    return entries;
  } finally {
    await store.close();
  }
}
