import type { HeadChange, HeadKey, View } from '@ioi/protocol';
import { HeadOverlay, timeless } from '../ledger/heads.ts';
import type { EventOf, ObjectEvent } from './events.ts';
import { foldMigration, touchedByMigration } from './evolve-migration.ts';
import { aggregateId } from './form.ts';
import { type InvariantHead, keys } from './heads.ts';
import { applyIndex, keyOf } from './indexes.ts';
import {
  beginConstraints,
  endConstraints,
  hashOf,
  reviseClass,
  setClass,
  targetsOf,
} from './revise-class.ts';

/** Events about classes, and what is defined over them. */
export type ClassEvent = Exclude<
  ObjectEvent,
  EventOf<'object.put' | 'object.deleted' | 'reference.bound' | 'artifact.attached'>
>;

export function touchedByClass(event: ClassEvent): readonly HeadKey[] {
  switch (event.type) {
    case 'class.defined':
      return [keys.objectClass(event.object_class)];
    case 'constraint.defined': {
      const { constraint, reference, indexes } = event;
      return [
        keys.constraint(constraint.constraint_id),
        keys.objectClass(constraint.object_class),
        ...targetsOf(reference ? [reference] : []),
        ...indexes.map(keyOf),
      ];
    }
    case 'constraint.dropped':
      return [
        keys.constraint(event.constraint_id),
        keys.objectClass(event.object_class),
        ...targetsOf(event.reference ? [event.reference] : []),
      ];
    case 'invariant.defined': {
      const classes = event.aggregates.map((each) => keys.objectClass(each.object_class));
      return [keys.invariant(event.invariant.invariant_id), ...classes];
    }
    case 'invariant.dropped':
      return [keys.invariant(event.invariant_id), ...event.object_classes.map(keys.objectClass)];
    case 'invariant.checked':
      return [keys.invariant(event.check.invariant_id)];
    default:
      return touchedByMigration(event);
  }
}

/** The fold of these events; `seq` is the place of the entry in the log. */
export function evolveClass(view: View, event: ClassEvent, seq: bigint): readonly HeadChange[] {
  const heads = new HeadOverlay(timeless(view));
  fold(heads, event, seq);
  return heads.changes();
}

function fold(heads: HeadOverlay, event: ClassEvent, seq: bigint): void {
  switch (event.type) {
    case 'class.defined':
      setClass(heads, event.object_class, event.definition);
      break;
    case 'constraint.defined':
      constraintDefined(heads, event);
      break;
    case 'constraint.dropped':
      constraintDropped(heads, event);
      break;
    case 'invariant.defined':
      invariantDefined(heads, event);
      break;
    case 'invariant.dropped':
      invariantDropped(heads, event);
      break;
    case 'invariant.checked': {
      const key = keys.invariant(event.check.invariant_id);
      const last_check = { check: event.check, seq: String(seq) };
      heads.apply([{ key, value: { ...heads.get<InvariantHead>(key), last_check } }]);
      break;
    }
    default:
      foldMigration(heads, event, seq);
  }
}

function constraintDefined(heads: HeadOverlay, event: EventOf<'constraint.defined'>): void {
  const { constraint, reference, indexes } = event;
  const { object_class, constraint_id } = constraint;
  reviseClass(heads, object_class, ({ constraints }) => ({
    constraints: [...constraints, constraint],
  }));
  beginConstraints(heads, object_class, [constraint_id], reference ? [reference] : []);
  for (const each of indexes) heads.apply([applyIndex(heads, each, '')]);
}

function constraintDropped(heads: HeadOverlay, event: EventOf<'constraint.dropped'>): void {
  const { constraint_id, object_class, reference } = event;
  reviseClass(heads, object_class, ({ constraints }) => ({
    constraints: constraints.filter((each) => each.constraint_id !== constraint_id),
  }));
  endConstraints(heads, object_class, [constraint_id], reference ? [reference] : []);
}

function invariantDefined(heads: HeadOverlay, event: EventOf<'invariant.defined'>): void {
  const { invariant, aggregates } = event;
  const value: InvariantHead = {
    definition: invariant,
    state: 'active',
    definition_hash: hashOf(invariant),
  };
  heads.apply([{ key: keys.invariant(invariant.invariant_id), value }]);
  for (const { object_class, aggregate } of aggregates) {
    reviseClass(heads, object_class, (definition) => ({
      aggregates: definition.aggregates.some((each) => aggregateId(each) === aggregateId(aggregate))
        ? definition.aggregates
        : [...definition.aggregates, aggregate],
      invariants:
        invariant.mode === 'record' || definition.invariants.includes(invariant.invariant_id)
          ? definition.invariants
          : [...definition.invariants, invariant.invariant_id],
    }));
  }
}

/** The numbers stay kept: another invariant may look at them. */
function invariantDropped(heads: HeadOverlay, event: EventOf<'invariant.dropped'>): void {
  const key = keys.invariant(event.invariant_id);
  heads.apply([{ key, value: { ...heads.get<InvariantHead>(key), state: 'dropped' } }]);
  for (const name of event.object_classes) {
    reviseClass(heads, name, ({ invariants }) => ({
      invariants: invariants.filter((id) => id !== event.invariant_id),
    }));
  }
}
