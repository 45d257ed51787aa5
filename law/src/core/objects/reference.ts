import type { Json } from '@ioi/canon';
import type { ConstraintDefinitionEnvelope, InvariantDefinition, ObjectStep } from '@ioi/protocol';
import { compare, type Exact, exactInteger } from './exact.ts';
import type { JsonObject } from './pointer.ts';
import { conforms, type Look, numberIn, pick, truth, tupleText } from './reference-values.ts';

type Objects = Map<string, JsonObject>;
type State = Map<string, Objects>;
type Constraint = ConstraintDefinitionEnvelope;
type Speaking = { readonly speaker: string; readonly chainTime: bigint };
type Declared = {
  readonly schema: JsonObject;
  readonly owner: string;
  readonly ownerOnly: readonly string[];
};

/**
 * Governed objects as plainly as they can be said: no index, no kept number; every constraint
 * looks at every object again. What is refused says all codes that could be given for it.
 * Migrations are left out.
 */
export class ReferenceObjects {
  readonly classes = new Map<string, Declared>();
  readonly constraints = new Map<string, Constraint>();
  readonly invariants: InvariantDefinition[] = [];
  readonly #usedIds = new Set<string>();
  #state: State = new Map();

  define(name: string, declared: Declared): void {
    this.classes.set(name, declared);
    this.#state.set(name, new Map());
  }

  objects(name: string): Objects {
    return this.#state.get(name) ?? new Map();
  }

  constrain(constraint: Constraint): readonly string[] {
    const { constraint_id, constraint_type, object_class } = constraint;
    if (this.#usedIds.has(constraint_id)) return ['constraint.exists'];
    const { kind, max, pointers } = constraint.expression;
    const count = this.objects(object_class).size;
    const isOfChanges = constraint_type === 'temporal' && kind !== 'order';
    const isWhole = constraint_type === 'cardinality' && pointers === undefined;
    const isKnown = isWhole && (max === undefined || count <= (max as number));
    if (count > 0 && !isOfChanges && !isKnown) return ['constraint.late'];
    this.#usedIds.add(constraint_id);
    this.constraints.set(constraint_id, constraint);
    return [];
  }

  drop(constraintId: string): readonly string[] {
    return this.constraints.delete(constraintId) ? [] : ['constraint.unknown'];
  }

  write(steps: readonly ObjectStep[], speaking: Speaking): readonly string[] {
    const before = this.#state;
    let now = before;
    const named = new Set<string>();
    for (const step of steps) {
      const name = `${step.object_class}/${step.id}`;
      if (named.has(name)) return ['object.named_twice'];
      named.add(name);
      const next = this.#step(step, now);
      if (typeof next === 'string') return [next];
      const codes = this.#violations(now, next, 'immediate');
      if (codes.length > 0) return codes;
      now = next;
    }
    const deferred = this.#violations(before, now, 'deferred');
    if (deferred.length > 0) return deferred;
    const after = now;
    const isBroken = this.invariants.some(({ expression }) => !truth(expression, total(after)));
    if (isBroken) return ['invariant.broken'];
    const refused = this.#refusals(before, after, speaking);
    if (refused.length === 0) this.#state = after;
    return refused;
  }

  /** The state after a step, or why it cannot be taken. */
  #step(step: ObjectStep, now: State): State | string {
    const declared = this.classes.get(step.object_class);
    const objects = now.get(step.object_class);
    if (!declared || !objects) return 'class.unknown';
    const held = objects.get(step.id);
    if (step.action !== 'put' && !held) return 'object.missing';
    const next = new Map(objects);
    if (step.action === 'delete') next.delete(step.id);
    else
      next.set(step.id, step.action === 'put' ? (step.value as JsonObject) : patched(held, step));
    const value = next.get(step.id);
    if (value !== undefined && !conforms(declared.schema, value)) return 'constraint.schema_type';
    return new Map(now).set(step.object_class, next);
  }

  #violations(before: State, after: State, mode: Constraint['enforcement_mode']): string[] {
    const codes = new Set<string>();
    for (const constraint of this.constraints.values()) {
      const { constraint_type, enforcement_mode, object_class } = constraint;
      const isAlways = !INDEXED.has(constraint_type);
      if (isAlways ? mode !== 'immediate' : mode !== enforcement_mode) continue;
      const change = {
        before: of(before, object_class),
        after: of(after, object_class),
        state: after,
      };
      if (!HOLDS[constraint_type](constraint.expression as JsonObject, change)) {
        codes.add(`constraint.${constraint_type}`);
      }
    }
    return mode === 'immediate' ? [...codes, ...this.#unsoundRanges(after)] : [...codes];
  }

  /** A range that ends before it begins is wrong at once, whatever was deferred. */
  #unsoundRanges(after: State): string[] {
    const unsound = [...this.constraints.values()].some(
      ({ constraint_type, object_class, expression }) =>
        constraint_type === 'exclusion' &&
        !rangesAreSound(expression as JsonObject, of(after, object_class)),
    );
    return unsound ? ['constraint.exclusion'] : [];
  }

  #refusals(before: State, after: State, { speaker, chainTime }: Speaking): string[] {
    const codes = new Set<string>();
    for (const [name, { owner, ownerOnly }] of this.classes) {
      const change = { before: of(before, name), after: of(after, name), state: after };
      const ids = [...change.before.keys(), ...change.after.keys()];
      const isTouched = ids.some((id) => {
        const [was, is] = [change.before.get(id), change.after.get(id)];
        return ownerOnly.some((field) => text(was?.[field]) !== text(is?.[field]));
      });
      if (isTouched && speaker !== owner) codes.add('object.owner_only');
      for (const { object_class, constraint_type, expression } of this.constraints.values()) {
        if (object_class !== name || constraint_type !== 'temporal') continue;
        if (!timely(expression as JsonObject, change, chainTime)) codes.add('constraint.temporal');
      }
    }
    return [...codes];
  }
}

type Change = { readonly before: Objects; readonly after: Objects; readonly state: State };
type Holds = (expression: JsonObject, change: Change) => boolean;

const INDEXED: ReadonlySet<string> = new Set(['unique', 'foreign_ref', 'exclusion', 'cardinality']);

const HOLDS: Readonly<Record<Constraint['constraint_type'], Holds>> = {
  required: ({ pointers }, { after }) =>
    all(after, (value) =>
      list(pointers).every((pointer) => (pick(value, pointer) ?? null) !== null),
    ),
  check: (expression, { after }) =>
    all(after, (value) => truth(expression, (leaf) => pick(value, String(leaf['field'])))),
  schema_type: ({ pointer, type }, { after }) =>
    all(after, (value) => {
      const found = pick(value, String(pointer));
      return found === undefined || conforms(type as JsonObject, found);
    }),
  unique: ({ pointers }, { after }) => {
    const tuples = tuplesOf(after, list(pointers));
    return new Set(tuples).size === tuples.length;
  },
  foreign_ref: ({ pointer, object_class }, { after, state }) =>
    all(after, (value) => {
      const id = pick(value, String(pointer));
      return typeof id !== 'string' || of(state, String(object_class)).has(id);
    }),
  exclusion: (expression, { after }) => {
    const stays = [...after.values()].flatMap((value) => rangeOf(expression, value) ?? []);
    return stays.every((one, at) => stays.slice(at + 1).every((other) => !overlap(one, other)));
  },
  cardinality: ({ min = 0, max, pointers }, { before, after }) => {
    const [earlier, later] = [before, after].map((each) => tuplesOf(each, list(pointers ?? [])));
    return [...new Set([...earlier!, ...later!])].every((group) => {
      const was = earlier!.filter((each) => each === group).length;
      const is = later!.filter((each) => each === group).length;
      return (
        (is >= was || is >= Number(min)) && (is <= was || max === undefined || is <= Number(max))
      );
    });
  },
  temporal: (expression, { before, after }) => {
    if (expression['kind'] === 'order') return all(after, (value) => isOrdered(expression, value));
    if (expression['kind'] !== 'transitions') return true;
    return [...after].every(([id, value]) => isTransition(expression, before.get(id), value));
  },
};

function isOrdered({ earlier, later, strict }: JsonObject, value: JsonObject): boolean {
  const [from, to] = [numberIn(pick(value, String(earlier))), numberIn(pick(value, String(later)))];
  if (!from || !to) return true;
  return strict === true ? compare(from, to) < 0 : compare(from, to) <= 0;
}

function isTransition(
  { pointer, initial, allowed }: JsonObject,
  before: JsonObject | undefined,
  after: JsonObject,
): boolean {
  const [from, to] = [before && pick(before, String(pointer)), pick(after, String(pointer))];
  if (from === to) return true;
  if (from === undefined) return initial === undefined || list(initial).includes(String(to));
  return (allowed as Json[][]).some((pair) => pair[0] === from && pair[1] === to);
}

/** What depends on the time of the entry. */
function timely(expression: JsonObject, { before, after }: Change, chainTime: bigint): boolean {
  const now = exactInteger(chainTime);
  const { kind, pointer, pointers, relation, after: since } = expression;
  if (kind === 'clock') {
    return [...after].every(([id, value]) => {
      const [was, is] = [before.get(id), value].map((each) => each && pick(each, String(pointer)));
      const time = numberIn(is);
      if (!time || was === is) return true;
      return relation === 'not_before' ? compare(time, now) >= 0 : compare(time, now) <= 0;
    });
  }
  if (kind !== 'immutable_after') return true;
  return [...before].every(([id, was]) => {
    const from = numberIn(pick(was, String(since)));
    if (!from || compare(now, from) < 0) return true;
    const is = after.get(id) ?? {};
    return [String(since), ...list(pointers)].every(
      (p) => text(pick(was, p)) === text(pick(is, p)),
    );
  });
}

type Stay = { readonly key: string; readonly from: Exact; readonly to: Exact };

function rangeOf({ pointers, from, to }: JsonObject, value: JsonObject): Stay | undefined {
  const key = tupleText(value, list(pointers));
  const [first, end] = [numberIn(pick(value, String(from))), numberIn(pick(value, String(to)))];
  return key !== undefined && first && end ? { key, from: first, to: end } : undefined;
}

function rangesAreSound({ from, to }: JsonObject, objects: Objects): boolean {
  return all(objects, (value) => {
    const [first, end] = [numberIn(pick(value, String(from))), numberIn(pick(value, String(to)))];
    return !first || !end || compare(first, end) < 0;
  });
}

function overlap(one: Stay, other: Stay): boolean {
  if (one.key !== other.key) return false;
  return compare(one.from, other.to) < 0 && compare(other.from, one.to) < 0;
}

function tuplesOf(objects: Objects, pointers: readonly string[]): string[] {
  return [...objects.values()].flatMap((value) => tupleText(value, pointers) ?? []);
}

/** Aggregates by adding up all objects. */
function total(state: State): Look {
  return (leaf) => {
    const { object_class, measure, pointer, where } = leaf['aggregate'] as JsonObject;
    const group = where as { pointer: string; equals: string } | undefined;
    const counted = [...of(state, String(object_class)).values()].filter(
      (value) => !group || pick(value, group.pointer) === group.equals,
    );
    const parts = counted.map((value) => (measure === 'count' ? 1 : pick(value, String(pointer))));
    return parts.map((part) => numberIn(part) ?? exactInteger(0));
  };
}

function patched(held: JsonObject | undefined, step: ObjectStep & { action: 'patch' }): JsonObject {
  const merged = Object.entries({ ...held, ...(step.patch as JsonObject) });
  return Object.fromEntries(merged.filter(([, member]) => member !== null));
}

function all(objects: Objects, holds: (value: JsonObject) => boolean): boolean {
  return [...objects.values()].every(holds);
}

const of = (state: State, name: string): Objects => state.get(name) ?? new Map();
const list = (json: Json | undefined) => (json ?? []) as string[];
const text = (value: Json | undefined) => JSON.stringify(value);
