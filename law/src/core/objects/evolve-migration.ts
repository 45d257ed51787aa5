import { assert } from '@ioi/basis';
import type { HeadChange, HeadKey, TransformStep } from '@ioi/protocol';
import type { HeadOverlay } from '../ledger/heads.ts';
import type { EventOf } from './events.ts';
import {
  BEHIND_ID,
  type ClassDefinition,
  type ClassHead,
  keys,
  type Migration,
  type MigrationHead,
  type TallyHead,
} from './heads.ts';
import type { JsonObject } from './pointer.ts';
import {
  beginConstraints,
  endConstraints,
  type Revised,
  reviseClass,
  setClass,
  targetsOf,
} from './revise-class.ts';

export type MigrationEvent = EventOf<
  'migration.proposed' | 'migration.turned' | 'migration.committed' | 'migration.rolled_back'
>;

export function touchedByMigration(event: MigrationEvent): readonly HeadKey[] {
  const common = [
    keys.migration(event.migration_id),
    keys.objectClass(event.object_class),
    keys.tally(event.object_class, BEHIND_ID),
  ];
  if (event.type === 'migration.turned') return common;
  const ids =
    event.type === 'migration.proposed' ? event.new_constraint_ids : event.dropped_constraint_ids;
  return [...common, ...ids.map(keys.constraint), ...targetsOf(event.references)];
}

/** The fold of these events; `seq` is the place of the entry in the log. */
export function foldMigration(heads: HeadOverlay, event: MigrationEvent, seq: bigint): void {
  if (event.type === 'migration.proposed') propose(heads, event, seq);
  else if (event.type === 'migration.turned') turn(heads, event);
  else end(heads, event);
}

function propose(heads: HeadOverlay, event: EventOf<'migration.proposed'>, seq: bigint): void {
  const { migration_id, object_class, form, transform } = event;
  const value: MigrationHead = {
    object_class,
    state: 'running',
    from_schema_version: event.from_schema_version,
    to_schema_version: form.schema_version,
    proposed_seq: String(seq),
  };
  heads.apply([{ key: keys.migration(migration_id), value }, behind(object_class, event.behind)]);
  reviseClass(heads, object_class, (definition) => ({
    ...form,
    owner_only: carried(definition.owner_only, transform),
    migration: { migration_id, direction: 'forward', source: formOf(definition), transform },
  }));
  beginConstraints(heads, object_class, event.new_constraint_ids, event.references);
}

/** A field that is renamed stays its owner's, by both names while objects of both forms are. */
function carried(names: readonly string[], steps: readonly TransformStep[]): readonly string[] {
  const kept = new Set(names);
  for (const step of steps) if (step.op === 'rename' && kept.has(step.from)) kept.add(step.to);
  return [...kept];
}

/** Of the fields kept for the owner those that the class has in the end. */
function remaining({ owner_only, schema }: ClassDefinition): readonly string[] {
  const fields = (schema['fields'] ?? {}) as JsonObject;
  return owner_only.filter((name) => Object.hasOwn(fields, name));
}

function turn(heads: HeadOverlay, event: EventOf<'migration.turned'>): void {
  const { migration_id, object_class } = event;
  heads.apply([stateOf(heads, migration_id, 'rolling_back'), behind(object_class, event.behind)]);
  reviseClass(heads, object_class, turnedRound);
}

type Ending = EventOf<'migration.committed' | 'migration.rolled_back'>;

function end(heads: HeadOverlay, event: Ending): void {
  const { type, migration_id, object_class } = event;
  const state = type === 'migration.committed' ? 'committed' : 'rolled_back';
  heads.apply([stateOf(heads, migration_id, state), behind(object_class, '0')]);
  const head = heads.get<ClassHead>(keys.objectClass(object_class));
  assert(head !== undefined, 'what is migrated is defined');
  const { migration: _migration, definition_hash: _hash, ...definition } = head;
  setClass(heads, object_class, { ...definition, owner_only: remaining(definition) });
  endConstraints(heads, object_class, event.dropped_constraint_ids, event.references);
}

function stateOf(heads: HeadOverlay, id: string, state: MigrationHead['state']): HeadChange {
  const key = keys.migration(id);
  return { key, value: { ...heads.get<MigrationHead>(key), state } };
}

function behind(name: string, total: string): HeadChange {
  const value: TallyHead | undefined = total === '0' ? undefined : { total };
  return { key: keys.tally(name, BEHIND_ID), value };
}

function formOf({ schema_version, schema, constraints }: ClassDefinition): Migration['source'] {
  return { schema_version, schema, constraints };
}

function turnedRound(definition: ClassDefinition): Revised {
  const { migration } = definition;
  assert(migration !== undefined, 'what is turned round is running');
  const back = { ...migration, direction: 'back' as const, source: formOf(definition) };
  return { ...migration.source, migration: back };
}
