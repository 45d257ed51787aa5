import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rowsOf } from '@ioi/agentgres';
import {
  ProjectionEngine,
  type ProjectionNews,
  SealedLogFile,
  SqliteStore,
  Subscriptions,
} from '@ioi/agentgres/shell';
import { encodeHex } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { Frontier, leafHash } from '@ioi/merkle';
import type { ProjectionDefinition } from '@ioi/protocol';
import { median, percentile } from './measure.ts';
import type { Report } from './report.ts';

const DOMAIN = 'agentgres://domain/bench';
const OPERATIONS = 200_000;
const BATCH = 64;
const REBUILDS = 3;
const SUBSCRIBERS = 10_000;
const OWNERS = 100;
const WRITES_PER_S = 100;
const WRITES = 500;
const HASH = digestBytes('bench');

const tasks: ProjectionDefinition = {
  projection: 'projection://*/tasks',
  version: '1.0.0',
  summary: 'tasks as they stand',
  kind: 'relational',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'state', type: 'text' },
    { name: 'title', type: 'text' },
    { name: 'owner', type: 'text' },
    { name: 'seq', type: 'integer' },
  ],
  key: ['id'],
  rules: [
    {
      on: 'object.put',
      where: [{ at: '/event/object_class', is: 'task' }],
      key: ['/event/id'],
      set: {
        state: '/event/value/state',
        title: '/event/value/title',
        owner: '/event/value/owner',
        seq: '/entry/seq',
      },
    },
  ],
};

/**
 * Projections: how fast one is folded from nothing, and how late subscribers hear of a write, each
 * matching one write in a hundred.
 */
export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  const log = new BenchLog(folder);
  try {
    const before = log.size;
    while (log.size < OPERATIONS) log.commit(BATCH);
    report.note(`${log.size - before} entries of ${log.meanBytes} bytes, ${BATCH} in a commit`);
    const rates = Array.from({ length: REBUILDS }, (_, at) => rebuild(log, join(folder, `${at}`)));
    report.figure({
      figure: 'rebuild_ops_per_s',
      value: median(rates),
      unit: '1/s',
      target: { op: '>=', value: 120_000 },
    });
    const late = await subscribe(join(folder, 'live'));
    report.note(`${late.length} deliveries to ${SUBSCRIBERS} subscribers, all in one thread`);
    report.figure({
      figure: 'subscribers_p99_ms@10k',
      value: percentile(late, 0.99),
      unit: 'ms',
      target: { op: '<=', value: 50 },
    });
  } finally {
    log.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A sealed log on disk, of puts to three quarters as many tasks. */
class BenchLog {
  readonly store: SqliteStore;
  readonly sealedLog: SealedLogFile;
  /** Every task that was ever put. */
  readonly tasks = new Set<number>();
  #frontier = Frontier.empty;
  #bytes = 0;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.store = new SqliteStore(folder);
    this.store.claim();
    this.sealedLog = new SealedLogFile(folder);
  }

  get size(): number {
    return this.#frontier.size;
  }

  get meanBytes(): number {
    return Math.round(this.#bytes / this.size);
  }

  get sealed() {
    return { size: this.size, root: `sha256:${encodeHex(this.#frontier.root())}` as const };
  }

  close(): void {
    this.sealedLog.close();
    this.store.close();
  }

  commit(count: number): void {
    const first = this.size;
    const seqs = Array.from({ length: count }, (_, at) => first + at);
    for (const seq of seqs) this.tasks.add(taskOf(seq));
    const texts = seqs.map(putText);
    texts.push(commitText(first, first + count));
    const { frontier, nodes } = this.#frontier.extend(texts.map((text) => leafHash(text)));
    const entries = rowsOf(texts, nodes);
    this.store.append({ firstSeq: BigInt(first), entries, payloads: {} });
    this.#frontier = frontier;
    this.#bytes += texts.reduce((sum, text) => sum + text.length, 0);
  }
}

function entryText(seq: number, operation: string, rest: { payload: object; events: object[] }) {
  return JSON.stringify({
    authenticated_by: { kind: 'channel' },
    chain_time: '1800000000000',
    events: rest.events,
    height: '0',
    module_hash: HASH,
    operation,
    operation_id: `op_${seq.toString(16).padStart(32, '0')}`,
    payload: rest.payload,
    seq: String(seq),
  });
}

function taskOf(seq: number): number {
  return seq % ((OPERATIONS * 3) / 4);
}

function putText(seq: number): string {
  const id = digestBytes(`task ${taskOf(seq)}`);
  const owner = `agent://local/worker-${seq % OWNERS}`;
  const value = { n: seq, owner, state: 'open', title: `task number ${seq}` };
  const event = { id, object_class: 'task', type: 'object.put', value, version: '1' };
  return entryText(seq, 'objects/put', { events: [event], payload: {} });
}

function commitText(first: number, seq: number): string {
  const payload = {
    epoch: '0',
    first_seq: String(first),
    recovered: false,
    state_root: HASH,
    voided: [],
  };
  return entryText(seq, 'domain/commit', { events: [], payload });
}

/** Entries folded in a second, from an empty file to one that serves. */
function rebuild(log: BenchLog, folder: string): number {
  const engine = new ProjectionEngine({
    folder,
    domain: DOMAIN,
    log: log.sealedLog,
    say: () => {},
    onNews: () => {},
  });
  engine.define(tasks);
  engine.sealed(log.sealed);
  const start = performance.now();
  while (engine.step());
  const elapsed = performance.now() - start;
  const rows = engine.get(tasks.projection)?.serving?.count();
  if (rows !== log.tasks.size) throw new Error(`folded to ${rows} rows, not ${log.tasks.size}`);
  engine.close();
  return (log.size / elapsed) * 1000;
}

type Told = { readonly data: string; readonly start: number };

/** Milliseconds from before each write is on disk until each subscriber reads of it. */
async function subscribe(folder: string): Promise<number[]> {
  const log = new BenchLog(folder);
  const controllers: ReadableStreamDefaultController<Told>[] = [];
  const late: number[] = [];
  let start = 0;
  const onNews = (news: ProjectionNews): void => {
    for (const { subscribers, notices } of subscriptions.route(news)) {
      const data = notices.map((notice) => notice.data).join('');
      for (const subscriber of subscribers) controllers[subscriber]?.enqueue({ data, start });
    }
  };
  const about = { folder: join(folder, 'live'), domain: DOMAIN, log: log.sealedLog, say: () => {} };
  const engine = new ProjectionEngine({ ...about, onNews });
  const subscriptions = new Subscriptions({ ...about, engine, checkpoints: () => [] });
  engine.define(tasks);
  const write = (): void => {
    start = performance.now();
    log.commit(1);
    engine.sealed(log.sealed);
    while (engine.step());
  };
  write();
  for (let subscriber = 0; subscriber < SUBSCRIBERS; subscriber += 1) {
    const where = { owner: `agent://local/worker-${subscriber % OWNERS}` };
    const asked = { subscriber, projection: tasks.projection, where, resume: undefined };
    const added = subscriptions.add(asked);
    if (!added.ok) throw new Error(added.error.message);
    const stream = new ReadableStream<Told>({ start: (each) => void controllers.push(each) });
    void listen(stream, (told) => late.push(performance.now() - told.start));
  }
  const begin = performance.now();
  for (let at = 0; at < WRITES; at += 1) {
    const wait = begin + (at * 1000) / WRITES_PER_S - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
    write();
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  engine.close();
  log.close();
  const expected = (WRITES * SUBSCRIBERS) / OWNERS;
  if (late.length !== expected) throw new Error(`${late.length} of ${expected} were told`);
  return late;
}

async function listen(stream: ReadableStream<Told>, take: (told: Told) => void): Promise<void> {
  for await (const told of stream) take(told);
}
