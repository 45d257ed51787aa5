import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SealStore } from './seal-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-seals-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const ROW = { size: 3, peaks: '', epoch: 0n, height: 1n, chainTime: 1n, note: 'a note' };

/** A store with three heads in their table, closed; the path of its file. */
function stored(name: string): string {
  const path = join(folder, name);
  const changes = ['ada', 'bob', 'eve'].map((id, seq) => {
    return { headClass: 'person', id, seq, value: `{"of":"${id}"}` };
  });
  opened(path, (store) => store.commitSeal({ row: ROW, changes, signed: [] }));
  // The heads of the last seal stand in the journal too: these are to stand in the table alone.
  const next = { row: { ...ROW, height: 2n }, changes: [], signed: [] };
  opened(path, (store) => store.commitSeal(next));
  opened(path, () => undefined);
  return path;
}

/** Closed again, nothing is left outside the file. */
function opened<T>(path: string, use: (store: SealStore) => T): T {
  const store = SealStore.open(path);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

/** Flips a bit of every place where the file holds these bytes. */
function flip(path: string, found: string): void {
  const bytes = readFileSync(path);
  const last = Buffer.from(found).length - 1;
  for (let at = bytes.indexOf(found); at >= 0; at = bytes.indexOf(found, at + 1)) {
    bytes[at + last] = (bytes[at + last] as number) ^ 0x10;
  }
  writeFileSync(path, bytes);
}

function read(path: string, id: string): unknown {
  return opened(path, (store) => store.get({ headClass: 'person', id }));
}

test('a head that the disk changed is not gone by', () => {
  const path = stored('value.db');
  assert.deepEqual(read(path, 'bob'), { of: 'bob' });
  flip(path, '{"of":"bob');
  assert.throws(() => read(path, 'bob'), { code: 'seal.damaged' });
});

test('a head whose name the disk changed is not taken for absent', () => {
  const path = stored('name.db');
  assert.equal(read(path, 'cid'), undefined);
  flip(path, 'person\0bob');
  assert.throws(() => read(path, 'bob'), { code: 'seal.damaged' });
});
