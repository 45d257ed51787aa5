import { digestOf } from '@ioi/canon';
import type { PostgresBridgeProjectionEnvelope } from '@ioi/protocol';
import { confiningSql } from './reader-rights.ts';
import { type BridgeTable, quotedText } from './table-rows.ts';

/** Whose rights every client has, and whose name every client gives. */
export const READER = 'reader';
export const DATABASE = 'postgres';

/** What the engine is before anybody reads: a role that can read tables and nothing besides. */
export function engineSql(): string {
  return `
    BEGIN READ WRITE;
    CREATE ROLE ${READER} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
    ${confiningSql(DATABASE)}
    CREATE SCHEMA agentgres;
    ${aboutSql(READER)}
    COMMIT;`;
}

/** What tells of the tables, in a schema that is there; made once. */
export function aboutSql(reader: string): string {
  return `
    CREATE TABLE agentgres.watermarks (
      domain_id text PRIMARY KEY, schema_name text NOT NULL, seq bigint NOT NULL,
      log_root text NOT NULL, state_root text NOT NULL, chain_time text NOT NULL,
      left_out bigint NOT NULL
    );
    COMMENT ON TABLE agentgres.watermarks IS 'Which entry of each log the rows reflect.';
    CREATE TABLE agentgres.bridge_tables (
      bridge_id text PRIMARY KEY, schema_name text NOT NULL, table_name text NOT NULL,
      declared jsonb NOT NULL
    );
    COMMENT ON TABLE agentgres.bridge_tables IS 'Every table, and what it was made of.';
    CREATE VIEW agentgres.bridge_projections AS
      SELECT bridge_id, schema_name, table_name,
        declared || jsonb_build_object('domain_sequence_watermark', seq::text) AS envelope
      FROM agentgres.bridge_tables JOIN agentgres.watermarks USING (schema_name);
    COMMENT ON VIEW agentgres.bridge_projections IS 'A PostgresBridgeProjectionEnvelope each.';
    GRANT USAGE ON SCHEMA agentgres TO ${reader};
    GRANT SELECT ON ALL TABLES IN SCHEMA agentgres TO ${reader};`;
}

/** What comes before and after everything the bridge itself writes. */
export function writtenBy(statements: readonly string[]): string {
  return [
    'SET SESSION AUTHORIZATION postgres',
    'RESET ALL',
    'BEGIN READ WRITE',
    ...statements,
    'COMMIT',
    `SET SESSION AUTHORIZATION ${READER}`,
  ].join(';\n');
}

/** How far the rows of a schema go. */
export type WatermarkRow = {
  readonly schema: string;
  readonly seq: number;
  readonly logRoot: string;
  readonly stateRoot: string;
  readonly chainTime: string;
  readonly leftOut: number;
};

export function watermarkSql(row: WatermarkRow): string {
  const { schema, seq, logRoot, stateRoot, chainTime, leftOut } = row;
  const set = [
    `seq = ${seq}`,
    `log_root = ${quotedText(logRoot)}`,
    `state_root = ${quotedText(stateRoot)}`,
    `chain_time = ${quotedText(chainTime)}`,
    `left_out = ${leftOut}`,
  ];
  const where = `schema_name = ${quotedText(schema)}`;
  return `UPDATE agentgres.watermarks SET ${set.join(', ')} WHERE ${where}`;
}

/** A domain and its tables, as the bridge says them itself. */
export function declaredSql(
  domainId: string,
  schema: string,
  tables: readonly BridgeTable[],
): string[] {
  const values = [quotedText(domainId), quotedText(schema), '-1', "''", "''", "''", '0'];
  const mark = `INSERT INTO agentgres.watermarks VALUES (${values.join(', ')})`;
  return [mark, ...tables.map((each) => projectionSql(domainId, each))];
}

type Declared = Omit<PostgresBridgeProjectionEnvelope, 'domain_sequence_watermark'>;

function projectionSql(domainId: string, { schema, name, table }: BridgeTable): string {
  const { projection } = table.definition;
  const identity = digestOf({ domain_id: domainId, definition_hash: table.hash });
  const hex = identity.ok ? identity.value.slice('sha256:'.length) : '';
  const declared: Declared = {
    bridge_id: `bridge_${hex.slice(0, 32)}`,
    projection_ref: projection,
    sql_schema_name: schema,
    read_consistency_level: 'projection_consistent',
    writable: false,
    allowed_write_operations: [],
    freshness_slo: 'PT1S',
  };
  const values = [declared.bridge_id, schema, name, JSON.stringify(declared)].map(quotedText);
  return `INSERT INTO agentgres.bridge_tables VALUES (${values.join(', ')})`;
}
