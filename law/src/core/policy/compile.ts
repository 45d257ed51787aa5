import { BoundedMap } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { ActionRules } from '@ioi/protocol';
import { type RuleBudgets, type TargetBudgets, targetBudgets } from './budgets.ts';
import { canonicalizeKeyed, hashCanonical, type KeyedRule } from './canonicalize.ts';
import { type CompiledRule, compileRule } from './compile-rule.ts';
import { flowConditions } from './flow-conditions.ts';
import { applicableTargets } from './rules.ts';
import { TargetIndex } from './target-index.ts';

function asksProvenance({ conditions }: ActionRules['rules'][number]): boolean {
  return Object.keys(flowConditions).some((name) => Object.hasOwn(conditions, name));
}

/** The rules that name one target, or one namespace. */
type Group = {
  readonly rules: CompiledRule[];
  readonly index: TargetIndex;
  readonly budgets: Map<string, RuleBudgets>;
};

/** The rules that apply to the requests of one target. */
export type Applicable = {
  readonly indexes: readonly TargetIndex[];
  readonly groups: readonly { readonly rules: readonly CompiledRule[] }[];
  readonly budgets: TargetBudgets;
  /** The rule a denial is explained by: the first that allows, else the first. */
  readonly nearest: CompiledRule | undefined;
};

// Targets are chosen by agents, so what is remembered of them is bounded.
const REMEMBERED_TARGETS = 1024;

/** A policy ready to decide. Made from the canonical rules alone, by `compilePolicy`. */
export class CompiledPolicy {
  readonly policyHash: Digest;
  /** In canonical form. */
  readonly rules: ActionRules;
  /** Whether any rule asks where values come from or what was read. */
  readonly asksProvenance: boolean;
  readonly #groups: ReadonlyMap<string, Group>;
  // A memo: the same target always gets the same answer.
  readonly #applicable = new BoundedMap<string, Applicable>(REMEMBERED_TARGETS);

  constructor(rules: ActionRules) {
    const { rules: canonical, keyed } = canonicalizeKeyed(rules);
    this.rules = canonical;
    this.policyHash = hashCanonical(this.rules);
    this.asksProvenance = this.rules.rules.some(asksProvenance);
    this.#groups = groupByTarget(keyed);
  }

  applicable(target: string): Applicable {
    const known = this.#applicable.get(target);
    if (known !== undefined) return known;
    const groups = applicableTargets(target)
      .map((each) => this.#groups.get(each))
      .filter((group) => group !== undefined);
    const applicable = {
      indexes: groups.map(({ index }) => index),
      groups,
      budgets: targetBudgets(groups.flatMap(({ budgets }) => [...budgets.values()])),
      nearest: nearestOf(groups),
    };
    this.#applicable.set(target, applicable);
    return applicable;
  }
}

/**
 * Compiles a policy for `evaluate`. Total: `policyHash` is computed anew from the canonical bytes
 * of what will be evaluated (whitepaper 2.6.3, the evaluation invariant), and a condition that
 * cannot be read is undetermined, so it allows nothing and blocks all it might have meant.
 */
export function compilePolicy(rules: ActionRules): CompiledPolicy {
  return new CompiledPolicy(rules);
}

function groupByTarget(keyed: readonly KeyedRule[]): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const [order, each] of keyed.entries()) {
    const compiled = compileRule(each, order);
    const { rule } = compiled;
    let group = groups.get(rule.target);
    if (group === undefined) {
      group = { rules: [], index: new TargetIndex(), budgets: new Map() };
      groups.set(rule.target, group);
    }
    group.rules.push(compiled);
    group.index.add(compiled);
    const { budgets } = compiled;
    if (budgets) group.budgets.set(budgetsKey(budgets), budgets);
  }
  return groups;
}

function budgetsKey({ rate, originRate, session, day }: RuleBudgets): string {
  const rates = [rate, originRate].map((each) => `${each?.windowMs}/${each?.count}`);
  return `${rates.join(' ')} ${session?.unit} ${day?.unit}`;
}

/** Rules of a group are in canonical order, so the first of a kind stands for its group. */
function nearestOf(groups: readonly Group[]): CompiledRule | undefined {
  const allowing = groups.map(({ rules }) => rules.find((rule) => !rule.isRestrictive));
  const any = groups.map(({ rules }) => rules[0]);
  return firstOf(allowing) ?? firstOf(any);
}

function firstOf(rules: readonly (CompiledRule | undefined)[]): CompiledRule | undefined {
  const present = rules.filter((rule) => rule !== undefined);
  return present.sort((left, right) => left.order - right.order)[0];
}
