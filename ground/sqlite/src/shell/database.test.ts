import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
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

test('rows come by name or as lists of their columns, under one text', () => {
  const database = open('lists.db');
  for (const at of [1, 2]) database.run('INSERT INTO t VALUES (?, ?)', at, `x${at}`);
  const sql = 'SELECT b, a FROM t WHERE a >= ? ORDER BY a';
  for (let time = 0; time < 2; time += 1) {
    assert.deepEqual(database.lists(sql, 1), [
      ['x1', 1],
      ['x2', 2],
    ]);
    assert.deepEqual({ ...database.all(sql, 2)[0] }, { b: 'x2', a: 2 });
  }
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

test('an awaited commit overwrites room that was made, and zeros after it mean nothing', () => {
  const path = join(folder, 'awaited.db');
  const options = { path, schema, format: 1, durability: 'full', isAwaited: true } as const;
  const database = new Database(options);
  const length = (): number => statSync(`${path}-wal`).size;
  const made = length();
  assert.ok(made > 4_000_000);
  for (let at = 0; at < 1500; at += 1) database.run('INSERT INTO t VALUES (?, ?)', at, 'x');
  assert.equal(length(), made, 'the log went round and did not grow');
  // As a process that was killed leaves it: the log beside the database, with its room behind.
  const killed = join(folder, 'killed.db');
  copyFileSync(path, killed);
  copyFileSync(`${path}-wal`, `${killed}-wal`);
  database.close();
  const again = new Database({ ...options, path: killed });
  assert.deepEqual(
    { ...again.one('SELECT count(*) AS n, max(a) AS last FROM t') },
    { n: 1500, last: 1499 },
  );
  again.emptyLog();
  assert.equal(statSync(`${killed}-wal`).size, made, 'there is room again');
  again.close();
});

/** Writes of this process go so, until the test is over. */
function faulty(context: TestContext, writeSync: unknown): void {
  const system = process.getBuiltinModule('node:fs');
  context.mock.method(system, 'writeSync', writeSync as typeof system.writeSync);
  syncBuiltinESMExports();
  context.after(() => {
    context.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

const AWAITED = { schema, format: 1, durability: 'full', isAwaited: true } as const;

test('a full disk goes without room', (context) => {
  const path = join(folder, 'full.db');
  faulty(context, failing('ENOSPC'));
  const full = new Database({ ...AWAITED, path });
  full.run('INSERT INTO t VALUES (1, ?)', 'x');
  assert.ok(statSync(`${path}-wal`).size < 100_000);
  full.close();
});

test('a disk that fails while room is made is told', (context) => {
  faulty(context, failing('EIO'));
  assert.throws(() => new Database({ ...AWAITED, path: join(folder, 'worn.db') }), { code: 'EIO' });
});

test('room is made, and given back, also where little is permitted', () => {
  const { href } = new URL('index.ts', import.meta.url);
  const script = (path: string): string => `
    import { statSync } from 'node:fs';
    import { Database } from '${href}';
    const database = new Database({ ...${JSON.stringify(AWAITED)}, path: '${path}' });
    console.log(statSync('${path}-wal').size);
    database.close();`;
  const permitted = ['--permission', '--allow-fs-read=*', `--allow-fs-write=${folder}`];
  const lengthUnder = (command: string, path: string): number => {
    const given = [...permitted, '--input-type=module', '-e', script(join(folder, path))];
    const shell = ['-c', `${command}; exec "$@"`, 'sh', process.execPath, ...given];
    return Number(execFileSync('sh', shell, { stdio: ['ignore', 'pipe', 'ignore'] }));
  };
  assert.ok(lengthUnder(':', 'guarded.db') > 4_000_000);
  // In units of 512 bytes; what goes beyond is written in part, as on a disk that is nearly full.
  const length = lengthUnder('ulimit -f 2000', 'limited.db');
  assert.ok(length > 0 && length < 100_000, `${length} bytes`);
});
