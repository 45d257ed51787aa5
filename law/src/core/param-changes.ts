import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { Rejection } from '@ioi/protocol';

/** What a person puts in place of one value of a request: `['edits', '0', 'newText']`. */
export type ParamChange = { readonly path: readonly string[]; readonly value: Json };

type Params = { readonly [name: string]: unknown };

/**
 * Parameters with those changes, in their order. Only what is there is changed: no parameter
 * comes or goes, and no list grows; an object may get a field.
 */
export function changedParams(
  params: Params,
  changes: readonly ParamChange[],
): Result<Params, Rejection> {
  let changed = params;
  for (const { path, value } of changes) {
    const [name = ''] = path;
    if (!Object.hasOwn(changed, name)) return refuse(path, 'there is no such parameter');
    const next = withChange(changed, path, value);
    if (next === undefined) return refuse(path, 'there is nothing of that name to change');
    changed = next as Params;
  }
  return ok(changed);
}

function withChange(within: unknown, path: readonly string[], value: Json): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (Array.isArray(within)) {
    if (!/^(0|[1-9][0-9]{0,8})$/.test(name) || Number(name) >= within.length) return undefined;
    const next = withChange(within[Number(name)], rest, value);
    return next === undefined ? undefined : within.with(Number(name), next);
  }
  if (typeof within !== 'object' || within === null) return undefined;
  const isThere = Object.hasOwn(within, name);
  if (!isThere && rest.length > 0) return undefined;
  const next = withChange(isThere ? (within as Params)[name] : undefined, rest, value);
  if (next === undefined) return undefined;
  const others = Object.entries(within).filter(([key]) => key !== name);
  return Object.fromEntries([...others, [name, next]]);
}

function refuse(path: readonly string[], why: string): Result<never, Rejection> {
  return err({ code: 'edit.no_such_value', message: `${path.join('.')}: ${why}` });
}
