import { err, ok, type Result } from '@ioi/basis';
import { canonicalJson } from '@ioi/canon';
import {
  type ConstraintDefinitionEnvelope,
  type DropConstraint,
  isConstraintDefinitionEnvelope,
  isDropConstraint,
  type Operation,
  type Rejection,
  type View,
} from '@ioi/protocol';
import type { IndexChange, ObjectEvent, ReferenceChange } from './events.ts';
import { compare, exactInteger, formatExact } from './exact.ts';
import { compileForm } from './form.ts';
import { type ClassHead, COUNT_ID, type ConstraintHead, keys } from './heads.ts';
import { totalOf } from './indexes.ts';
import { byOwner } from './permission.ts';
import { formatPointer, type JsonObject } from './pointer.ts';
import { readsOf } from './reads.ts';
import { isOfChanges } from './temporal.ts';
import { tupleDigest } from './tuple.ts';

type Definition = ConstraintDefinitionEnvelope;
type Events = Result<readonly ObjectEvent[], Rejection>;

const MAX_CONSTRAINTS = 16;
const MAX_REFERENCES = 64;
const MAX_EXPRESSION_LENGTH = 8_192;

const reject = (code: string, message: string) => err({ code, message });

export const defineConstraint: Operation<Definition, ObjectEvent> = {
  authors: ['channel', 'key'],
  accepts: isConstraintDefinitionEnvelope,
  reads: (payload, view) => readsOf(view, (seen) => defined(payload, seen)),
  needs: () => [],
  decide: (payload, { view, author }) => {
    return byOwner(defined(payload, view), [payload.object_class], { view, author });
  },
};

export const dropConstraint: Operation<DropConstraint, ObjectEvent> = {
  authors: ['channel', 'key'],
  accepts: isDropConstraint,
  reads: (payload, view) => readsOf(view, (seen) => dropped(payload, seen)),
  needs: () => [],
  decide: (payload, { view, author }) => {
    const { object_class } = view.get<ConstraintHead>(keys.constraint(payload.constraint_id)) ?? {};
    const classes = object_class === undefined ? [] : [object_class];
    return byOwner(dropped(payload, view), classes, { view, author });
  },
};

function defined(constraint: Definition, view: View): Events {
  const { object_class } = constraint;
  const found = changeable(object_class, view);
  if (!found.ok) return found;
  const head = found.value;
  const reference = newReference(constraint, view);
  if (!reference.ok) return reference;
  if (head.constraints.length >= MAX_CONSTRAINTS) {
    return reject('constraint.too_many', `${object_class} has ${MAX_CONSTRAINTS} constraints`);
  }
  const form = compileForm({ ...head, constraints: [constraint] }, []);
  if (!form.ok) {
    const { steps, message } = form.error;
    return reject('constraint.invalid', `${formatPointer(steps)}: ${message}`);
  }
  const indexes = proven(constraint, object_class, view);
  if (!indexes.ok) return indexes;
  const change = reference.value ? { reference: reference.value } : {};
  return ok([{ type: 'constraint.defined', constraint, indexes: indexes.value, ...change }]);
}

/** A class that is defined and not on its way to another schema. */
export function changeable(name: string, view: View): Result<ClassHead, Rejection> {
  const head = view.get<ClassHead>(keys.objectClass(name));
  if (!head) return reject('class.unknown', `no class ${name}`);
  if (!head.migration) return ok(head);
  return reject('migration.running', `${name} is on its way by ${head.migration.migration_id}`);
}

/**
 * Refuses an id that was used before, or an expression without bound; tells which class counts
 * the references that come with the constraint.
 */
export function newReference(
  constraint: Definition,
  view: View,
): Result<ReferenceChange | undefined, Rejection> {
  const { constraint_id, constraint_type, expression } = constraint;
  if (view.get(keys.constraint(constraint_id))) {
    return reject('constraint.exists', `${constraint_id} was used before`);
  }
  const text = canonicalJson(expression);
  if (!text.ok || text.value.length > MAX_EXPRESSION_LENGTH) {
    return reject('constraint.invalid', `${constraint_id}: the expression is too large`);
  }
  if (constraint_type !== 'foreign_ref') return ok(undefined);
  const target = (expression as JsonObject)['object_class'];
  const head =
    typeof target === 'string' ? view.get<ClassHead>(keys.objectClass(target)) : undefined;
  if (!head) return reject('class.unknown', `${constraint_id}: no class ${String(target)}`);
  if (head.referenced_by.length >= MAX_REFERENCES) {
    return reject('constraint.too_many', `${constraint_id}: ${target} is referred to too often`);
  }
  return ok(referenceOf(constraint));
}

export function referenceOf(constraint: Definition): ReferenceChange | undefined {
  if (constraint.constraint_type !== 'foreign_ref') return undefined;
  const { constraint_id, enforcement_mode, expression } = constraint;
  const target_class = String((expression as JsonObject)['object_class']);
  return { constraint_id, enforcement_mode, target_class };
}

/**
 * With objects there already, a constraint is taken only when kept numbers show that it holds, or
 * when it speaks of changes alone; what its index must hold then.
 */
function proven(
  { constraint_id, constraint_type, expression }: Definition,
  object_class: string,
  view: View,
): Result<readonly IndexChange[], Rejection> {
  const count = totalOf(view, keys.tally(object_class, COUNT_ID));
  if (compare(count, NONE) === 0) return ok([]);
  const { max, pointers } = expression as { max?: number; pointers?: unknown[] };
  if (constraint_type === 'temporal' && isOfChanges(expression as JsonObject)) return ok([]);
  const isWhole = constraint_type === 'cardinality' && (pointers ?? []).length === 0;
  if (isWhole && (max === undefined || compare(count, exactInteger(max)) <= 0)) {
    const { headClass, id } = keys.group(constraint_id, tupleDigest([]));
    return ok([{ index: 'tally', head_class: headClass, id, by: formatExact(count) }]);
  }
  const message = `${object_class} has objects that no kept number vouches for`;
  const advice = 'declare it before the first object, or bring it with a migration';
  return reject('constraint.late', `${constraint_id}: ${message}; ${advice}`);
}

const NONE = exactInteger(0);

function dropped({ constraint_id }: DropConstraint, view: View): Events {
  const known = view.get<ConstraintHead>(keys.constraint(constraint_id));
  if (known?.state !== 'active') {
    return reject('constraint.unknown', `no constraint ${constraint_id} is in force`);
  }
  const { object_class } = known;
  const found = changeable(object_class, view);
  if (!found.ok) return found;
  const constraint = found.value.constraints.find((each) => each.constraint_id === constraint_id);
  const reference = constraint && referenceOf(constraint);
  return ok([
    {
      type: 'constraint.dropped',
      constraint_id,
      object_class,
      ...(reference ? { reference } : {}),
    },
  ]);
}
