import type { CompiledRule } from './compile-rule.ts';
import { isStrictlyInside } from './region.ts';

/** A rule that matches, and how it would decide: 0 blocks, 1 asks, 2 allows. */
export type Contender = { readonly rule: CompiledRule; readonly rank: number };

/**
 * Design ruling 2, for rules none of which is a BLOCK rule, in canonical order, at least one:
 * a rule yields to one whose region lies strictly inside its own; of those left, the most
 * restrictive decides, and of equals the first. Being inside is transitive, so one pass that
 * keeps only the innermost so far is enough.
 */
export function prevailing(contenders: readonly Contender[]): Contender {
  let innermost: Contender[] = [];
  for (const contender of contenders) {
    const { rule } = contender.rule;
    if (innermost.some((other) => isStrictlyInside(other.rule.rule, rule))) continue;
    innermost = innermost.filter((other) => !isStrictlyInside(rule, other.rule.rule));
    innermost.push(contender);
  }
  return innermost.reduce((best, other) => (other.rank < best.rank ? other : best));
}
