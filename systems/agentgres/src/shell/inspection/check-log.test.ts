import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { encodeBase64 } from '@ioi/basis';
import { applyTexts, COMMIT_OPERATION, domainModules, LogFold, rootDigest } from '@ioi/law';
import { sampleObjects } from '@ioi/law/testing';
import { leafHash, rootOf, StateTree } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import { SqliteStore } from '../sqlite-store.ts';
import { type CheckLog, checkLog } from './check-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-check-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** More than two chunks, the last not full, so that threads and tail have something to do. */
const OBJECTS = 9_000;
const PER_COMMIT = 250;

/** Texts of a log with a commit after every few entries, each with the state it leads to. */
function sampleTexts(): string[] {
  const { entries } = sampleObjects(OBJECTS);
  const texts: string[] = [];
  const tree = new StateTree();
  const fold = new LogFold(domainModules());
  const at = (entry: object, height: number): string => {
    const seq = String(texts.length);
    return JSON.stringify({ ...entry, height: String(height), seq });
  };
  for (let from = 0, height = 0; from < entries.length; from += PER_COMMIT, height += 1) {
    const first = texts.length;
    for (const entry of entries.slice(from, from + PER_COMMIT)) texts.push(at(entry, height));
    const summary = { epoch: '0', first_seq: String(first), recovered: false, voided: [] };
    const closing = (state_root: string): string =>
      at({ ...commitEntry, payload: { ...summary, state_root } }, height);
    // What it changes is what a fold of it, with any root, says.
    const open = [...texts.slice(first), closing(`sha256:${'0'.repeat(64)}`)];
    const taken = fold.take(open);
    assert.ok(taken.ok);
    const last = fold.finish();
    assert.ok(last.ok);
    for (const { changes } of [...taken.value, ...last.value]) applyTexts(tree, changes);
    texts.push(closing(rootDigest(tree)));
  }
  return texts;
}

const commitEntry: Partial<LogEntry> = {
  operation: COMMIT_OPERATION,
  operation_id: `op_${'c'.repeat(32)}`,
  chain_time: '1000000',
  authenticated_by: { kind: 'channel' },
  module_hash: `sha256:${'0'.repeat(64)}`,
  events: [],
};

const texts = sampleTexts();

const store = new SqliteStore(folder);
store.claim();
const entries = texts.map((text) => ({ text, nodes: leafHash(text) }));
store.append({ firstSeq: 0n, entries, payloads: {} });
store.close();

const whole: CheckLog = {
  folder,
  size: texts.length,
  isHashed: true,
  modules: domainModules(),
  onProgress: () => {},
};
const root = encodeBase64(rootOf(texts.map((text) => leafHash(text))));

function changed(sql: string): void {
  const database = new DatabaseSync(join(folder, 'log.db'));
  database.exec(sql);
  database.close();
}

test('two threads reach the root of the log and the state of every commit', async () => {
  const seen: number[] = [];
  const both = await checkLog({ ...whole, onProgress: (done) => void seen.push(done) });
  assert.ok(both.ok, JSON.stringify(both));
  assert.equal(both.value.root, root);
  const report = both.value.folded?.report(texts.length);
  assert.equal(report?.commits, Math.ceil((OBJECTS + 1) / PER_COMMIT));
  assert.equal(report?.objects['object.Service'], OBJECTS);
  assert.equal(report?.state_root, JSON.parse(texts.at(-1) ?? '').payload.state_root);
  assert.equal(seen.at(-1), texts.length);
  const logOnly = await checkLog({ ...whole, modules: undefined });
  assert.ok(logOnly.ok && logOnly.value.root === root && logOnly.value.folded === undefined);
});

test('a root of any size is that of its entries alone', async () => {
  for (const size of [1, 4_095, 4_096, 4_097, 8_192, texts.length - 1]) {
    const checked = await checkLog({ ...whole, size, modules: undefined });
    const wanted = encodeBase64(rootOf(texts.slice(0, size).map((text) => leafHash(text))));
    assert.ok(checked.ok && checked.value.root === wanted, `size ${size}`);
  }
});

test('a commit that carries another state, and an entry that is gone, are named', async () => {
  const last = texts.length - 1;
  const state = JSON.parse(texts[last] ?? '').payload.state_root as string;
  const swap = (from: string, to: string): string =>
    `UPDATE entries SET text = replace(text, '${from}', '${to}') WHERE seq = ${last}`;
  const other = `sha256:${'1'.repeat(64)}`;
  changed(swap(state, other));
  const wrong = await checkLog(whole);
  assert.ok(!wrong.ok && wrong.error.code === 'state.differs', JSON.stringify(wrong));
  assert.match(wrong.error.message, new RegExp(`commit at ${last} .* ${state}`));
  changed(swap(other, state));
  changed('DELETE FROM entries WHERE seq = 5000');
  for (const modules of [undefined, domainModules()]) {
    const gone = await checkLog({ ...whole, modules });
    assert.ok(!gone.ok && gone.error.code === 'log.damaged', JSON.stringify(gone));
  }
});
