import { conditionNames, conditions } from './conditions.ts';
import type { ConditionName, Rule } from './rules.ts';
import { targetIncludes } from './rules.ts';

/**
 * Whether the region of `inner` lies inside that of `outer` (design ruling 2): its target does,
 * and so does, for each condition of `outer`, a condition of `inner`. A rule's region is what its
 * target and conditions say of one path, one host, one amount; how a rule treats several paths
 * or missing values, or a folder above its places, depends on its action and is no part of it.
 * Sound; incomplete only where a condition says so, and then the more restrictive rule wins.
 */
export function regionIncludes(outer: Rule, inner: Rule): boolean {
  if (!targetIncludes(outer.target, inner.target)) return false;
  return conditionNames.every((name) => conditionIncludes(name, outer, inner));
}

/** Inside and not the same. */
export function isStrictlyInside(inner: Rule, outer: Rule): boolean {
  return regionIncludes(outer, inner) && !regionIncludes(inner, outer);
}

function conditionIncludes(name: ConditionName, outer: Rule, inner: Rule): boolean {
  const wide = outer.conditions[name];
  if (wide === undefined) return true;
  const narrow = inner.conditions[name];
  if (narrow === undefined) return false;
  const includes = conditions[name].includes as (wide: unknown, narrow: unknown) => boolean;
  return includes(wide, narrow);
}
