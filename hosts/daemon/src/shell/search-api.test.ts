import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SearchPage } from '@ioi/protocol';
import { Hono } from 'hono';
import {
  activate,
  deciding,
  hashOf,
  NodeKit,
  proposed,
  type Started,
  started,
} from '../testing/node-kit.ts';
import { ReadsKit } from '../testing/reads-kit.ts';
import { HeadReader } from './head-reader.ts';
import { addSearchRoute } from './search-api.ts';

const kit = new NodeKit();
const app = new Hono();
let node: Started;
let reads: ReadsKit;
let reader: HeadReader;

before(async () => {
  node = await started(kit);
  reads = new ReadsKit(kit, node);
  await activate(kit, node);
  reader = new HeadReader(join(kit.folder, 'data'));
  addSearchRoute(app, { reader, reads: reads.served(() => 1_000n) });
  for (let at = 0; at < 9; at += 1) await write(`/ws/Notes-${at}.txt`);
});

after(async () => {
  reader.close();
  await reads.close();
  kit.closeGuardian();
  kit.remove();
});

/** One more action; its hash. */
async function write(path: string): Promise<string> {
  const request = kit.request('fs::write', { path });
  const done = await reads.submit(proposed('action.decide', deciding(request, 'ALLOW')));
  assert.ok(done.ok, JSON.stringify(done));
  reader.sealed([], reads.size);
  return hashOf(request);
}

async function ask(parameters: Record<string, string>): Promise<SearchPage> {
  const response = await app.request(`/v1/search?${new URLSearchParams(parameters)}`);
  const answer = (await response.json()) as SearchPage;
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

const pathsIn = ({ entries }: SearchPage) =>
  entries.map(({ payload }) => (payload as { request?: { params: object } }).request?.params);
const named = (...each: readonly number[]) => each.map((at) => ({ path: `/ws/Notes-${at}.txt` }));

test('what was just sealed is found by its path, its target, its rule and its agent', async () => {
  await write('/ws/Fresh.md');
  for (const q of ['fresh.md', 'FRESH', 'fs::write resh.', 'agent://local/test fresh']) {
    assert.deepEqual(pathsIn(await ask({ q })), [{ path: '/ws/Fresh.md' }], q);
  }
  // The contract of the tool names it too.
  assert.equal((await ask({ q: 'fs::write' })).entries.length, 11);
});

test('receipts, requests, operations and contracts are found by their beginnings', async () => {
  const hash = await write('/ws/by-id');
  const [entry] = (await ask({ q: 'by-id' })).entries;
  assert.ok(entry);
  const { receipt } = entry.events[0] as unknown as { receipt: { receipt_id: string } };
  const ids = [hash, receipt.receipt_id, entry.operation_id, entry.seq];
  const beginnings = ids.slice(0, 3).map((each) => each.slice(0, 24));
  for (const id of [...ids, ...beginnings, hash.slice(7)]) {
    assert.ok(
      (await ask({ q: id })).entries.some(({ seq }) => seq === entry?.seq),
      id,
    );
  }
  const { contract_hash } = entry.payload as { contract_hash: string };
  const all = await ask({ q: contract_hash, limit: '200' });
  assert.ok(all.entries.length > 10 && all.entries[0]?.seq === entry.seq);
  assert.equal((await ask({ q: 'receipt_' })).too_many_ids, undefined);
});

test('pages go on where they were, newest first, whatever is sealed meanwhile', async () => {
  const first = await ask({ q: 'notes-', limit: '4' });
  assert.deepEqual(pathsIn(first), named(8, 7, 6, 5));
  await write('/ws/Notes-late.txt');
  const told = [...pathsIn(first)];
  let cursor = first.next_cursor;
  while (cursor !== undefined) {
    const page = await ask({ q: 'notes-', limit: '4', cursor });
    assert.ok(page.entries.length <= 4);
    told.push(...pathsIn(page));
    cursor = page.next_cursor;
  }
  assert.deepEqual(told, named(8, 7, 6, 5, 4, 3, 2, 1, 0));
});

test('a short question, a long one and a cursor of another are refused by name', async () => {
  const { next_cursor: cursor = '' } = await ask({ q: 'notes-', limit: '1' });
  for (const [parameters, code] of [
    [{}, 'query.invalid'],
    [{ q: 'ab' }, 'query.invalid'],
    [{ q: 'a'.repeat(600) }, 'query.invalid'],
    [{ q: 'fs::write', cursor }, 'cursor.invalid'],
    [{ q: 'notes-', cursor: 'x' }, 'cursor.invalid'],
  ] as const) {
    const response = await app.request(`/v1/search?${new URLSearchParams(parameters)}`);
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as { code: string }).code, code);
  }
});

test('what looks like a command of the index is a text that nobody wrote', async () => {
  for (const q of ['"', '""', 'text:notes', 'notes*', 'NOT notes OR', 'a\0bc"', '(((', "'; drop"]) {
    const response = await app.request(`/v1/search?${new URLSearchParams({ q })}`);
    const { entries = [] } = (await response.json()) as Partial<SearchPage>;
    assert.ok(response.status === 200 || response.status === 400, q);
    assert.deepEqual(entries, [], q);
  }
});
