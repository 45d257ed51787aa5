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
