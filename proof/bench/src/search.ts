import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SealedLogFile, SearchFile, SqliteStore } from '@ioi/agentgres/shell';
import { seededRandom } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { askedFor, hasWords, searchedText } from '@ioi/law';
import { leafHash } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import { median, percentile } from './measure.ts';
import type { Report } from './report.ts';

const ENTRIES = 1_000_000;
const BATCH = 2_000;
const STEP = 512;
const QUESTIONS = 200;
const PAGE = 51;
const SEED = 7;
const AGENTS = ['codex', 'claude-code', 'gemini-cli', 'nightly-backup'];
const FOLDERS = ['src/shell', 'src/core', 'docs/guides', 'test/fixtures', 'Build Output'];
const TARGETS = ['fs::read', 'fs::write', 'net::fetch', 'mcp::ledger::append'];
const RULES = ['read_inside_workspace', 'ask_before_replacing', 'never_touch_secrets'];

/**
 * Search in a log of a million receipts, half decisions and half of what was done: from the
 * question to entries read, checked and written as JSON. What a browser then takes is not in it.
 */
export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  const store = new SqliteStore(folder);
  try {
    store.claim();
    for (let from = 0; from < ENTRIES; from += BATCH) append(store, from);
    const log = new SealedLogFile(folder);
    const file = new SearchFile(join(folder, 'search'), log, { now: () => performance.now() });
    const steps: number[] = [];
    while (file.size < ENTRIES) steps.push(timed(() => file.fold(STEP, ENTRIES)));
    const seconds = steps.reduce((sum, each) => sum + each, 0) / 1000;
    const { size } = statSync(join(folder, 'search', 'search.db'));
    const made = `${Math.round(ENTRIES / seconds)} entries/s, ${Math.round(size / 1e6)} MB`;
    report.note(`${made}; ${STEP} entries take ${Math.round(percentile(steps, 0.99))} ms (p99)`);
    const random = seededRandom(SEED);
    const took = kinds(random.below(ENTRIES)).map(() => [] as number[]);
    for (let at = 0; at < QUESTIONS; at += 1) {
      kinds(random.below(ENTRIES)).forEach((q, kind) => {
        took[kind]?.push(timed(() => ask(q, store, file)));
      });
    }
    kinds(0).forEach((q, kind) => {
      const each = took[kind] ?? [];
      const worst = percentile(each, 0.95).toFixed(1);
      report.note(`${q}: p50 ${median(each).toFixed(1)} ms, p95 ${worst} ms`);
    });
    report.figure({
      figure: 'answer_p95_ms@1M',
      value: percentile(took.flat(), 0.95),
      unit: 'ms',
      target: { op: '<=', value: 100 },
    });
    file.close();
    log.close();
  } finally {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One question of each kind, about an entry. */
function kinds(seq: number): string[] {
  const about = seq - (seq % 2);
  const hex = digestBytes(`request ${about}`).slice('sha256:'.length);
  return [
    `module-${about}.ts`,
    pathOf(about),
    'src/shell',
    'shell module- write',
    'codex',
    'nightly never_touch',
    'fs::write',
    `sha256:${hex.slice(0, 12)}`,
    `receipt_${hex.slice(0, 32)}`,
    'nothing-of-this-name',
    'module-.ts',
    'ode-ule',
    String(about),
    `core/module-${about}.ts gemini`,
    `${about % 1000} ${(about * 7) % 10_000} read`,
    `module-${about % 1000} fetch core`,
    '121212 212121',
  ];
}

/** As the node answers `/v1/search`. */
function ask(q: string, store: SqliteStore, file: SearchFile): void {
  const asked = askedFor(q);
  if (asked === undefined) throw new Error(q);
  const below = ENTRIES;
  const wanted = { most: 64, limit: PAGE };
  const byId = asked.ids.flatMap((id) => store.newestOf(id, below, wanted) ?? []);
  const texts: number[] = [];
  // Part by part, as whoever asks goes on until there is a page.
  for (let at = below; at > 0 && texts.length < PAGE; ) {
    const question = { words: asked.words, ids: asked.ids, below: at, limit: PAGE };
    const { seqs: part, downTo } = file.search(question);
    texts.push(...part);
    at = downTo;
  }
  const known = new Set(byId);
  const seqs = [...new Set([...byId, ...texts])].sort((one, other) => other - one);
  const entries = seqs.slice(0, PAGE).map((seq) => {
    const [stored] = store.entries(BigInt(seq), BigInt(seq) + 1n);
    return JSON.parse(stored?.text ?? '') as LogEntry;
  });
  const meant = entries.filter(
    (entry) => known.has(Number(entry.seq)) || hasWords(searchedText(entry), asked),
  );
  JSON.stringify(meant);
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function append(store: SqliteStore, from: number): void {
  const entries = Array.from({ length: BATCH }, (_, index) => entryAt(from + index));
  const rows = entries.map((entry) => {
    const text = JSON.stringify(entry);
    return { text, nodes: leafHash(text) };
  });
  store.append({ firstSeq: BigInt(from), entries: rows, payloads: {} });
  const references = entries.flatMap(({ operation_id }, index) => {
    const seq = from + index;
    const { receipt_id, request_hash } = idsAt(seq);
    return [operation_id, receipt_id, request_hash].map((reference) => ({ reference, seq }));
  });
  const watermark = { size: from + BATCH, peaks: [] };
  store.applySealed({ changes: [], watermark, references });
}

function of<T>(all: readonly T[], at: number): T {
  return all[at % all.length] as T;
}

function pathOf(seq: number): string {
  return `/home/person/Projects/website/${of(FOLDERS, seq / 2)}/module-${seq}.ts`;
}

/** A decision at even positions, and what came of it behind. */
function idsAt(seq: number) {
  const isDecision = seq % 2 === 0;
  const hex = digestBytes(`request ${isDecision ? seq : seq - 1}`).slice('sha256:'.length);
  const receipt = isDecision ? hex : digestBytes(hex).slice('sha256:'.length);
  return {
    isDecision,
    request_hash: `sha256:${hex}`,
    receipt_id: `receipt_${receipt.slice(0, 32)}`,
  };
}

function entryAt(seq: number): LogEntry {
  const { isDecision, request_hash, receipt_id } = idsAt(seq);
  const policy = { policy_hash: digestBytes('policy'), prev_receipt_hash: digestBytes(`p${seq}`) };
  const rule_id = of(RULES, seq / 2);
  const decided = { verdict: { kind: 'Allow' }, code: 'policy.allowed', rule_id };
  const done = { outcome: 'completed', satisfied: true };
  const request = {
    target: of(TARGETS, seq / 2),
    params: { path: pathOf(seq), content: 'x'.repeat(200) },
    context: {
      agent_id: `agent://laptop/${of(AGENTS, seq / 2)}`,
      session_id: digestBytes(`session ${Math.floor(seq / 1000)}`),
    },
    nonce: String(seq),
  };
  const body = { request_hash, ...policy, ...(isDecision ? decided : done) };
  return {
    seq: String(seq),
    height: String(seq),
    chain_time: String(1_800_000_000_000 + seq),
    operation_id: `op_${digestBytes(`op ${seq}`).slice('sha256:'.length, 39)}`,
    operation: isDecision ? 'boundary/action.decide' : 'boundary/action.receipt',
    module_hash: digestBytes('module'),
    authenticated_by: { kind: 'channel' },
    payload: isDecision ? { request, contract_hash: digestBytes('contract') } : { request_hash },
    events: [{ type: 'receipt.emitted', receipt: { receipt_id, ...policy, body } }],
  } as unknown as LogEntry;
}
