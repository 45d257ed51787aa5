import { isStrictlyInside } from '../region.ts';
import type { CollectionName } from './dimensions.ts';
import type { Element } from './elements.ts';
import { Finder } from './finder.ts';
import type { LiveRule } from './live-rule.ts';
import type { Work } from './work.ts';

/** Where a request may say several things at once: what of, and whether it must say one. */
export type Collection = {
  readonly name: CollectionName;
  readonly elements: readonly Element[];
  readonly needsOne: boolean;
  readonly needsStart: boolean;
  /** The key of an element that is there in any case. */
  readonly required: string | undefined;
};

export type Selection = readonly (readonly Element[])[];

export type Question = {
  /** Rules that may match, given all that is no collection. */
  readonly rules: readonly LiveRule[];
  readonly collections: readonly Collection[];
  readonly isSpent: (rule: LiveRule) => boolean;
};

/**
 * Selections of elements among which there is a widening if any selection is one.
 *
 * An ALLOW rule needs every element inside, a restrictive rule one. So a selection that widens
 * still does when everything is added that keeps the ALLOW rules that make the new decision what
 * it is, and meets none of the restrictive rules that must not be met. Those are, in the new
 * policy, what would block, and what asks where no kept ALLOW rule stands inside it; in the old,
 * where it blocks by default or because a rule is used up, what would ask instead. Every choice of
 * both gives one largest selection (docs/decisions/0010-inclusion.md).
 */
export function* selectionsOf(question: Question, work: Work): Generator<Selection | undefined> {
  const { rules, isSpent } = question;
  const next = rules.filter(({ inNew }) => inNew);
  const allowing = next.filter((rule) => rule.rule.action === 'ALLOW' && !isSpent(rule));
  const blocking = next.filter(({ rule }) => rule.action === 'BLOCK');
  const asking = next.filter(({ rule }) => rule.action === 'REQUIRE_APPROVAL');
  const finder = new Finder(question.collections, work);
  const kept: Kept[] = [];
  for (const each of keptSets(allowing, asking, finder, work)) {
    if (each === undefined) yield;
    else kept.push(each);
  }
  const restrictive = finder.avoidance([...blocking, ...asking]);
  for (const { members, shields } of kept) {
    if (members.length > 0) yield* finder.largest(members, restrictive, shields);
  }
  for (const spent of unshielded(asking, next, question, work)) {
    for (const silent of silentSets(question)) {
      const avoided = finder.avoidance([...blocking, ...spent, ...silent]);
      for (const { members } of kept) {
        if (members.length + asking.length > 0) yield* finder.largest(members, avoided, NONE);
      }
    }
  }
}

const NONE: ReadonlySet<LiveRule> = new Set();

/** ALLOW rules that are to match, with the asking rules that they stand inside of. */
type Kept = { readonly members: readonly LiveRule[]; readonly shields: ReadonlySet<LiveRule> };

/**
 * The ALLOW rules that make the difference: none, one, or several where each stands inside an
 * asking rule that none of the others does.
 */
function* keptSets(
  allowing: readonly LiveRule[],
  asking: readonly LiveRule[],
  finder: Finder,
  work: Work,
): Generator<Kept | undefined> {
  yield { members: [], shields: NONE };
  const single: Kept[] = [];
  for (const rule of allowing) {
    if (work.isDue()) yield;
    const around = finder.meetingWith(rule, asking);
    if (!work.spend(1 + around.length)) return;
    const shields = new Set(around.filter((each) => isStrictlyInside(rule.rule, each.rule)));
    single.push({ members: [rule], shields });
  }
  yield* single;
  const useful = single.filter(({ shields }) => shields.size > 0);
  let sets = useful.map((kept, last) => ({ last, kept, parts: [kept] }));
  while (sets.length > 0) {
    const larger: typeof sets = [];
    for (const { last, kept, parts } of sets) {
      for (let at = last + 1; at < useful.length; at += 1) {
        if (!work.spend(parts.length)) return;
        if (work.isDue()) yield;
        const part = useful[at] as Kept;
        const grown = [...parts, part];
        if (!grown.every((each) => isNeeded(each, grown))) continue;
        const members = [...kept.members, ...part.members];
        const shields = new Set([...kept.shields, ...part.shields]);
        yield { members, shields };
        larger.push({ last: at, kept: { members, shields }, parts: grown });
      }
    }
    sets = larger;
  }
}

function isNeeded(one: Kept, all: readonly Kept[]): boolean {
  const others = all.filter((each) => each !== one);
  return [...one.shields].some((asked) => !others.some(({ shields }) => shields.has(asked)));
}

/** Used-up asking rules of the new policy that are not to be met, in every combination. */
function* unshielded(
  asking: readonly LiveRule[],
  next: readonly LiveRule[],
  { isSpent }: Question,
  work: Work,
): Generator<readonly LiveRule[]> {
  const spent = asking.filter(isSpent);
  const isShielded = ({ rule }: LiveRule): boolean =>
    next.some((other) => !isSpent(other) && isStrictlyInside(other.rule, rule));
  if (!work.spend(spent.length * next.length)) return;
  const maybe = spent.filter(isShielded);
  const never = spent.filter((rule) => !maybe.includes(rule));
  if (maybe.length > 12) return work.giveUp('too many rules with a rate contain others');
  for (let mask = 0; mask < 1 << maybe.length; mask += 1) {
    yield [...never, ...maybe.filter((_, at) => ((mask >> at) & 1) === 1)];
  }
}

/** Asking rules of the old policy that must not be met for it to block, for each reason it has. */
function silentSets({ rules, isSpent }: Question): readonly (readonly LiveRule[])[] {
  const before = rules.filter(({ inOld }) => inOld);
  const asking = before.filter(({ rule }) => rule.action === 'REQUIRE_APPROVAL');
  const sets = new Map<string, readonly LiveRule[]>();
  const add = (set: readonly LiveRule[]): void => {
    sets.set(set.map(({ id }) => id).join(), set);
  };
  if (before.some(({ rule }) => rule.action === 'BLOCK')) add([]);
  add(asking);
  for (const { rule } of asking.filter(isSpent)) {
    add(asking.filter((inner) => isStrictlyInside(inner.rule, rule)));
  }
  return [...sets.values()];
}
