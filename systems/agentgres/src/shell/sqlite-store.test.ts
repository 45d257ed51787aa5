import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { storeSuite } from '../testing/store-suite.ts';
import { SqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'ioi-store-'));
after(() => rmSync(root, { recursive: true, force: true }));

storeSuite('sqlite', () => {
  const folder = mkdtempSync(join(root, 's-'));
  return {
    open: async () => new SqliteStore(folder),
    reopen: async (store, beside) => {
      if (!beside) await store.close();
      return new SqliteStore(folder);
    },
  };
});

test('a second opener reads what was committed and cannot write', () => {
  const folder = mkdtempSync(join(root, 's-'));
  const writer = new SqliteStore(folder);
  writer.claim();
  const reader = new SqliteStore(folder, { readOnly: true });
  const row = { text: '{}', nodes: new Uint8Array(32) };
  writer.append({ firstSeq: 0n, entries: [row], payloads: {} });
  assert.equal(reader.size(), 1n);
  assert.throws(() => reader.append({ firstSeq: 1n, entries: [row], payloads: {} }));
  reader.close();
  writer.close();
});

test('the newest entries of a reference are found by its beginning, unless too many are', () => {
  const folder = mkdtempSync(join(root, 's-'));
  const store = new SqliteStore(folder);
  store.claim();
  const references = ['aa1', 'aa2', 'aa2', 'ab1', 'aa', 'aa1'].map((reference, seq) => {
    return { reference, seq };
  });
  store.applySealed({ changes: [], watermark: { size: 6, peaks: [] }, references });
  const wanted = { most: 3, limit: 10 };
  assert.deepEqual(store.newestOf('aa', 9, wanted), [5, 4, 2, 1, 0]);
  assert.deepEqual(store.newestOf('aa', 5, { ...wanted, limit: 2 }), [4, 2]);
  assert.deepEqual(store.newestOf('aa1', 9, wanted), [5, 0]);
  assert.deepEqual(store.newestOf('b', 9, wanted), []);
  assert.equal(store.newestOf('a', 9, wanted), undefined);
  store.close();
});
