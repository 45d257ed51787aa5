import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit } from './admit.ts';
import { statementsOf } from './scan-sql.ts';

test('a text is cut at what ends its statements, and nowhere else', () => {
  assert.deepEqual(statementsOf(`SELECT ';', ";", $$;$$, $a$;$$;$a$, E'\\';' ; ; SELECT 2;`), [
    `SELECT ';', ";", $$;$$, $a$;$$;$a$, E'\\';' `,
    ' SELECT 2',
  ]);
  assert.deepEqual(statementsOf('/* a /* ; */ ; */ -- ;\n'), []);
  assert.deepEqual(statementsOf("SELECT 'it''s; one'"), ["SELECT 'it''s; one'"]);
  assert.deepEqual(statementsOf("SELECT 'open; SET ROLE x"), ["SELECT 'open; SET ROLE x"]);
});

test('statements that read are let in by their first word', () => {
  const reading = ['SELECT 1', ' (( select 1))', '/**/TABLE x', 'with a as (values (1)) table a'];
  for (const sql of [...reading, 'SHOW x', 'explain select 1', 'FETCH 3 FROM c', 'CLOSE c', '']) {
    assert.equal(admit(sql).kind, 'read', sql);
  }
  assert.equal(admit('COPY (SELECT 1) TO STDOUT (FORMAT csv)').kind, 'read');
  for (const sql of ['BEGIN', 'start transaction read only', 'COMMIT', 'ROLLBACK TO a']) {
    assert.equal(admit(sql).kind, 'transaction', sql);
  }
});

test('what is not known to read is refused', () => {
  const writing = ['INSERT INTO x VALUES (1)', 'create table x ()', 'DO $$ BEGIN END $$', 'VACUUM'];
  const leaving = ['SET ROLE x', 'RESET ROLE', 'SET SESSION AUTHORIZATION DEFAULT', 'DISCARD ALL'];
  const opening = ['BEGIN READ WRITE', 'SET TRANSACTION READ WRITE', 'SET "role" = \'x\''];
  const copying = ['COPY x FROM STDIN', "COPY x TO PROGRAM 'a'", "COPY x TO '/tmp/stdout'"];
  const more = [
    'SET transaction_read_only = off',
    'SET U&"role" = x',
    '\u00a0SELECT 1',
    '"select"',
  ];
  for (const sql of [...writing, ...leaving, ...opening, ...copying, ...more]) {
    const admitted = admit(sql);
    assert.equal(admitted.kind === 'refused' && admitted.error.sqlstate, '25006', sql);
  }
});

test('settings of a session are known by name, however they are written', () => {
  for (const [sql, name] of [
    ["SET timezone = 'UTC'", 'timezone'],
    ["set session time zone 'UTC'", 'timezone'],
    ['SET "DateStyle" TO ISO', 'datestyle'],
    ["SET NAMES 'UTF8'", 'client_encoding'],
  ] as const) {
    assert.deepEqual(admit(sql), { kind: 'set', name, sql });
  }
  assert.deepEqual(admit('RESET timezone'), { kind: 'set', name: 'timezone', sql: undefined });
  assert.deepEqual(admit("SET agentgres.await_seq = 'market.example:7'"), {
    kind: 'await',
    domain: 'market.example',
    seq: 7,
  });
});

test('what an engine could read as another statement is no setting', () => {
  for (const sql of [
    "SET application_name TO 'x'; SET SESSION AUTHORIZATION postgres",
    'BEGIN; SET ROLE x',
    "SET client_encoding = 'SJIS'",
    'SET LOCAL client_encoding = LATIN1',
    "SET NAMES 'EUC_JP'",
  ]) {
    const admitted = admit(sql);
    assert.equal(admitted.kind === 'refused' && admitted.error.sqlstate, '0A000', sql);
  }
  assert.equal(admit("SET application_name TO 'x';;").kind, 'set');
  assert.equal(admit('SET client_encoding TO unicode').kind, 'set');
});
