import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { View } from '@ioi/protocol';
import { readCondition } from './expression.ts';
import { aggregateId } from './form.ts';
import { type Aggregate, keys } from './heads.ts';
import { totalOf } from './indexes.ts';
import { misfitIn } from './members.ts';
import { isObjectClass } from './names.ts';
import {
  type Fault,
  faultHere,
  isObject,
  type JsonObject,
  readPointer,
  within,
} from './pointer.ts';

export type KeptAggregate = { readonly object_class: string; readonly aggregate: Aggregate };

/** A statement over kept numbers. */
export type CompiledInvariant = {
  readonly aggregates: readonly KeptAggregate[];
  readonly holds: (view: View) => boolean;
};

/** Refuses an expression that cannot be read; whether classes have the fields is seen elsewhere. */
export function compileInvariant(expression: JsonObject): Result<CompiledInvariant, Fault> {
  const aggregates: KeptAggregate[] = [];
  const holds = readCondition<View>(expression, (json) => {
    const leaf = (json as JsonObject)['aggregate'];
    if (leaf === undefined) return undefined;
    const kept = readAggregate(leaf);
    if (!kept.ok) return err(within('aggregate', kept.error));
    aggregates.push(kept.value);
    const key = keys.tally(kept.value.object_class, aggregateId(kept.value.aggregate));
    return ok({ kind: 'number', of: (view) => totalOf(view, key) });
  });
  return holds.ok ? ok({ aggregates, holds: holds.value }) : holds;
}

function readAggregate(json: Json): Result<KeptAggregate, Fault> {
  if (!isObject(json)) return err(faultHere('no object'));
  const misfit = misfitIn(json, ['object_class', 'measure'], ['pointer', 'where']);
  if (misfit) return err(misfit);
  const { object_class, measure, pointer, where } = json;
  if (!isObjectClass(object_class)) return err(within('object_class', faultHere('no class')));
  const isCount = measure === 'count' && pointer === undefined;
  const isSum = measure === 'sum' && readPointer(pointer) !== undefined;
  if (!isCount && !isSum) return err(faultHere('a count, or the sum at a pointer'));
  const base: Aggregate = isSum
    ? { measure: 'sum', pointer: String(pointer) }
    : { measure: 'count' };
  if (where === undefined) return ok({ object_class, aggregate: base });
  const group = isObject(where) ? readWhere(where) : undefined;
  if (!group) return err(within('where', faultHere('a pointer and the text it equals')));
  return ok({ object_class, aggregate: { ...base, where: group } });
}

function readWhere(where: JsonObject): Aggregate['where'] | undefined {
  const { pointer, equals } = where;
  const isSound = misfitIn(where, ['pointer', 'equals']) === undefined;
  if (!isSound || typeof pointer !== 'string' || typeof equals !== 'string') return undefined;
  return readPointer(pointer) ? { pointer, equals } : undefined;
}
