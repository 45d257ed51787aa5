import { type Fault, faultHere, type JsonObject, within } from './pointer.ts';

/** Members that are there and others that may be; nothing else. */
export function misfitIn(
  expression: JsonObject,
  needed: readonly string[],
  allowed: readonly string[] = [],
): Fault | undefined {
  const missing = needed.find((name) => !Object.hasOwn(expression, name));
  if (missing !== undefined) return within(missing, faultHere('missing'));
  const known = new Set([...needed, ...allowed]);
  const strange = Object.keys(expression).find((name) => !known.has(name));
  return strange === undefined ? undefined : within(strange, faultHere('unknown member'));
}
