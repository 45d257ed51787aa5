import { finish, type Pausing } from '@ioi/basis';
import type { ActionRules } from '@ioi/protocol';
import { exhaustedBudget } from '../budgets.ts';
import { type CompiledPolicy, compilePolicy } from '../compile.ts';
import { addressChoices } from './addresses.ts';
import { callClasses, timeClasses } from './calls.ts';
import { commandChoices } from './commands.ts';
import {
  type CollectionName,
  collectionNames,
  type DimensionName,
  dimensionNames,
} from './dimensions.ts';
import { type Choice, type Element, intentChoices } from './elements.ts';
import { flowClasses } from './flows.ts';
import { differOn, isChanged, type LiveRule, liveRules, passes } from './live-rule.ts';
import { methodClasses } from './methods.ts';
import { portClasses, protocolClasses, sessionClasses, windowClasses } from './network.ts';
import { pathChoices } from './paths.ts';
import {
  amountClasses,
  appClasses,
  existenceClasses,
  hostClasses,
  type ScalarClasses,
} from './scalars.ts';
import { type Collection, type Selection, selectionsOf } from './selections.ts';
import { budgetsIn, type Fragment, type Situation, situationOf, subjectIn } from './situation.ts';
import { otherCommand, startedFragment } from './starts.ts';
import { targetClasses } from './targets.ts';
import { textChoices } from './text.ts';
import { incomparable, MOST_STEPS, Work } from './work.ts';

/**
 * One situation for each class of requests in which a change between two policies can make a
 * difference. Classes are told apart dimension by dimension, each time only by the rules that may
 * still match; where no changed rule is among them both policies decide alike.
 */
export function* cells(
  before: CompiledPolicy,
  after: CompiledPolicy,
  work: Work,
): Generator<Situation | undefined> {
  for (const target of targetClasses(before.rules, after.rules)) {
    if (!differOn(before, after, target)) continue;
    const rules = liveRules(before, after, target);
    yield* cellsIn({ target, work, rules, parts: [], collections: [] }, 0);
  }
}

export type InclusionCells = {
  readonly situations: Iterable<Situation>;
  /** Once all have been taken: why they are not enough; undefined when they are. */
  readonly undecided: () => string | undefined;
};

/** The same for whoever checks a proof, for rules in any form. */
export function inclusionCells(before: ActionRules, after: ActionRules): InclusionCells {
  const work = new Work(MOST_STEPS);
  return {
    situations: withoutPauses(cells(compilePolicy(before), compilePolicy(after), work)),
    undecided: () => work.undecided ?? incomparable(before, after),
  };
}

export function* withoutPauses<T>(pausing: Iterable<T | undefined>): Generator<T> {
  for (const each of pausing) if (each !== undefined) yield each;
}

type Region = {
  readonly target: string;
  readonly work: Work;
  /** Rules that may match in it. */
  readonly rules: readonly LiveRule[];
  /** What is settled of its requests. */
  readonly parts: readonly Fragment[];
  readonly collections: readonly Collection[];
  /** Whether they start commands, where that is settled. */
  readonly starts?: boolean | undefined;
};

function* cellsIn(region: Region, depth: number): Generator<Situation | undefined> {
  if (isSettled(region, depth) || !region.work.spend(1)) return;
  if (region.work.isDue()) yield;
  const dimension = dimensionNames[depth];
  if (dimension === undefined) {
    yield* cellsOfCollections(region);
  } else if (!isLookedAt(dimension, region.rules)) {
    yield* cellsIn(region, depth + 1);
  } else if (isCollection(dimension)) {
    for (const choice of yield* choicesOf(dimension, region)) {
      const isOdd = region.starts !== undefined && choice.starts === !region.starts;
      if (!isOdd) yield* cellsIn(chosen(region, dimension, choice), depth + 1);
    }
  } else {
    for (const part of partsOf(dimension, region)) {
      if (part === undefined) yield;
      else yield* cellsIn(part, depth + 1);
    }
  }
}

/**
 * Whether the new policy lets nothing go further, whatever else a request says: it decides alike,
 * or blocks, or only BLOCK rules came and ALLOW rules went. Without an ALLOW rule more rules may
 * decide than before, but all that did still do, unless it decided alone.
 */
function isSettled({ rules, collections }: Region, depth: number): boolean {
  if (rules.every((rule) => !isChanged(rule) || onlyTightens(rule))) return true;
  const next = rules.filter(({ inNew }) => inNew);
  if (!next.some(({ rule }) => rule.action !== 'BLOCK')) return true;
  const open = [...dimensionNames.slice(depth), ...collections.map(({ name }) => name)];
  const saysMore = ({ checks }: LiveRule): boolean => open.some((each) => checks.has(each));
  return next.some((rule) => rule.rule.action === 'BLOCK' && !saysMore(rule));
}

function onlyTightens({ rule: { action }, inNew }: LiveRule): boolean {
  return action === (inNew ? 'BLOCK' : 'ALLOW');
}

/** What an origin is made of. */
const OF_ORIGIN: readonly DimensionName[] = ['host', 'protocol', 'port'];

function isLookedAt(dimension: DimensionName, rules: readonly LiveRule[]): boolean {
  if (dimension === 'calls') {
    return rules.some(({ compiled: { budgets } }) => budgets?.rate ?? budgets?.originRate);
  }
  if (dimension === 'time') return rules.some(({ rule }) => rule.conditions.expires);
  const isOfOrigin = OF_ORIGIN.includes(dimension);
  return rules.some(({ checks }) => {
    return checks.has(dimension) || (isOfOrigin && checks.has('origin'));
  });
}

function isCollection(dimension: DimensionName): dimension is CollectionName {
  return (collectionNames as readonly string[]).includes(dimension);
}

const SCALARS = {
  host: hostClasses,
  app: appClasses,
  existence: existenceClasses,
  flows: flowClasses,
  protocol: protocolClasses,
  port: portClasses,
  method: methodClasses,
  session: sessionClasses,
  window: windowClasses,
  amount: amountClasses,
} as const satisfies Partial<Record<DimensionName, ScalarClasses>>;

type Budget = 'time' | 'calls';

function isBudget(dimension: DimensionName): dimension is Budget {
  return dimension === 'time' || dimension === 'calls';
}

function budgetClasses(
  dimension: Budget,
  { rules, target, parts }: Pick<Region, 'rules' | 'target' | 'parts'>,
): Iterable<Fragment> {
  if (dimension === 'time') return timeClasses(rules);
  return callClasses(rules, subjectIn(situationOf(target, parts)).destination.origin);
}

/** The region, once for each class of one dimension, with the rules that are left in each. */
function* partsOf(
  dimension: keyof typeof SCALARS | Budget | 'origin',
  region: Region,
): Generator<Region | undefined> {
  const { rules, parts, work, target } = region;
  if (dimension === 'origin') {
    const subject = subjectIn(situationOf(target, parts));
    yield { ...region, rules: rules.filter((rule) => passes(rule, dimension, subject)) };
    return;
  }
  if (isBudget(dimension)) {
    for (const part of budgetClasses(dimension, region)) {
      if (!work.spend(1)) return;
      if (work.isDue()) yield;
      yield { ...region, parts: [...parts, part] };
    }
    return;
  }
  const scalar: ScalarClasses = SCALARS[dimension];
  const shelf = new Shelf(scalar, rules);
  for (const part of scalar.classes(rules, work)) {
    const candidates = shelf.find(part);
    if (!work.spend(1 + candidates.length / 8)) return;
    if (work.isDue()) yield;
    if (!candidates.some(isChanged)) continue;
    const subject = subjectIn(situationOf(target, [part]));
    const left = candidates.filter((rule) => passes(rule, dimension, subject));
    yield { ...region, rules: left, parts: [...parts, part] };
  }
}

/** Rules by the names they can be found under, so that a class need not ask all of them. */
class Shelf {
  readonly #scalar: ScalarClasses;
  readonly #rules: readonly LiveRule[];
  readonly #byKey = new Map<string, LiveRule[]>();
  readonly #always: LiveRule[] = [];

  constructor(scalar: ScalarClasses, rules: readonly LiveRule[]) {
    this.#scalar = scalar;
    this.#rules = rules;
    for (const rule of rules) {
      const keys = scalar.keysOf?.(rule);
      if (keys === undefined) this.#always.push(rule);
      for (const key of keys ?? []) {
        const known = this.#byKey.get(key);
        if (known === undefined) this.#byKey.set(key, [rule]);
        else known.push(rule);
      }
    }
  }

  find(part: Fragment): readonly LiveRule[] {
    const keys = this.#scalar.keysFor?.(part);
    if (keys === undefined) return this.#rules;
    const found = new Set(keys.flatMap((key) => this.#byKey.get(key) ?? []));
    return [...this.#always, ...found];
  }
}

/** One fragment for each class of one dimension; of several values, each by itself. */
export function fragmentsOf(
  dimension: DimensionName,
  region: Pick<Region, 'rules' | 'target' | 'parts' | 'work'>,
): readonly Fragment[] {
  const { rules, work } = region;
  if (dimension === 'origin' || !isLookedAt(dimension, rules)) return [];
  if (isBudget(dimension)) return [...budgetClasses(dimension, region)];
  if (!isCollection(dimension)) {
    const { classes }: ScalarClasses = SCALARS[dimension];
    return [...classes(rules, work)];
  }
  return finish(choicesOf(dimension, region)).flatMap(({ fragment, elements = [] }) => {
    const single = elements.map((element) => ({ ...fragment, ...saying(dimension, [element]) }));
    const isNeeded = NEEDED.includes(dimension);
    return isNeeded ? single : [{ params: { [dimension]: [] } }, ...single];
  });
}

function* choicesOf(
  dimension: CollectionName,
  region: Pick<Region, 'rules' | 'target' | 'parts' | 'work'>,
): Pausing<readonly Choice[]> {
  const { rules, target, parts, work } = region;
  switch (dimension) {
    case 'texts':
      return yield* textChoices(rules, work);
    case 'addresses':
      return yield* addressChoices(rules, parts, work);
    case 'commands':
      return yield* commandChoices(rules, work);
    case 'paths':
      return yield* pathChoices(rules, target, work);
    case 'intents':
      return intentChoices(rules, work);
  }
}

/** Of these a request without any is like one of which they cannot be read. */
const NEEDED: readonly CollectionName[] = ['addresses', 'commands', 'paths'];

/** How a request says those values. */
function saying(name: CollectionName, selected: readonly Element[]): Fragment {
  const values = selected.map(({ value }) => value);
  switch (name) {
    case 'addresses':
      return { facts: { resolved_addresses: values } };
    case 'commands': {
      const started = selected.map(({ words = [] }) => words);
      return { params: { command: values.join('\n') }, supposed: { started } };
    }
    default:
      return { params: { [name]: values } };
  }
}

/** Where nothing can be read the rules are asked at once; else selections are made later. */
function chosen(region: Region, name: CollectionName, choice: Choice): Region {
  const { fragment, elements, required, starts = region.starts } = choice;
  const parts = [...region.parts, fragment];
  if (elements !== undefined) {
    const needsStart = name === 'paths' && starts === true;
    const collection = { name, elements, needsOne: NEEDED.includes(name), needsStart, required };
    return { ...region, parts, starts, collections: [...region.collections, collection] };
  }
  const subject = subjectIn(situationOf(region.target, [fragment]));
  const rules = region.rules.filter((rule) => passes(rule, name, subject));
  return { ...region, rules, parts, starts };
}

function* cellsOfCollections({
  target,
  work,
  rules,
  parts,
  collections,
}: Region): Generator<Situation | undefined> {
  const settled = situationOf(target, parts);
  // Deciding among many rules that match compares each with each.
  const cost = rules.length / 4 + rules.length ** 2 / 32;
  if (!work.spend(cost)) return;
  if (collections.length === 0) {
    yield settled;
    return;
  }
  const subject = subjectIn(settled);
  const budgets = budgetsIn(settled);
  const isSpent = ({ compiled }: LiveRule): boolean =>
    compiled.budgets !== undefined &&
    exhaustedBudget(compiled.budgets, subject, budgets) !== undefined;
  const changed = rules.filter(isChanged);
  for (const selection of selectionsOf({ rules, collections, isSpent }, work)) {
    if (work.isDue()) yield;
    if (selection === undefined) continue;
    if (!changed.some((rule) => isMet(rule, collections, selection))) continue;
    if (!work.spend(Math.min(cost, 100) + selection.flat().length)) return;
    const said = collections.flatMap(({ name, needsStart }, at): readonly Fragment[] => {
      const selected = selection[at] ?? [];
      if (!needsStart) return [saying(name, selected)];
      const hasCommands = collections.some((each) => each.name === 'commands');
      return [...(hasCommands ? [] : [otherCommand]), startedFragment(selected, work)];
    });
    if (work.undecided !== undefined) return;
    yield situationOf(target, [...parts, ...said]);
  }
}

/** Whether the rule matches what was selected. */
function isMet(rule: LiveRule, collections: readonly Collection[], selection: Selection): boolean {
  return collections.every(({ name }, at) => {
    const selected = selection[at] ?? [];
    if (!rule.checks.has(name)) return true;
    return rule.compiled.isRestrictive
      ? selected.some(({ rules }) => rules.has(rule))
      : selected.every(({ rules }) => rules.has(rule));
  });
}
