import { quotedText } from './table-rows.ts';

/** Functions that may give another answer each time and still change and hold up nothing. */
const HARMLESS: readonly string[] = [
  'clock_timestamp',
  'current_query',
  'gen_random_uuid',
  'pg_advisory_unlock_all',
  'pg_collation_actual_version',
  'pg_database_size',
  'pg_indexes_size',
  'pg_is_in_recovery',
  'pg_lock_status',
  'pg_partition_ancestors',
  'pg_partition_tree',
  'pg_relation_size',
  'pg_table_size',
  'pg_total_relation_size',
  'random',
  'random_normal',
  'timeofday',
  'uuidv4',
  'uuidv7',
];
/** Those that run SQL of a text, whatever they are declared as. */
const RUNNING = 'query_to_xml|cursor_to_xml|table_to_xml|schema_to_xml|database_to_xml|ts_stat';

/** Which rows of pg_proc are no reader's to call. */
function forbidden(): string {
  const harmless = HARMLESS.map(quotedText).join(', ');
  return `(provolatile = 'v' AND proname NOT IN (${harmless})
            AND proname NOT LIKE 'pg_stat_get_%'
          OR proname ~ '^(${RUNNING}|set_config|lo_|pg_sleep|pg_.*advisory|dblink)'
            AND proname <> 'pg_advisory_unlock_all')`;
}

/** Takes from everybody in a database what a reader could change or hold up something by. */
export function confiningSql(database: string): string {
  return `
    REVOKE ALL ON DATABASE ${database} FROM PUBLIC;
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    REVOKE UPDATE ON pg_catalog.pg_settings FROM PUBLIC;
    REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
    REVOKE USAGE ON LANGUAGE sql FROM PUBLIC;
    DO $block$ DECLARE each record; BEGIN
      FOR each IN SELECT oid::regprocedure AS called FROM pg_proc WHERE ${forbidden()} LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', each.called);
      END LOOP;
    END $block$;`;
}

/** Asked by a reader: each row is a right it has and must not have. */
export function unconfinedSql(): string {
  const written = 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER';
  const found = [
    `'it may more than any role' FROM pg_roles WHERE rolname = current_user AND
      (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)`,
    `'it is a member of ' || roleid::regrole FROM pg_auth_members
      WHERE member = current_user::text::regrole`,
    `'it may make things in the database' WHERE has_database_privilege(current_database(),
      'CREATE, TEMPORARY')`,
    `'it may make things in schema ' || nspname FROM pg_namespace
      WHERE has_schema_privilege(oid, 'CREATE')`,
    `'it may write to ' || oid::regclass FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
      AND (has_table_privilege(oid, '${written}')
        OR has_any_column_privilege(oid, 'INSERT, UPDATE, REFERENCES'))`,
    // In this order alone: of what is no sequence it cannot be asked.
    `'it may advance ' || oid::regclass FROM pg_class WHERE CASE WHEN relkind = 'S'
      THEN has_sequence_privilege(oid, 'USAGE, UPDATE') ELSE false END`,
    `'it may call ' || oid::regprocedure FROM pg_proc WHERE (${forbidden()} OR prosecdef)
      AND has_function_privilege(oid, 'EXECUTE')`,
    `'it may write in language ' || lanname FROM pg_language
      WHERE lanpltrusted AND has_language_privilege(oid, 'USAGE')`,
    `'its transactions may write' WHERE current_setting('default_transaction_read_only') <> 'on'`,
  ];
  const each = found.map((one) => `SELECT ${one}`).join(' UNION ALL ');
  return `SELECT wrong FROM (${each}) AS found (wrong) LIMIT 10`;
}
