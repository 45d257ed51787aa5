import { assert, err, ok, type Result } from '@ioi/basis';
import { canonicalJson } from '@ioi/canon';
import type { CompiledConstraints } from './constraint.ts';
import { compileConstraints } from './constraints.ts';
import { type Exact, exactInteger, readExact, ZERO } from './exact.ts';
import type { Aggregate, ClassForm } from './heads.ts';
import { type Fault, type JsonObject, readPointer, valueAt, within } from './pointer.ts';
import { type Declared, readType } from './type-declaration.ts';

/** One version of a class, compiled. */
export type Form = CompiledConstraints & {
  readonly schemaVersion: string;
  readonly declared: Declared;
  readonly aggregates: readonly CompiledAggregate[];
};

export type CompiledAggregate = {
  /** Under which its tally is kept. */
  readonly id: string;
  /** What one object adds to it. */
  readonly share: (value: JsonObject) => Exact;
};

/** Refuses a schema or a constraint that cannot be read, with its place. */
export function compileForm(
  form: ClassForm,
  aggregates: readonly Aggregate[],
): Result<Form, Fault> {
  const declared = readType(form.schema);
  if (!declared.ok) return err(within('schema', declared.error));
  if (declared.value.type !== 'object') {
    return err({ steps: ['schema', 'type'], message: 'a class is an object' });
  }
  const constraints = compileConstraints(form.constraints, declared.value);
  if (!constraints.ok) return constraints;
  return ok({
    ...constraints.value,
    schemaVersion: form.schema_version,
    declared: declared.value,
    aggregates: aggregates.map(compileAggregate),
  });
}

export function aggregateId(aggregate: Aggregate): string {
  const text = canonicalJson(aggregate);
  assert(text.ok, 'an aggregate has a canonical form');
  return text.value;
}

function compileAggregate(aggregate: Aggregate): CompiledAggregate {
  const { pointer, where } = aggregate;
  const at = readPointer(pointer ?? '') ?? [];
  const whereAt = where ? (readPointer(where.pointer) ?? []) : [];
  const measured = (value: JsonObject) =>
    aggregate.measure === 'count' ? ONE : numberIn(valueAt(value, at));
  const share = (value: JsonObject) =>
    where === undefined || valueAt(value, whereAt) === where.equals ? measured(value) : ZERO;
  return { id: aggregateId(aggregate), share };
}

const ONE = exactInteger(1);

/** Integers and decimals as they are; whatever else a later schema put there adds nothing. */
function numberIn(value: unknown): Exact {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? exactInteger(value) : ZERO;
  return typeof value === 'string' ? (readExact(value) ?? ZERO) : ZERO;
}
