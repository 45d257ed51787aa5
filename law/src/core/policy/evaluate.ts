import {
  type BudgetCondition,
  type BudgetView,
  callBudgetIds,
  exhaustedBudget,
  reservationsFor,
  spendBudgetIds,
} from './budgets.ts';
import type { Applicable, CompiledPolicy } from './compile.ts';
import { type CompiledRule, holds, unmetCondition } from './compile-rule.ts';
import type { Decision } from './decision.ts';
import { isObserving, observed } from './observe.ts';
import { type Contender, prevailing } from './precedence.ts';
import type { Subject } from './subject.ts';
import type { Visitor } from './target-index.ts';

const BLOCKS = 0;

/**
 * Decides one request (whitepaper 2.6.2; design ruling 2). A matching BLOCK rule wins. Otherwise
 * the innermost matching rule does, the more restrictive where neither contains the other. With
 * no rule left the answer is BLOCK. A used-up budget only ever restricts: an ALLOW rule stops
 * matching, a REQUIRE_APPROVAL rule that would have decided blocks. A policy that observes lets
 * all but BLOCK rules pass, and says so.
 */
export function evaluate(policy: CompiledPolicy, subject: Subject, budgets: BudgetView): Decision {
  const decision = enforce(policy, subject, budgets);
  return isObserving(policy.rules, budgets.time) ? observed(decision) : decision;
}

function enforce(policy: CompiledPolicy, subject: Subject, budgets: BudgetView): Decision {
  const applicable = policy.applicable(subject.target);
  const matches = new Matches(subject);
  for (const index of applicable.indexes) index.visit(subject, matches);
  if (matches.blocking !== undefined) return matches.blocking.decision;
  const { first } = matches;
  if (first === undefined) return denied(applicable, subject);
  if (matches.more === undefined && first.budgets === undefined) {
    return admitted(first, applicable, subject);
  }
  return weigh(matches.inOrder(), { applicable, subject, budgets });
}

/** Ids of every budget that deciding this request may read or reserve. */
export function budgetIdsFor(policy: CompiledPolicy, subject: Subject): readonly string[] {
  const declared = policy.applicable(subject.target).budgets;
  return [...callBudgetIds(declared, subject), ...spendBudgetIds(declared, subject)];
}

/** Keeps the rules that match, budgets aside; of BLOCK rules only the first. */
class Matches implements Visitor {
  readonly #subject: Subject;
  blocking: CompiledRule | undefined;
  first: CompiledRule | undefined;
  more: Set<CompiledRule> | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  consider(rule: CompiledRule, isSure: boolean): void {
    if (rule === this.first) return;
    if (!holds(rule, isSure ? rule.otherChecks : rule.checks, this.#subject)) return;
    if (rule.rank === BLOCKS) {
      if (this.blocking === undefined || rule.order < this.blocking.order) this.blocking = rule;
    } else if (this.first === undefined) {
      this.first = rule;
    } else {
      this.more ??= new Set();
      this.more.add(rule);
    }
  }

  inOrder(): CompiledRule[] {
    const rules = [...(this.more ?? [])];
    if (this.first !== undefined) rules.push(this.first);
    return rules.sort((left, right) => left.order - right.order);
  }
}

type Situation = {
  readonly applicable: Applicable;
  readonly subject: Subject;
  readonly budgets: BudgetView;
};

function weigh(rules: readonly CompiledRule[], situation: Situation): Decision {
  const { applicable, subject, budgets } = situation;
  const spent = new Map<CompiledRule, BudgetCondition>();
  for (const rule of rules) {
    const field = rule.budgets && exhaustedBudget(rule.budgets, subject, budgets);
    if (field !== undefined) spent.set(rule, field);
  }
  const contenders = rules.map((rule): Contender => {
    return { rule, rank: spent.has(rule) && rule.isRestrictive ? BLOCKS : rule.rank };
  });
  const live = contenders.filter(({ rule }) => rule.isRestrictive || !spent.has(rule));
  const { rule } = prevailing(live.length > 0 ? live : contenders);
  const field = spent.get(rule);
  if (field === undefined) return admitted(rule, applicable, subject);
  const ruleId = rule.rule.rule_id;
  const code = 'policy.budget_exhausted';
  return { verdict: 'BLOCK', code, ruleId, field, reservations: [] };
}

function denied({ nearest }: Applicable, subject: Subject): Decision {
  const unmet = nearest && unmetCondition(nearest, subject);
  const code = 'policy.default_deny';
  return { verdict: 'BLOCK', code, field: unmet ?? 'target', reservations: [] };
}

function admitted({ decision }: CompiledRule, { budgets }: Applicable, subject: Subject): Decision {
  const reservations = reservationsFor(budgets, subject);
  return reservations.length === 0 ? decision : { ...decision, reservations };
}
