import { regionIncludes } from '../region.ts';
import type { Rule } from '../rules.ts';
import { isChanged, type LiveRule } from './live-rule.ts';

/**
 * Whether these rules alone show that nothing goes further, for requests of which no example can
 * be made. Every rule that changed is one of:
 *
 * - an ALLOW rule taken away, or a BLOCK rule added;
 * - a new ALLOW rule inside a BLOCK rule, so that it never decides;
 * - a new ALLOW rule inside an old one that counts nothing, where the old policy asks about
 *   nothing and all it blocks stays blocked.
 *
 * Inside means that whatever meets the inner rule meets the outer: an ALLOW rule is met only by
 * what is known and inside in every part, of which one is enough for a BLOCK rule.
 */
export function isNarrowedByRules(rules: readonly LiveRule[]): boolean {
  const old = rules.filter(({ inOld }) => inOld);
  const isBounded = old.every(({ rule, inNew }) => {
    return rule.action === 'ALLOW' || (rule.action === 'BLOCK' && inNew);
  });
  const blocking = rules.filter(({ rule, inNew }) => inNew && rule.action === 'BLOCK');
  const allowing = isBounded ? old.filter(({ rule }) => rule.action === 'ALLOW') : [];
  const outer = [...blocking, ...allowing].filter(isSteady).map(({ rule }) => rule);
  return rules.filter(isChanged).every(({ rule, inOld }) => {
    if (rule.action === 'REQUIRE_APPROVAL') return false;
    if (rule.action === 'BLOCK') return !inOld;
    return inOld || outer.some((each) => regionIncludes(each, rule));
  });
}

/** A BLOCK rule with `allow_origins` is not met by a request without destinations. */
function isSteady({ rule, compiled }: LiveRule): boolean {
  return compiled.budgets === undefined && !isOpen(rule);
}

function isOpen({ action, conditions }: Rule): boolean {
  return action === 'BLOCK' && conditions.allow_origins !== undefined;
}
