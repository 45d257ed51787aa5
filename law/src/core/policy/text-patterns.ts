import type { CompiledPolicy } from './compile.ts';

/** Patterns that the rules of a target look for in its text; none: the text decides nothing. */
export function textPatternsOf(policy: CompiledPolicy, target: string): readonly string[] {
  const rules = policy.applicable(target).groups.flatMap((group) => group.rules);
  const patterns = rules.flatMap(({ rule }) => rule.conditions.block_text_pattern ?? []);
  return [...new Set(patterns)].sort();
}

/** With more patterns than 10 on one target, not every combination is tried. */
const MOST_ASSUMPTIONS = 1024;

/**
 * What a text that nobody holds any more may have matched: every combination of the patterns, the
 * smallest first. A rule that decided needs no more than its own, so it is found early.
 */
export function* assumptionsOf(patterns: readonly string[]): Generator<ReadonlySet<string>, void> {
  let left = MOST_ASSUMPTIONS;
  let smaller: readonly (readonly number[])[] = [[]];
  while (smaller.length > 0) {
    const larger: number[][] = [];
    for (const chosen of smaller) {
      yield new Set(chosen.map((index) => patterns[index] as string));
      left -= 1;
      if (left === 0) return;
      for (let next = (chosen.at(-1) ?? -1) + 1; next < patterns.length; next++) {
        if (larger.length < left) larger.push([...chosen, next]);
      }
    }
    smaller = larger;
  }
}
