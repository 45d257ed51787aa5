import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Database, DatabaseFormatFault } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-sqlite-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const schema = 'CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT) STRICT';

function open(name: string, format = 1): Database {
  return new Database({ path: join(folder, name), schema, format, durability: 'full' });
}

test('a transaction that throws leaves nothing', () => {
  const database = open('rollback.db');
  assert.throws(() =>
    database.transaction(() => {
      database.run('INSERT INTO t VALUES (1, ?)', 'x');
      throw new Error('no');
    }),
  );
  assert.equal(database.one('SELECT count(*) AS n FROM t')?.['n'], 0);
  database.transaction(() => database.run('INSERT INTO t VALUES (1, ?)', 'y'));
  assert.deepEqual({ ...database.one('SELECT b FROM t') }, { b: 'y' });
  database.close();
});

test('a file of a newer format is refused and left as it is', () => {
  open('newer.db', 7).close();
  assert.throws(() => open('newer.db', 6), DatabaseFormatFault);
  open('newer.db', 7).close();
});

test('a reader beside the writer sees only what was committed', () => {
  const writer = open('reader.db');
  const path = join(folder, 'reader.db');
  const reader = new Database({ path, schema, format: 1, durability: 'full', readOnly: true });
  writer.transaction(() => {
    writer.run('INSERT INTO t VALUES (1, ?)', 'x');
    assert.equal(reader.one('SELECT count(*) AS n FROM t')?.['n'], 0);
  });
  assert.equal(reader.one('SELECT count(*) AS n FROM t')?.['n'], 1);
  assert.throws(() => reader.run('DELETE FROM t'));
  reader.close();
  writer.close();
});
