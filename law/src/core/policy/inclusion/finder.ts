import type { Element } from './elements.ts';
import type { LiveRule } from './live-rule.ts';
import type { Collection, Selection } from './selections.ts';
import type { Work } from './work.ts';

/** Rules that a selection must not meet, by how it can avoid that. */
export type Avoidance = {
  readonly rules: ReadonlySet<LiveRule>;
  /** Rules that no collection speaks of: whatever is selected meets them. */
  readonly unavoidable: readonly LiveRule[];
  /** Rules that several collections speak of, with those. */
  readonly several: readonly { readonly rule: LiveRule; readonly places: readonly number[] }[];
};

/** Finds the largest selection that keeps some rules and does not meet others. */
export class Finder {
  readonly #collections: readonly Collection[];
  readonly #work: Work;
  readonly #meeting: readonly ReadonlyMap<LiveRule, readonly Element[]>[];
  readonly #tried = new Set<string>();

  constructor(collections: readonly Collection[], work: Work) {
    this.#collections = collections;
    this.#work = work;
    this.#meeting = collections.map(({ elements }) => elementsByRule(elements));
  }

  avoidance(rules: readonly LiveRule[]): Avoidance {
    const placed = rules.map((rule) => ({ rule, places: this.#placesOf(rule) }));
    return {
      rules: new Set(rules),
      unavoidable: placed.filter(({ places }) => places.length === 0).map(({ rule }) => rule),
      several: placed.filter(({ places }) => places.length > 1),
    };
  }

  /** Those of the rules that some element meets together with this one. */
  meetingWith(rule: LiveRule, rules: readonly LiveRule[]): readonly LiveRule[] {
    const [place] = this.#placesOf(rule);
    if (place === undefined) return rules;
    const elements = this.#meeting[place]?.get(rule) ?? [];
    const met = new Set(elements.flatMap((element) => [...element.rules]));
    return rules.filter((each) => met.has(each) || !this.#placesOf(each).includes(place));
  }

  /**
   * A rule that several collections speak of is not met where one of them does not meet it, so
   * there may be several largest selections.
   */
  *largest(
    kept: readonly LiveRule[],
    avoided: Avoidance,
    except: ReadonlySet<LiveRule>,
  ): Generator<Selection | undefined> {
    if (!avoided.unavoidable.every((rule) => except.has(rule))) return;
    let choices: readonly ReadonlyMap<LiveRule, number>[] = [new Map()];
    for (const { rule, places } of avoided.several) {
      if (except.has(rule)) continue;
      choices = choices.flatMap((chosen) =>
        places.map((place) => new Map([...chosen, [rule, place]])),
      );
      if (!this.#work.spend(choices.length * (1 + avoided.several.length / 4))) return;
    }
    for (const choice of choices) {
      if (this.#work.isDue()) yield;
      const isAvoided = (rule: LiveRule, place: number): boolean =>
        avoided.rules.has(rule) && !except.has(rule) && (choice.get(rule) ?? place) === place;
      const selection = this.#select(kept, isAvoided);
      if (selection !== undefined && this.#isNew(selection)) yield selection;
    }
  }

  #select(
    kept: readonly LiveRule[],
    isAvoided: (rule: LiveRule, place: number) => boolean,
  ): Selection | undefined {
    const selection: (readonly Element[])[] = [];
    for (const [place, collection] of this.#collections.entries()) {
      const { elements, needsOne, needsStart, required } = collection;
      const [first, ...others] = kept.filter((rule) => this.#placesOf(rule).includes(place));
      const candidates = first ? (this.#meeting[place]?.get(first) ?? []) : elements;
      if (!this.#work.spend(1 + candidates.length)) return undefined;
      const selected = candidates.filter(
        ({ rules }) =>
          others.every((rule) => rules.has(rule)) &&
          ![...rules].some((rule) => isAvoided(rule, place)),
      );
      if (needsOne && selected.length === 0) return undefined;
      if (needsStart && !selected.some(({ isStart }) => isStart)) return undefined;
      if (required !== undefined && !selected.some(({ key }) => key === required)) return undefined;
      selection.push(selected);
    }
    return selection;
  }

  #placesOf({ checks }: LiveRule): readonly number[] {
    return this.#collections.flatMap(({ name }, at) => (checks.has(name) ? [at] : []));
  }

  #isNew(selection: Selection): boolean {
    const key = selection.map((each) => each.map((one) => `[${one.key}]`).join('')).join('|');
    if (this.#tried.has(key)) return false;
    this.#tried.add(key);
    return true;
  }
}

function elementsByRule(elements: readonly Element[]): ReadonlyMap<LiveRule, readonly Element[]> {
  const byRule = new Map<LiveRule, Element[]>();
  for (const element of elements) {
    for (const rule of element.rules) {
      const known = byRule.get(rule);
      if (known === undefined) byRule.set(rule, [element]);
      else known.push(element);
    }
  }
  return byRule;
}
