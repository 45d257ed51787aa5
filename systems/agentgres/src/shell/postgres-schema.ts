import { LogFault } from './log-faults.ts';
import type { Connection, PostgresOptions } from './postgres-connection.ts';

export const FORMAT = 4;
const OLDEST_SERVER = 15;
const DEFAULT_SCHEMA = 'ioi';
/** A name that never needs quoting. */
const PLAIN_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;
/** Of the lock under which tables are made, so that two who start at once do not both. */
const MAKING_TABLES = 0x10_10_10;

/** What came with format 2. */
const BESIDE = `
  CREATE TABLE beside (
    domain integer NOT NULL, seq bigint NOT NULL,
    digest bytea NOT NULL, about bytea NOT NULL, bytes bytea NOT NULL
  );
  CREATE INDEX beside_seq ON beside (domain, seq);
`;

/** What came with format 3: who of several nodes writes, and what was sealed. */
const LEASE = `
  CREATE TABLE lease (
    one integer PRIMARY KEY CHECK (one = 1), token text NOT NULL,
    member text NOT NULL, term bigint NOT NULL, beat bigint NOT NULL, succession bytea
  );
  ALTER TABLE domains ADD sealed bigint, ADD note bytea;
  CREATE TABLE set_aside (
    domain integer NOT NULL, seq bigint NOT NULL, token text NOT NULL, text bytea NOT NULL
  );
`;

/** What came with format 4: who may speak with whom. */
const ROSTER = 'ALTER TABLE lease ADD roster bytea;';

/**
 * Keys and texts are byte strings: every character comes back, NUL too, the order is that of the
 * bytes, and no collation of the server has a say. Heads stand under a digest of class and id,
 * which fits an index however long they are.
 */
const TABLES = `
  CREATE TABLE format (one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL);
  INSERT INTO format VALUES (1, ${FORMAT});
  CREATE TABLE domains (
    domain integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    claim text NOT NULL, size bigint NOT NULL
  );
  CREATE TABLE entries (
    domain integer, seq bigint, text bytea NOT NULL, nodes bytea NOT NULL,
    PRIMARY KEY (domain, seq)
  );
  CREATE TABLE payloads (
    domain integer, digest bytea, seq bigint NOT NULL, text bytea NOT NULL,
    PRIMARY KEY (domain, digest)
  );
  CREATE INDEX payloads_seq ON payloads (domain, seq);
  CREATE TABLE heads (
    domain integer, name bytea, seq bigint NOT NULL,
    head_class bytea NOT NULL, id bytea NOT NULL, value bytea NOT NULL,
    PRIMARY KEY (domain, name)
  );
  CREATE TABLE watermarks (domain integer PRIMARY KEY, size bigint NOT NULL, peaks text NOT NULL);
  CREATE TABLE reference (
    domain integer, reference bytea, seq bigint, PRIMARY KEY (domain, reference, seq)
  );
  CREATE TABLE checkpoints (
    domain integer, size bigint, note bytea NOT NULL, PRIMARY KEY (domain, size)
  );
  CREATE TABLE snapshots (
    domain integer, part integer, size bigint NOT NULL, bytes bytea NOT NULL,
    PRIMARY KEY (domain, part)
  );
  ALTER TABLE snapshots ALTER COLUMN bytes SET STORAGE EXTERNAL;
  ${BESIDE}
  ${LEASE}
  ${ROSTER}
`;

/** Makes the tables where there are none; refuses those of a later version. */
export async function prepareSchema(connection: Connection, options: PostgresOptions) {
  const schema = schemaOf(options);
  try {
    await enterSchema(connection, options);
    // A role that may not create schemas can use one that is there.
    await connection.execute(`DO $$ BEGIN
      PERFORM pg_advisory_xact_lock(${MAKING_TABLES});
      IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF;
      IF to_regclass('${schema}.format') IS NULL THEN ${TABLES}
      ELSIF (SELECT version FROM ${schema}.format) = 1 THEN
        ${BESIDE} ${LEASE} ${ROSTER} UPDATE format SET version = ${FORMAT};
      ELSIF (SELECT version FROM ${schema}.format) = 2 THEN
        ${LEASE} ${ROSTER} UPDATE format SET version = ${FORMAT};
      ELSIF (SELECT version FROM ${schema}.format) = 3 THEN
        ${ROSTER} UPDATE format SET version = ${FORMAT};
      END IF;
    END $$`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LogFault('store.refused', `the tables in ${schema} cannot be made: ${reason}`, cause);
  }
  const [format] = await connection.rows('SELECT version FROM format');
  const version = Number(format?.['version']);
  if (version > FORMAT) {
    const message = `schema ${schema} has format ${version}; this version reads ${FORMAT}`;
    throw new LogFault('store.newer_format', message);
  }
}

export async function enterSchema(connection: Connection, options: PostgresOptions) {
  // Planned anew each time: a plan kept from when the tables were empty reads all of them later.
  const plans = 'SET plan_cache_mode = force_custom_plan';
  await connection.execute(`SET search_path = ${schemaOf(options)}; ${plans}`);
}

export function isSchemaName(name: string): boolean {
  return PLAIN_NAME.test(name);
}

export function schemaOf({ schema = DEFAULT_SCHEMA }: PostgresOptions): string {
  if (isSchemaName(schema)) return schema;
  throw new LogFault('store.refused', `the schema's name ${schema} is not lower case a-z, 0-9, _`);
}

const SETTINGS = `
  SELECT current_setting('server_version_num') AS version,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('fsync') AS fsync,
    current_setting('full_page_writes') AS full_page_writes,
    pg_is_in_recovery() AS is_standby
`;

/** An acknowledgement must mean on disk: what the server is set to is read, not assumed. */
export async function requireDurable(
  connection: Connection,
  { acceptsLoss = false }: PostgresOptions,
): Promise<void> {
  const [settings = {}] = await connection.rows(SETTINGS);
  const version = Math.trunc(Number(settings['version']) / 10_000);
  if (version < OLDEST_SERVER) {
    const message = `PostgreSQL ${version} is too old: ${OLDEST_SERVER} is needed`;
    throw new LogFault('store.refused', message);
  }
  if (settings['is_standby'] === true) {
    throw new LogFault('store.unreachable', 'this PostgreSQL is a standby: it takes no writes');
  }
  if (acceptsLoss) return;
  const commit = String(settings['synchronous_commit']);
  const losing = ['fsync', 'full_page_writes'].find((name) => settings[name] !== 'on');
  const wrong = ['on', 'remote_apply'].includes(commit) ? losing : 'synchronous_commit';
  if (wrong !== undefined) {
    const message = `PostgreSQL has ${wrong} = ${settings[wrong]}: it would lose what it answered`;
    throw new LogFault('store.not_durable', message);
  }
  // A later reload of the server's configuration does not reach this session.
  await connection.execute(`SET synchronous_commit = ${commit}`);
}
