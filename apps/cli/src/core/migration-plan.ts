import { err, ok, type Result } from '@ioi/basis';
import type { ClassHead } from '@ioi/law';
import { isProposeMigration, type ProposeMigration } from '@ioi/protocol';

export type Planning = {
  readonly domain_id: string;
  readonly object_class: string;
  /** As it is in force now. */
  readonly head: ClassHead;
};

/**
 * A proposal from what its author wrote: schema, transform and the version to reach; everything
 * else has one sensible value. Rejects with what is missing or does not fit.
 */
export function proposalOf(
  written: Readonly<Record<string, unknown>>,
  { domain_id, object_class, head }: Planning,
): Result<ProposeMigration, { readonly message: string }> {
  const version = String(written['to_schema_version'] ?? '');
  const name = `${object_class}_${version}`.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');
  const plan = `plan://${domain_id.replace('agentgres://domain/', '')}/${name}`;
  const proposal: Record<string, unknown> = {
    migration_id: `mig_${name}`,
    domain_id,
    object_class,
    from_schema_version: head.schema_version,
    transform: [],
    constraints: [],
    dropped_constraint_ids: [],
    backfill_plan_ref: `${plan}/backfill`,
    rollback_plan_ref: `${plan}/rollback`,
    ...written,
  };
  if (proposal['object_class'] !== object_class) {
    return err({ message: `it is of ${String(proposal['object_class'])}, not ${object_class}` });
  }
  if (isProposeMigration(proposal)) return ok(proposal);
  return err({
    message: 'it needs to_schema_version, schema and transform as ProposeMigration has them',
  });
}

/** How a class stands between two schemas. */
export type MigrationState = {
  readonly object_class: string;
  readonly schema_version: string;
  /** Absent when no migration runs. */
  readonly running?: {
    readonly migration_id: string;
    readonly direction: 'forward' | 'back';
    readonly from_schema_version: string;
    readonly behind: number;
    readonly objects: number;
  };
};

export function migrationStateOf(
  objectClass: string,
  head: ClassHead,
  counts: { readonly behind: number; readonly objects: number },
): MigrationState {
  const { migration, schema_version } = head;
  if (migration === undefined) return { object_class: objectClass, schema_version };
  const { migration_id, direction, source } = migration;
  const from_schema_version = source.schema_version;
  const running = { migration_id, direction, from_schema_version, ...counts };
  return { object_class: objectClass, schema_version, running };
}

export function migrationLine({ object_class, schema_version, running }: MigrationState): string {
  if (running === undefined) return `${object_class} is at ${schema_version}; no migration runs`;
  const { migration_id, direction, from_schema_version, behind, objects } = running;
  const way = direction === 'forward' ? 'runs' : 'is being rolled back';
  const done = `${objects - behind} of ${objects} objects are at ${schema_version}`;
  return `${migration_id} ${way}: ${done}, ${behind} at ${from_schema_version}`;
}
