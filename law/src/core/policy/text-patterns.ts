import type { CompiledPolicy } from './compile.ts';

/** Patterns that the rules of a target look for in its text; none: the text decides nothing. */
export function textPatternsOf(policy: CompiledPolicy, target: string): readonly string[] {
  const rules = policy.applicable(target).groups.flatMap((group) => group.rules);
  const patterns = rules.flatMap(({ rule }) => rule.conditions.block_text_pattern ?? []);
  return [...new Set(patterns)].sort();
}
