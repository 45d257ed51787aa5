import type { LiveRule } from './live-rule.ts';
import type { Fragment } from './situation.ts';
import type { Work } from './work.ts';

/** One of several values, such as a path, that stands for all that meet the same rules. */
export type Element = {
  readonly value: string;
  /** Equal for elements that meet the same rules. */
  readonly key: string;
  /** Rules that it meets when it is alone. */
  readonly rules: ReadonlySet<LiveRule>;
  /** A path that is where a command starts. */
  readonly isStart?: true;
};

/** What a request may say where it can say several things at once. */
export type Choice = {
  readonly fragment: Fragment;
  /** What any number may be taken of; undefined where nothing can be read. */
  readonly elements: readonly Element[] | undefined;
  /** Whether one of them must be where a command starts. */
  readonly needsStart?: true;
};

export function keyOfRules(rules: Iterable<LiveRule>): string {
  const ids = Array.from(rules, ({ id }) => id);
  return ids.sort((left, right) => left - right).join();
}

/** An ALLOW rule about any of several would be another kind of rule; none is ever loaded. */
export function refuseAllowing(
  rules: readonly LiveRule[],
  name: 'intents' | 'texts',
  work: Work,
): void {
  const isOdd = rules.some(({ rule, checks }) => rule.action === 'ALLOW' && checks.has(name));
  if (isOdd) work.giveUp('an ALLOW rule has a condition that only restricts');
}

/** No intents that can be read, or any number of those that some rule blocks. */
export function intentChoices(rules: readonly LiveRule[], work: Work): readonly Choice[] {
  refuseAllowing(rules, 'intents', work);
  const byIntent = new Map<string, Set<LiveRule>>();
  for (const rule of rules) {
    for (const intent of rule.rule.conditions.block_intents ?? []) {
      byIntent.set(intent, (byIntent.get(intent) ?? new Set()).add(rule));
    }
  }
  const elements = [...byIntent].map(([value, met]) => {
    return { value, key: keyOfRules(met), rules: met };
  });
  return [
    { fragment: {}, elements: undefined },
    { fragment: {}, elements },
  ];
}
