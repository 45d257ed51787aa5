import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Database, InspectedFile } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-inspected-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const schema = 'CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT) STRICT';

function made(name: string, format = 3): { path: string; database: Database } {
  const path = join(folder, name);
  const database = new Database({ path, schema, format, durability: 'full' });
  database.transaction(() => {
    for (let at = 0; at < 500; at += 1)
      database.run('INSERT INTO t VALUES (?, ?)', at, 'x'.repeat(99));
  });
  return { path, database };
}

test('a file nobody has open is read without a trace', () => {
  const { path, database } = made('quiet.db');
  database.close();
  const before = { names: readdirSync(folder), bytes: readFileSync(path) };
  const file = new InspectedFile(path);
  assert.equal(file.format(), 3);
  assert.deepEqual(file.faults(), []);
  assert.deepEqual(file.lists('SELECT count(*), max(a) FROM t'), [[500, 499]]);
  assert.throws(() => file.one('DELETE FROM t'));
  file.close();
  assert.deepEqual({ names: readdirSync(folder), bytes: readFileSync(path) }, before);
});

test('beside a writer it sees what was committed, and holds one moment', () => {
  const { path, database } = made('busy.db');
  const file = new InspectedFile(path);
  file.hold();
  database.transaction(() => database.run('INSERT INTO t VALUES (1000, ?)', 'new'));
  assert.equal(file.one('SELECT max(a) AS last FROM t')?.['last'], 499);
  file.close();
  const later = new InspectedFile(path);
  assert.equal(later.one('SELECT max(a) AS last FROM t')?.['last'], 1000);
  later.close();
  database.close();
});

test('a damaged page and a foreign file are told, not thrown', () => {
  const { path, database } = made('torn.db');
  database.close();
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 4096 * 3, 4096 * 4);
  writeFileSync(path, bytes);
  const torn = new InspectedFile(path);
  assert.ok(torn.faults().length > 0);
  torn.close();
  const foreign = join(folder, 'foreign.db');
  writeFileSync(foreign, 'no database at all, but long enough to be looked at'.repeat(99));
  const file = new InspectedFile(foreign);
  assert.match(file.faults().join(), /not a database/);
  file.close();
});
