import type { ComparedCommand } from '../commands/index.ts';
import { printRange } from './address.ts';
import { type BudgetView, exhaustedBudget } from './budgets.ts';
import type { CompiledPolicy } from './compile.ts';
import { type CompiledRule, letsMatch } from './compile-rule.ts';
import type { Truth } from './condition.ts';
import type { Decision } from './decision.ts';
import type { Destination } from './destination.ts';
import { evaluate } from './evaluate.ts';
import { printMethodEntry } from './methods.ts';
import { printPattern } from './path.ts';
import type { Action, ConditionName } from './rules.ts';
import type { Subject } from './subject.ts';
import type { Texts } from './texts.ts';

export type ExplainedCondition = {
  readonly name: ConditionName;
  readonly truth: Truth | 'exhausted';
  /** Whether it lets the rule match. */
  readonly isMet: boolean;
  /** The rule's value, and what the request or the facts held. For people, not for deciding. */
  readonly wanted: unknown;
  readonly seen: unknown;
};

export type ExplainedRule = {
  readonly ruleId: string;
  readonly target: string;
  readonly action: Action;
  readonly isMatching: boolean;
  readonly conditions: readonly ExplainedCondition[];
};

export type Explanation = {
  readonly decision: Decision;
  /** Rules that apply to the target, the nearest to matching first. */
  readonly rules: readonly ExplainedRule[];
  /** How many apply in all. */
  readonly total: number;
};

const MOST_RULES = 50;

/** Why a policy decides as it does: for `ioi why` and `policy test`, never for enforcement. */
export function explain(
  policy: CompiledPolicy,
  subject: Subject,
  budgets: BudgetView,
): Explanation {
  const decision = evaluate(policy, subject, budgets);
  const applicable = policy.applicable(subject.target).groups.flatMap(({ rules }) => rules);
  const ranked = applicable
    .map((rule) => ({ rule, unmet: countUnmet(rule, subject) }))
    .sort((left, right) => left.unmet - right.unmet || left.rule.order - right.rule.order)
    .sort((left, right) => decidedFirst(decision, left.rule, right.rule))
    .slice(0, MOST_RULES);
  const rules = ranked.map(({ rule }) => explainRule(rule, subject, budgets));
  return { decision, rules, total: applicable.length };
}

function decidedFirst({ ruleId }: Decision, left: CompiledRule, right: CompiledRule): number {
  return Number(right.rule.rule_id === ruleId) - Number(left.rule.rule_id === ruleId);
}

function countUnmet(rule: CompiledRule, subject: Subject): number {
  const { checks, isRestrictive } = rule;
  return checks.filter(({ matches }) => !letsMatch(isRestrictive, matches(subject))).length;
}

function explainRule(compiled: CompiledRule, subject: Subject, budgets: BudgetView): ExplainedRule {
  const { rule, checks, isRestrictive } = compiled;
  const spent = compiled.budgets && exhaustedBudget(compiled.budgets, subject, budgets);
  const conditions = checks.map(({ name, matches }): ExplainedCondition => {
    const truth = name === spent ? 'exhausted' : matches(subject);
    const isMet = truth !== 'exhausted' && letsMatch(isRestrictive, truth);
    return { name, truth, isMet, wanted: rule.conditions[name], seen: valueSeen(name, subject) };
  });
  const { rule_id: ruleId, target, action } = rule;
  const isMatching = conditions.every(({ isMet }) => isMet);
  return { ruleId, target, action, isMatching, conditions };
}

/** Text may be the very secret that a pattern looks for, so only its length is told. */
function valueSeen(name: ConditionName, subject: Subject): unknown {
  switch (name) {
    case 'allow_apps':
      return subject.app;
    case 'allow_commands':
      return subject.commands?.started.map(seenCommand);
    case 'allow_domains':
      return subject.host;
    case 'allow_paths':
      return subject.paths.map(({ components }) => printPattern({ isAbsolute: true, components }));
    case 'allow_ips':
      return subject.destination.addresses.map(printRange);
    case 'allow_methods':
      return seenMethod(subject.destination);
    case 'allow_ports':
      return subject.destination.port;
    case 'allow_protocols':
      return subject.destination.protocol;
    case 'allow_sessions':
      return subject.sessionId;
    case 'allow_windows':
      return subject.windowId;
    case 'block_intents':
      return subject.intents;
    case 'block_text_pattern':
      return seenTexts(subject.texts);
    case 'max_spend':
    case 'max_session_spend':
    case 'max_day_spend':
      return subject.amount?.money;
    case 'expires':
    case 'rate_limit':
      return undefined;
    case 'rate_limit_per_origin':
      return subject.destination.origin;
    case 'requested':
      return subject.provenance?.requested;
    case 'allow_origins':
      return subject.provenance?.destinations;
    case 'block_flows':
      return subject.provenance?.labels;
    case 'target_exists':
      return subject.targetExists;
  }
}

function seenTexts({ read, hasUnread }: Texts): string {
  const characters = read.reduce((sum, { length }) => sum + length, 0);
  return `${characters} characters${hasUnread ? ', and texts that are not at hand' : ''}`;
}

/** As it was understood: options without order, `?` for what is not known. */
function seenCommand({ program, operands, flags }: ComparedCommand): string {
  return [program, ...operands]
    .map((word) => word ?? '?')
    .concat([...flags].sort())
    .join(' ');
}

function seenMethod({ method, path }: Destination): string {
  return printMethodEntry({ method: method ?? 'an unknown method', path });
}
