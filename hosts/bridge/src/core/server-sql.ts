import { decodeHex, encodeHex } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import { Frontier } from '@ioi/merkle';
import { confiningSql } from './reader-rights.ts';
import { type BridgeTable, quotedText } from './table-rows.ts';

/** Names that the script of `ioi bridge setup` gives, unless it is changed. */
const WRITER = 'ioi_bridge';
export const SERVER_READER = 'ioi_reader';
/** Counts with every change of how tables are made: what an earlier one made is made again. */
const FORMAT = 1;
/** What the bridge itself calls of what it takes from everybody. */
const CALLED: readonly string[] = [
  'pg_cancel_backend(integer)',
  'pg_try_advisory_lock(bigint)',
  'pg_current_wal_lsn()',
  'pg_walfile_name(pg_lsn)',
];

/** A script for psql: a database of the bridge's own, who fills it, and who only reads. */
export function setupSql(): string {
  return `\\set ON_ERROR_STOP on
CREATE ROLE ${WRITER} LOGIN;
CREATE ROLE ${SERVER_READER} LOGIN;
GRANT ${SERVER_READER} TO ${WRITER};
ALTER ROLE ${SERVER_READER} SET default_transaction_read_only = on;
ALTER ROLE ${SERVER_READER} SET temp_file_limit = '256MB';
ALTER ROLE ${SERVER_READER} SET client_connection_check_interval = '5s';
CREATE DATABASE ${WRITER} OWNER ${WRITER} TEMPLATE template0 ENCODING 'UTF8';
\\connect ${WRITER}
BEGIN;${confiningSql(WRITER)}
    GRANT CONNECT ON DATABASE ${WRITER} TO ${SERVER_READER};
    GRANT USAGE ON LANGUAGE plpgsql TO ${WRITER};
    GRANT EXECUTE ON FUNCTION ${CALLED.join(', ')} TO ${WRITER};
COMMIT;`;
}

/** What is in the database beside the tables: how far each schema goes, and by which tables. */
export const KEPT_SQL = `CREATE TABLE IF NOT EXISTS agentgres.kept (
  domain_id text PRIMARY KEY, schema_name text NOT NULL UNIQUE, identity text NOT NULL,
  size bigint NOT NULL, peaks text NOT NULL, left_out bigint NOT NULL
)`;

/** A domain as it was left in the database. */
export type Kept = {
  readonly domainId: string;
  readonly schema: string;
  readonly identity: string;
  readonly frontier: Frontier;
  readonly leftOut: number;
};

/** Of tables that are made alike of the same definitions. */
export function identityOf(tables: readonly BridgeTable[]): string {
  const about = tables.map(({ schema, name, table }) => [schema, name, table.hash]);
  const digest = digestOf({ format: FORMAT, tables: about });
  return digest.ok ? digest.value : '';
}

export function keepSql({ domainId, schema, identity, frontier, leftOut }: Kept): string {
  const { size, peaks } = frontier.serialise();
  const hashes = peaks.map((peak) => encodeHex(peak)).join(' ');
  const texts = [domainId, schema, identity].map(quotedText).join(', ');
  return `INSERT INTO agentgres.kept VALUES (${texts}, ${size}, '${hashes}', ${leftOut})
    ON CONFLICT (domain_id) DO UPDATE SET
      size = excluded.size, peaks = excluded.peaks, left_out = excluded.left_out`;
}

/** Undefined where a row cannot be what `keepSql` wrote: the domain is folded anew. */
export function keptIn(row: Readonly<Record<string, unknown>>): Kept | undefined {
  const text = (name: string): string => String(row[name]);
  const peaks = text('peaks')
    .split(' ')
    .filter((each) => each !== '')
    .map((each) => decodeHex(each) ?? new Uint8Array());
  const frontier = Frontier.restore({ size: Number(row['size']), peaks });
  if (!frontier.ok) return undefined;
  return {
    domainId: text('domain_id'),
    schema: text('schema_name'),
    identity: text('identity'),
    frontier: frontier.value,
    leftOut: Number(row['left_out']),
  };
}

/** Takes away what the bridge made for a domain, and nothing that somebody else made. */
export function droppedSql({ domainId, schema }: Pick<Kept, 'domainId' | 'schema'>): string[] {
  const name = quotedText(schema);
  return [
    `DROP SCHEMA IF EXISTS "${schema}" CASCADE`,
    `DELETE FROM agentgres.watermarks WHERE schema_name = ${name}`,
    `DELETE FROM agentgres.bridge_tables WHERE schema_name = ${name}`,
    `DELETE FROM agentgres.kept WHERE domain_id = ${quotedText(domainId)}`,
  ];
}
