import { err, ok, type Result } from '@ioi/basis';
import type { ConstraintDefinitionEnvelope } from '@ioi/protocol';
import type { CompiledConstraints, IndexedConstraint, LocalConstraint } from './constraint.ts';
import { readCondition, valueOfJson } from './expression.ts';
import { readCardinality, readExclusion, readForeignReference, readUnique } from './indexed.ts';
import { misfitIn } from './members.ts';
import { kindOf, readPlace, readPlaces } from './place.ts';
import { type Fault, faultHere, type JsonObject, within } from './pointer.ts';
import { readTemporal } from './temporal.ts';
import { type Declared, readType } from './type-declaration.ts';

type Definition = ConstraintDefinitionEnvelope;
type Expression = JsonObject;
type Violation = LocalConstraint['violation'];

/** Reads the constraints of a class against its schema; refuses the first that cannot hold. */
export function compileConstraints(
  definitions: readonly Definition[],
  schema: Declared,
): Result<CompiledConstraints, Fault> {
  const local: LocalConstraint[] = [];
  const timed: LocalConstraint[] = [];
  const indexed: IndexedConstraint[] = [];
  for (const definition of definitions) {
    const compiled = compileConstraint(definition, schema);
    if (!compiled.ok) return err(within(definition.constraint_id, compiled.error));
    if ('entry' in compiled.value) indexed.push({ ...compiled.value, definition });
    else {
      const { isTimed, violation } = compiled.value;
      (isTimed ? timed : local).push({ definition, violation });
    }
  }
  return ok({ local, timed, indexed });
}

type Compiled =
  | Omit<IndexedConstraint, 'definition'>
  | { readonly isTimed: boolean; readonly violation: Violation };

function compileConstraint(definition: Definition, schema: Declared): Result<Compiled, Fault> {
  const expression = definition.expression as Expression;
  switch (definition.constraint_type) {
    case 'required':
      return local(readRequired(expression, schema));
    case 'check':
      return local(readCheck(expression, schema));
    case 'schema_type':
      return local(readSchemaType(expression, schema));
    case 'temporal':
      return readTemporal(expression, schema);
    case 'unique':
      return readUnique(expression, schema);
    case 'foreign_ref':
      return readForeignReference(expression, schema);
    case 'exclusion':
      return readExclusion(expression, schema);
    case 'cardinality':
      return readCardinality(expression, schema);
  }
}

function local(violation: Result<Violation, Fault>): Result<Compiled, Fault> {
  return violation.ok ? ok({ isTimed: false, violation: violation.value }) : violation;
}

function readRequired(expression: Expression, schema: Declared): Result<Violation, Fault> {
  const misfit = misfitIn(expression, ['pointers']);
  if (misfit) return err(misfit);
  const places = readPlaces(expression['pointers'], schema);
  if (!places.ok) return places;
  return ok((_base, after) => {
    const missing = after && places.value.find((place) => (place.at(after) ?? null) === null);
    return missing && { steps: missing.steps, message: 'required' };
  });
}

function readCheck(expression: Expression, schema: Declared): Result<Violation, Fault> {
  const holds = readCondition<JsonObject>(expression, (json) => {
    const pointer = (json as Expression)['field'];
    if (pointer === undefined) return undefined;
    const misfit = misfitIn(json as Expression, ['field']);
    if (misfit) return err(misfit);
    const place = readPlace(pointer, schema);
    if (!place.ok) return place;
    const kind = kindOf(place.value);
    return ok({ kind, of: (value) => valueOfJson(place.value.at(value), kind) });
  });
  if (!holds.ok) return holds;
  return ok((_base, after) =>
    after && !holds.value(after) ? faultHere('the condition does not hold') : undefined,
  );
}

function readSchemaType(expression: Expression, schema: Declared): Result<Violation, Fault> {
  const misfit = misfitIn(expression, ['pointer', 'type']);
  if (misfit) return err(misfit);
  const place = readPlace(expression['pointer'], schema);
  if (!place.ok) return place;
  const type = readType(expression['type'] ?? null);
  if (!type.ok) return err(within('type', type.error));
  return ok((_base, after) => {
    const value = place.value.at(after);
    const fault = value === undefined ? undefined : type.value.check(value);
    return fault && { ...fault, steps: [...place.value.steps, ...fault.steps] };
  });
}
