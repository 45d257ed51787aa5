import type { SeededRandom } from '@ioi/basis';

const TABLE = 'market_example.objects';
/** What would change something, or get a session to where it could. */
const HARMFUL: readonly string[] = [
  `INSERT INTO ${TABLE} VALUES ('a')`,
  `INSERT INTO ${TABLE} SELECT * FROM ${TABLE}`,
  `UPDATE ${TABLE} SET id = 'x'`,
  `DELETE FROM ${TABLE}`,
  `TRUNCATE ${TABLE}`,
  `DROP TABLE ${TABLE}`,
  `ALTER TABLE ${TABLE} ADD COLUMN x int`,
  'CREATE TABLE x (a int)',
  'CREATE TEMP TABLE x (a int)',
  `SELECT * INTO x FROM ${TABLE}`,
  `SELECT * INTO TEMP x FROM ${TABLE}`,
  `WITH gone AS (DELETE FROM ${TABLE} RETURNING *) SELECT * FROM gone`,
  `SELECT * FROM ${TABLE} FOR UPDATE`,
  `EXPLAIN ANALYZE DELETE FROM ${TABLE}`,
  `EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1`,
  'CREATE ROLE x SUPERUSER',
  'CREATE SCHEMA x',
  `CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  'GRANT ALL ON ALL TABLES IN SCHEMA node TO reader',
  'SET ROLE postgres',
  'SET LOCAL ROLE postgres',
  'RESET ROLE',
  'SET SESSION AUTHORIZATION postgres',
  'SET SESSION AUTHORIZATION DEFAULT',
  'RESET SESSION AUTHORIZATION',
  'DISCARD ALL',
  'SET transaction_read_only = off',
  'SET default_transaction_read_only TO off',
  'SET TRANSACTION READ WRITE',
  'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE',
  'BEGIN READ WRITE',
  'START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE',
  `SELECT set_config('role', 'postgres', false)`,
  `SELECT set_config('transaction_read_only', 'off', false)`,
  `UPDATE pg_settings SET setting = 'off' WHERE name = 'transaction_read_only'`,
  `SELECT query_to_xml('DELETE FROM ${TABLE}', true, true, '')`,
  `DO $$ BEGIN DELETE FROM ${TABLE}; END $$`,
  `COPY ${TABLE} FROM STDIN`,
  `COPY ${TABLE} TO PROGRAM 'cat'`,
  `COPY ${TABLE} TO '/tmp/x'`,
  `COPY (DELETE FROM ${TABLE} RETURNING *) TO STDOUT`,
  'SELECT lo_create(0)',
  `SELECT lo_from_bytea(0, 'x')`,
  `SELECT pg_read_file('/etc/passwd')`,
  `SELECT pg_ls_dir('.')`,
  'SELECT pg_advisory_lock(1)',
  'SELECT pg_try_advisory_xact_lock(1)',
  'SELECT pg_sleep(60)',
  'SELECT pg_terminate_backend(pg_backend_pid())',
  `SELECT pg_notify('a', 'b')`,
  `PREPARE x AS DELETE FROM ${TABLE}`,
  'LOCK TABLE node.actions',
  'VACUUM',
  'CHECKPOINT',
  'CALL x()',
  `ALTER SYSTEM SET fsync = off`,
  'LISTEN a',
  `PREPARE TRANSACTION 'x'`,
  `DECLARE x CURSOR WITH HOLD FOR SELECT 1`,
];
const BEFORE: readonly string[] = [
  '',
  ' ',
  '/* /* a */ ; */',
  '-- a\n',
  '\t\r\n',
  '(',
  'SELECT 1; ',
  ';;',
  'BEGIN; ',
];
const AFTER: readonly string[] = [
  '',
  ';',
  ' -- a',
  '; SELECT 1',
  '; COMMIT',
  ' /* ; */',
  '\\',
  "'",
];
const ODD: readonly string[] = [
  "E'\\''",
  "'",
  '"',
  '$$',
  '$a$',
  '/*',
  '*/',
  '\\',
  ';',
  '\u00a0',
  'U&"\\0041"',
  '--',
  'SET ROLE postgres',
];

/** A text that tries to change something: as it is, in other letters, or cut and mixed. */
export function harmfulSql(random: SeededRandom): string {
  const of = (list: readonly string[]): string => list[random.below(list.length)] ?? '';
  const chosen = of(HARMFUL);
  const spelled = random.below(3) === 0 ? otherCase(chosen, random) : chosen;
  const whole = `${of(BEFORE)}${spelled}${of(AFTER)}`;
  if (random.below(4) > 0) return whole;
  const at = random.below(whole.length + 1);
  return `${whole.slice(0, at)}${of(ODD)}${whole.slice(at)}`;
}

function otherCase(text: string, random: SeededRandom): string {
  return [...text]
    .map((each) => (random.below(2) === 0 ? each.toUpperCase() : each.toLowerCase()))
    .join('');
}
