import { err, ok, type Result } from '@ioi/basis';
import {
  type BackfillMigration,
  isBackfillMigration,
  isProposeMigration,
  isRollbackMigration,
  isSchemaMigrationEnvelope,
  type ObjectStep,
  type Operation,
  type ProposeMigration,
  type Rejection,
  type RollbackMigration,
  type SchemaMigrationEnvelope,
  type View,
} from '@ioi/protocol';
import { HeadOverlay, timeless } from '../ledger/heads.ts';
import type { ClassCache } from './class-cache.ts';
import { changeable, newReference, referenceOf } from './define-constraint.ts';
import type { EventOf, ObjectEvent, ReferenceChange } from './events.ts';
import { evolveClass } from './evolve-class.ts';
import { compare, formatExact, subtract, ZERO } from './exact.ts';
import { compileForm } from './form.ts';
import {
  BEHIND_ID,
  type ClassForm,
  type ClassHead,
  COUNT_ID,
  keys,
  type Migration,
  type MigrationHead,
} from './heads.ts';
import { totalOf } from './indexes.ts';
import { byOwner } from './permission.ts';
import { type Plan, plan } from './plan.ts';
import { formatPointer, type JsonObject } from './pointer.ts';
import { readsOf } from './reads.ts';

type Events = Result<readonly ObjectEvent[], Rejection>;

const MAX_CONSTRAINTS = 16;

const reject = (code: string, message: string) => err({ code, message });

/**
 * An operation whose reads are what deciding it reads. Of a class that keeps fields for its owner
 * only the owner says what becomes of them: `ofClass` tells which class that is.
 */
function migrating<P>(
  accepts: (payload: unknown) => payload is P,
  decided: (payload: P, view: View) => Events,
  ofClass?: (payload: P, view: View) => string,
): Operation<P, ObjectEvent> {
  return {
    authors: ['channel', 'key'],
    accepts,
    reads: (payload, view) => readsOf(view, (seen) => decided(payload, seen)),
    needs: () => [],
    decide: (payload, { view, author }) => {
      const events = decided(payload, view);
      return ofClass ? byOwner(events, [ofClass(payload, view)], { view, author }) : events;
    },
  };
}

function classOf({ migration_id }: { readonly migration_id: string }, view: View): string {
  return view.get<MigrationHead>(keys.migration(migration_id))?.object_class ?? '';
}

export const proposeMigration: Operation<ProposeMigration, ObjectEvent> = migrating(
  isProposeMigration,
  proposed,
  ({ object_class }) => object_class,
);

export const commitMigration: Operation<SchemaMigrationEnvelope, ObjectEvent> = migrating(
  isSchemaMigrationEnvelope,
  committed,
);

export function backfillMigration(classes: ClassCache): Operation<BackfillMigration, ObjectEvent> {
  return migrating(isBackfillMigration, (payload, view) => backfilled(payload, view, classes));
}

export function rollbackMigration(classes: ClassCache): Operation<RollbackMigration, ObjectEvent> {
  const decided = (payload: RollbackMigration, view: View) => rolledBack(payload, view, classes);
  return migrating(isRollbackMigration, decided, classOf);
}

function proposed(payload: ProposeMigration, view: View): Events {
  const { migration_id, object_class, transform, constraints } = payload;
  const found = changeable(object_class, view);
  if (!found.ok) return found;
  const head = found.value;
  if (view.get(keys.migration(migration_id))) {
    return reject('migration.exists', `${migration_id} was used before`);
  }
  const misfit = misfitIn(payload, head);
  if (misfit !== undefined) return reject('migration.invalid', `${migration_id}: ${misfit}`);
  const dropped = new Set(payload.dropped_constraint_ids);
  const kept = head.constraints.filter((each) => !dropped.has(each.constraint_id));
  const form: ClassForm = {
    schema_version: payload.to_schema_version,
    schema: payload.schema as JsonObject,
    constraints: [...kept, ...constraints],
  };
  const compiled = compileForm(form, []);
  if (!compiled.ok) {
    const { steps, message } = compiled.error;
    return reject('migration.invalid', `${migration_id}${formatPointer(steps)}: ${message}`);
  }
  const references: ReferenceChange[] = [];
  for (const constraint of constraints) {
    const reference = newReference(constraint, view);
    if (!reference.ok) return reference;
    if (reference.value) references.push(reference.value);
  }
  return ok([
    {
      type: 'migration.proposed',
      migration_id,
      object_class,
      from_schema_version: payload.from_schema_version,
      form,
      transform,
      behind: formatExact(totalOf(view, keys.tally(object_class, COUNT_ID))),
      backfill_plan_ref: payload.backfill_plan_ref,
      rollback_plan_ref: payload.rollback_plan_ref,
      new_constraint_ids: constraints.map((each) => each.constraint_id),
      references,
    },
  ]);
}

/** What in a proposal does not fit the class as it stands. */
function misfitIn(payload: ProposeMigration, head: ClassHead): string | undefined {
  const { from_schema_version, to_schema_version, constraints } = payload;
  if (from_schema_version !== head.schema_version) {
    return `the class is at ${head.schema_version}`;
  }
  if (!isLater(to_schema_version, from_schema_version)) {
    return `${to_schema_version} is not later than ${from_schema_version}`;
  }
  const held = new Set(head.constraints.map((each) => each.constraint_id));
  const strange = payload.dropped_constraint_ids.find((id) => !held.has(id));
  if (strange !== undefined) return `the class has no ${strange}`;
  if (constraints.some((each) => each.object_class !== payload.object_class)) {
    return 'a constraint is of another class';
  }
  const ids = new Set(constraints.map((each) => each.constraint_id));
  if (ids.size < constraints.length) return 'two constraints have one id';
  const left = held.size - new Set(payload.dropped_constraint_ids).size + ids.size;
  return left > MAX_CONSTRAINTS ? `more than ${MAX_CONSTRAINTS} constraints` : undefined;
}

function isLater(version: string, than: string): boolean {
  const [left, right] = [version.split('.').map(Number), than.split('.').map(Number)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0);
}

type Running = { readonly objectClass: string; readonly head: ClassHead; readonly run: Migration };

function running(migrationId: string, view: View): Result<Running, Rejection> {
  const migration = view.get<MigrationHead>(keys.migration(migrationId));
  const objectClass = migration?.object_class ?? '';
  const head = migration && view.get<ClassHead>(keys.objectClass(objectClass));
  if (head?.migration?.migration_id === migrationId) {
    return ok({ objectClass, head, run: head.migration });
  }
  const message = `${migrationId} is ${migration?.state ?? 'not known'}`;
  return reject('migration.not_running', message);
}

function backfilled(
  { migration_id, object_ids }: BackfillMigration,
  view: View,
  classes: ClassCache,
): Events {
  const found = running(migration_id, view);
  if (!found.ok) return found;
  if (found.value.run.direction === 'back') {
    return reject('migration.rolling_back', `${migration_id} is being rolled back`);
  }
  const moved = move(found.value.objectClass, object_ids, { view, classes });
  return moved.ok ? ok(moved.value.events) : moved;
}

type Moving = { readonly view: View; readonly classes: ClassCache };

/** Writes objects as the form in force would have them; refuses one that is there already. */
function move(
  objectClass: string,
  ids: readonly string[],
  { view, classes }: Moving,
): Result<Plan, Rejection> {
  const steps = ids.map(
    (id): ObjectStep => ({ action: 'patch', object_class: objectClass, id, patch: {} }),
  );
  const planned = plan(steps, view, classes);
  if (!planned.ok) return planned;
  const there = planned.value.changes.find((change) => !change.wasBehind);
  if (!there) return planned;
  return reject('migration.not_behind', `${objectClass}/${there.id} is there already`);
}

function committed(payload: SchemaMigrationEnvelope, view: View): Events {
  const { migration_id, projection_rebuild_refs, validation_receipt_refs } = payload;
  const found = running(migration_id, view);
  if (!found.ok) return found;
  const { objectClass, head, run } = found.value;
  if (run.direction === 'back') {
    return reject('migration.rolling_back', `${migration_id} is being rolled back`);
  }
  const isSame =
    payload.from_schema_version === run.source.schema_version &&
    payload.to_schema_version === head.schema_version;
  if (!isSame) return reject('migration.mismatch', `${migration_id} is between other versions`);
  const behind = totalOf(view, keys.tally(objectClass, BEHIND_ID));
  if (compare(behind, ZERO) !== 0) {
    const message = `${formatExact(behind)} objects are at ${run.source.schema_version}`;
    return reject('migration.incomplete', `${migration_id}: ${message}`);
  }
  return ok([
    {
      type: 'migration.committed',
      migration_id,
      object_class: objectClass,
      ...endedBetween(run.source, head),
      projection_rebuild_refs,
      validation_receipt_refs,
    },
  ]);
}

/** Constraints that one form has and the one that stays has not. */
function endedBetween(from: ClassForm, to: ClassForm) {
  const kept = new Set(to.constraints.map((each) => each.constraint_id));
  const ended = from.constraints.filter((each) => !kept.has(each.constraint_id));
  return {
    dropped_constraint_ids: ended.map((each) => each.constraint_id),
    references: ended.flatMap((each) => referenceOf(each) ?? []),
  };
}

function rolledBack(
  { migration_id, object_ids }: RollbackMigration,
  view: View,
  classes: ClassCache,
): Events {
  const found = running(migration_id, view);
  if (!found.ok) return found;
  const { objectClass, run } = found.value;
  const turning = run.direction === 'forward' ? [turned(migration_id, objectClass, view)] : [];
  const overlay = new HeadOverlay(timeless(view));
  for (const event of turning) overlay.apply(evolveClass(overlay, event, 0n));
  const moved = move(objectClass, object_ids, { view: overlay, classes });
  if (!moved.ok) return moved;
  const events = [...turning, ...moved.value.events];
  const behind = totalOf(moved.value.after, keys.tally(objectClass, BEHIND_ID));
  if (compare(behind, ZERO) !== 0) return ok(events);
  const head = overlay.get<ClassHead>(keys.objectClass(objectClass));
  if (!head?.migration) return ok(events);
  const ended = endedBetween(head.migration.source, head);
  return ok([
    ...events,
    { type: 'migration.rolled_back', migration_id, object_class: objectClass, ...ended },
  ]);
}

function turned(
  migration_id: string,
  objectClass: string,
  view: View,
): EventOf<'migration.turned'> {
  const count = totalOf(view, keys.tally(objectClass, COUNT_ID));
  const behind = totalOf(view, keys.tally(objectClass, BEHIND_ID));
  return {
    type: 'migration.turned',
    migration_id,
    object_class: objectClass,
    behind: formatExact(subtract(count, behind)),
  };
}
