import { err, ok, type Result } from '@ioi/basis';
import {
  type DropInvariant,
  type InvariantCheckEnvelope,
  type InvariantDefinition,
  isDropInvariant,
  isInvariantCheckEnvelope,
  isInvariantDefinition,
  type Operation,
  type Rejection,
  type View,
} from '@ioi/protocol';
import type { ClassCache, CompiledClass } from './class-cache.ts';
import { changeable } from './define-constraint.ts';
import type { ObjectEvent } from './events.ts';
import { compare, ZERO } from './exact.ts';
import { aggregateId } from './form.ts';
import { COUNT_ID, type InvariantHead, keys } from './heads.ts';
import { totalOf } from './indexes.ts';
import { compileInvariant, type KeptAggregate } from './invariant.ts';
import { byOwner } from './permission.ts';
import { kindOf, readPlace } from './place.ts';
import { formatPointer, type JsonObject } from './pointer.ts';
import { readsOf } from './reads.ts';

type Events = Result<readonly ObjectEvent[], Rejection>;

const MAX_AGGREGATES = 32;
const MAX_INVARIANTS = 16;

const reject = (code: string, message: string) => err({ code, message });

export function defineInvariant(classes: ClassCache): Operation<InvariantDefinition, ObjectEvent> {
  return {
    authors: ['channel', 'key'],
    accepts: isInvariantDefinition,
    reads: (payload, view) => readsOf(view, (seen) => defined(payload, seen, classes)),
    needs: () => [],
    decide: (payload, { view, author }) => {
      return byOwner(defined(payload, view, classes), classesIn(payload), { view, author });
    },
  };
}

function defined(invariant: InvariantDefinition, view: View, classes: ClassCache): Events {
  const { invariant_id, expression, mode } = invariant;
  if (view.get(keys.invariant(invariant_id))) {
    return reject('invariant.exists', `${invariant_id} was used before`);
  }
  if (!expression) {
    return mode === 'record'
      ? ok([{ type: 'invariant.defined', invariant, aggregates: [] }])
      : reject('invariant.invalid', `${invariant_id}: what is enforced has an expression`);
  }
  const compiled = compileInvariant(expression as JsonObject);
  if (!compiled.ok) {
    const { steps, message } = compiled.error;
    return reject('invariant.invalid', `${invariant_id}${formatPointer(steps)}: ${message}`);
  }
  for (const kept of compiled.value.aggregates) {
    const refused = refusedAggregate(kept, view, classes);
    if (refused) return err({ ...refused, message: `${invariant_id}: ${refused.message}` });
  }
  if (mode === 'enforce' && !compiled.value.holds(view)) {
    return reject('invariant.broken', `${invariant_id} does not hold now`);
  }
  const { aggregates } = compiled.value;
  return ok([{ type: 'invariant.defined', invariant, aggregates: withoutTwins(aggregates) }]);
}

function withoutTwins(aggregates: readonly KeptAggregate[]): readonly KeptAggregate[] {
  const byName = new Map(aggregates.map((kept) => [nameOf(kept), kept]));
  return [...byName.values()];
}

const nameOf = ({ object_class, aggregate }: KeptAggregate) =>
  `${object_class} ${aggregateId(aggregate)}`;

function refusedAggregate(
  { object_class, aggregate }: KeptAggregate,
  view: View,
  classes: ClassCache,
): Rejection | undefined {
  const found = changeable(object_class, view);
  if (!found.ok) return found.error;
  const compiled = classes.compiled(object_class, view);
  const message = compiled && misplaced(aggregate, compiled);
  if (message !== undefined) return { code: 'invariant.invalid', message };
  const { aggregates, invariants } = found.value;
  if (invariants.length >= MAX_INVARIANTS || aggregates.length >= MAX_AGGREGATES) {
    return { code: 'invariant.too_many', message: `${object_class} keeps enough numbers` };
  }
  const isKept = aggregates.some((each) => aggregateId(each) === aggregateId(aggregate));
  const count = totalOf(view, keys.tally(object_class, COUNT_ID));
  if (isKept || compare(count, ZERO) === 0) return undefined;
  const late = `${object_class} has objects that this number was not kept for`;
  return { code: 'invariant.late', message: late };
}

/** Why the class has no such number. */
function misplaced(
  { pointer, where }: KeptAggregate['aggregate'],
  { form }: CompiledClass,
): string | undefined {
  if (pointer !== undefined) {
    const place = readPlace(pointer, form.declared);
    if (!place.ok) return place.error.message;
    if (kindOf(place.value) !== 'number') return `there is no number at ${pointer}`;
  }
  if (!where) return undefined;
  const place = readPlace(where.pointer, form.declared);
  if (!place.ok) return place.error.message;
  const isMember = place.value.declared?.members?.includes(where.equals) === true;
  return isMember ? undefined : `${where.pointer} is never ${where.equals}`;
}

export const dropInvariant: Operation<DropInvariant, ObjectEvent> = {
  authors: ['channel', 'key'],
  accepts: isDropInvariant,
  reads: ({ invariant_id }, view) => {
    const classes = classesKeptBy(invariant_id, view).map(keys.objectClass);
    return [keys.invariant(invariant_id), ...classes];
  },
  needs: () => [],
  decide: ({ invariant_id }, { view, author }) => {
    const head = view.get<InvariantHead>(keys.invariant(invariant_id));
    if (head?.state !== 'active') return unknown(invariant_id);
    const object_classes = classesIn(head.definition);
    const events: Events = ok([{ type: 'invariant.dropped', invariant_id, object_classes }]);
    return byOwner(events, object_classes, { view, author });
  },
};

function classesKeptBy(invariantId: string, view: View): readonly string[] {
  const head = view.get<InvariantHead>(keys.invariant(invariantId));
  return head?.state === 'active' ? classesIn(head.definition) : [];
}

/** Classes whose writes an invariant looks at. */
function classesIn({ expression }: InvariantDefinition): readonly string[] {
  const compiled = expression && compileInvariant(expression as JsonObject);
  if (!compiled?.ok) return [];
  return [...new Set(compiled.value.aggregates.map((each) => each.object_class))];
}

function unknown(invariantId: string) {
  return reject('invariant.unknown', `no invariant ${invariantId} is in force`);
}

/**
 * Records what an evaluation found (whitepaper B.4). Where the invariant is over kept numbers, the
 * result follows from them; where it is not, its author answers for it.
 */
export function checkInvariant(
  classes: ClassCache,
): Operation<InvariantCheckEnvelope, ObjectEvent> {
  return {
    authors: ['channel', 'key'],
    accepts: isInvariantCheckEnvelope,
    reads: (payload, view) => readsOf(view, (seen) => checked(payload, seen, classes)),
    needs: () => [],
    decide: (payload, { view }) => checked(payload, view, classes),
  };
}

function checked(check: InvariantCheckEnvelope, view: View, classes: ClassCache): Events {
  const { invariant_id, result } = check;
  const head = view.get<InvariantHead>(keys.invariant(invariant_id));
  if (head?.state !== 'active') return unknown(invariant_id);
  const { domain_id, invariant_type } = head.definition;
  if (check.domain_id !== domain_id || check.invariant_type !== invariant_type) {
    return reject('invariant.mismatch', `${invariant_id} is of another domain or type`);
  }
  if (result === 'pass' && check.violation_refs.length > 0) {
    return reject('invariant.mismatch', `${invariant_id}: what passes has no violations`);
  }
  const compiled = classes.invariant(invariant_id, view);
  const found = compiled && (compiled.holds(view) ? 'pass' : 'fail');
  if (found !== undefined && found !== result) {
    const message = `${invariant_id}: claimed ${result}, evaluates to ${found}`;
    return reject('invariant.result_not_reproduced', message);
  }
  return ok([{ type: 'invariant.checked', check }]);
}
