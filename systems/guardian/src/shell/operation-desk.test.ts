import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generateHybridKey } from '@ioi/crypto/shell';
import { type OpenDatabase, openDatabase } from '@ioi/sqlite';
import { OperationDesk, type OperationDeskOptions } from './operation-desk.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-desk-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const hash = (at: number): string => `sha256:${at.toString(16).padStart(64, '0')}`;
type Row = readonly [committed: string, request: string, state: string];

/** A desk over these rows, where actions of even numbers are open; counts what it writes. */
function deskOver(name: string, rows: readonly Row[]) {
  const path = join(folder, name);
  const sealKey = generateHybridKey();
  const guardian = {
    status: () => ({ ok: true, value: {} }),
    action: (request: string) =>
      request !== '' && Number.parseInt(request.slice(-6), 16) % 2 === 0
        ? { state: 'committed' }
        : { state: 'executed' },
  } as unknown as OperationDeskOptions['guardian'];
  const vault = {
    answer: () => ({ kind: 'refused', refusal: { code: '', message: '' } }) as const,
  };
  new OperationDesk({ path, guardian, vault, sealKey }).close();
  let database: OpenDatabase | undefined;
  const written = { all: 0, together: 0 };
  const open: typeof openDatabase = (options) => {
    const opened = openDatabase(options);
    opened.transaction(() => {
      for (const row of rows) opened.run('INSERT INTO operations VALUES (?, ?, ?)', ...row);
    });
    database = {
      one: (...asked) => opened.one(...asked),
      all: (...asked) => opened.all(...asked),
      iterate: (...asked) => opened.iterate(...asked),
      run: (...asked) => {
        written.all += 1;
        opened.run(...asked);
      },
      transaction: (work) => {
        const before = written.all;
        opened.transaction(work);
        written.together += written.all - before;
      },
      close: () => opened.close(),
    };
    return database;
  };
  const desk = new OperationDesk({ path, guardian, vault, sealKey, open });
  const count = (): number => Number(database?.one('SELECT count(*) AS n FROM operations')?.['n']);
  const settle = (at: number) =>
    desk.answer({ kind: 'settle_operation', committed_hash: hash(at) });
  return { desk, count, settle, written };
}

const LATER = 100_000;

test('what is over goes with one write, what is open and what was given up stays', async () => {
  const leased = Array.from({ length: 4000 }, (_, at): Row => [hash(at), hash(at), 'leased']);
  const given = Array.from({ length: 96 }, (_, at): Row => [hash(10_000 + at), '', 'settled']);
  const { desk, count, settle, written } = deskOver('over.db', [...leased, ...given]);
  await settle(LATER);
  assert.equal(count(), 2000 + 96 + 1);
  assert.deepEqual(written, { all: 2001, together: 2000 });
  // Told no more from then on, also after what was over has gone.
  assert.deepEqual(await settle(10_000), { kind: 'operation', wasLeased: false });
  assert.equal(count(), 2000 + 96 + 1);
  desk.close();
});

test('so many that are open are not gone through for each that comes', async () => {
  const open = Array.from({ length: 4096 }, (_, at): Row => [hash(2 * at), hash(2 * at), 'leased']);
  const { desk, count, settle, written } = deskOver('open.db', open);
  for (let at = 0; at < 10; at += 1) await settle(LATER + at);
  assert.equal(count(), 4096 + 10);
  assert.deepEqual(written, { all: 10, together: 0 });
  desk.close();
});

test('of what was given up no more is kept than is said', async () => {
  const given = Array.from({ length: 4096 }, (_, at): Row => [hash(at), '', 'settled']);
  const { desk, count, settle } = deskOver('given.db', given);
  await settle(LATER);
  assert.equal(count(), 1);
  desk.close();
});

test('what was given up last stays so, however much was', async () => {
  const given = Array.from({ length: 4095 }, (_, at): Row => [hash(at), '', 'settled']);
  const { desk, count, settle } = deskOver('last.db', given);
  await settle(LATER);
  await settle(LATER + 1);
  assert.equal(count(), 2);
  await settle(LATER);
  assert.equal(count(), 2, 'it is still known to have been given up');
  desk.close();
});
