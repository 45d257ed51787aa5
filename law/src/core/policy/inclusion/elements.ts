import { type CollectionName, collectionNames } from './dimensions.ts';
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
  /** Of a command: its words, the program first. */
  readonly words?: readonly string[];
};

/** What a request may say where it can say several things at once. */
export type Choice = {
  readonly fragment: Fragment;
  /** What any number may be taken of; undefined where nothing can be read. */
  readonly elements: readonly Element[] | undefined;
  /** Whether it starts commands, where that is settled: then one path is where they start. */
  readonly starts?: boolean;
  /** The key of one of them that is there in any case. */
  readonly required?: string;
};

export function keyOfRules(rules: Iterable<LiveRule>): string {
  const ids = Array.from(rules, ({ id }) => id);
  return ids.sort((left, right) => left - right).join();
}

/** Elements that are told apart by the rules they meet, the first of each kind. */
export class Elements {
  readonly #byKey = new Map<string, Element>();

  add(value: string, rules: ReadonlySet<LiveRule>, words?: readonly string[]): void {
    const key = keyOfRules(rules);
    if (this.#byKey.has(key)) return;
    this.#byKey.set(key, { value, key, rules, ...(words === undefined ? {} : { words }) });
  }

  all(): readonly Element[] {
    return [...this.#byKey.values()];
  }
}

/**
 * Whether the new policy blocks a request in which the rule is met by one of several values of
 * that kind, whatever else it says.
 */
export function isFatal({ rule, inNew, checks }: LiveRule, kind: CollectionName): boolean {
  const saysMore = collectionNames.some((name) => name !== kind && checks.has(name));
  return inNew && rule.action === 'BLOCK' && !saysMore;
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
