import { assert } from '@ioi/basis';
import { canonicalJson, type Digest, digestBytes } from '@ioi/canon';
import type { ActionRules, Money } from '@ioi/protocol';
import { isCommandPattern, printCommandPattern, readCommandPattern } from '../commands/index.ts';
import { isRange, printRange, readRange } from './address.ts';
import { readProtocol } from './destination.ts';
import { canonicalFlow } from './flow-conditions.ts';
import { canonicalDomain } from './host.ts';
import { printMethodEntry, readMethodEntry } from './methods.ts';
import { canonicalAmount } from './money.ts';
import { isPattern, printPattern, readPattern } from './path.ts';
import { mergePorts, printPorts, readPorts } from './ports.ts';
import { canonicalEgress } from './read-egress.ts';
import { type Conditions, type Rule, rankOf } from './rules.ts';

type OntologyPolicy = NonNullable<ActionRules['ontology_policy']>;

/** A rule in canonical form with the text of its conditions, which is part of its sort key. */
export type KeyedRule = { readonly rule: Rule; readonly conditionsText: string };

/**
 * The one form a policy is hashed and evaluated in (whitepaper 2.6.3, design ruling 1): sets are
 * sorted and without repetition, hosts and paths have one spelling, other texts are NFC, rules
 * are in order and no two are equal. Applying it again changes nothing, and neither does any
 * order of the rules before it. It never refuses: an entry without a canonical form stays as it
 * is, and evaluation treats it as undetermined. Rules must be I-JSON, as `parseStrict` gives.
 */
export function canonicalize(rules: ActionRules): ActionRules {
  return canonicalizeKeyed(rules).rules;
}

/** The same, and its rules in their order with what they are sorted by. */
export function canonicalizeKeyed(rules: ActionRules): {
  readonly rules: ActionRules;
  readonly keyed: readonly KeyedRule[];
} {
  const keyed = orderRules(rules.rules.map(canonicalRule));
  return { rules: withRules(rules, keyed), keyed };
}

function withRules(rules: ActionRules, keyed: readonly KeyedRule[]): ActionRules {
  const { policy_id, defaults, mode, unit, envelope, egress, ontology_policy } = rules;
  const { observe_until: until } = rules;
  return {
    policy_id: policy_id.normalize('NFC'),
    defaults,
    ...(mode === undefined ? {} : { mode }),
    ...(until === undefined ? {} : { observe_until: until }),
    ...(unit === undefined ? {} : { unit }),
    rules: keyed.map(({ rule }) => rule),
    ...(envelope === undefined ? {} : { envelope: setOf(envelope, toNfc) }),
    ...(egress === undefined ? {} : { egress: canonicalEgress(egress) }),
    ...(ontology_policy === undefined
      ? {}
      : { ontology_policy: canonicalOntologyPolicy(ontology_policy) }),
  };
}

/** SHA-256 of the canonical JSON of the canonical form, whatever form was given. */
export function policyHash(rules: ActionRules): Digest {
  return hashCanonical(canonicalize(rules));
}

/** The same for rules already in canonical form. */
export function hashCanonical(canonical: ActionRules): Digest {
  return digestBytes(textOf(canonical));
}

export function canonicalRule(rule: Rule): KeyedRule {
  const conditions = canonicalConditions(rule.conditions);
  return {
    rule: {
      rule_id: rule.rule_id.normalize('NFC'),
      target: rule.target,
      conditions,
      action: rule.action,
    },
    conditionsText: textOf(conditions),
  };
}

/** Sorted by target, then the more restrictive action, then conditions, then rule_id. */
export function orderRules(keyed: readonly KeyedRule[]): readonly KeyedRule[] {
  const sorted = [...keyed].sort(compareRules);
  return sorted.filter(
    (each, at) => at === 0 || compareRules(sorted[at - 1] as KeyedRule, each) !== 0,
  );
}

function compareRules(left: KeyedRule, right: KeyedRule): number {
  return (
    compareText(left.rule.target, right.rule.target) ||
    rankOf(left.rule.action) - rankOf(right.rule.action) ||
    compareText(left.conditionsText, right.conditionsText) ||
    compareText(left.rule.rule_id, right.rule.rule_id)
  );
}

/** By UTF-16 code units, as RFC 8785 orders names. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function canonicalConditions(given: Conditions): Conditions {
  const canonical: Conditions = {};
  if (given.allow_apps) canonical.allow_apps = setOf(given.allow_apps, toNfc);
  if (given.allow_commands) canonical.allow_commands = setOf(given.allow_commands, toCommand);
  if (given.allow_domains) canonical.allow_domains = setOf(given.allow_domains, toDomain);
  if (given.allow_ips) canonical.allow_ips = setOf(given.allow_ips, toRange);
  if (given.allow_methods) canonical.allow_methods = setOf(given.allow_methods, toMethod);
  if (given.allow_paths) canonical.allow_paths = setOf(given.allow_paths, toPath);
  if (given.allow_ports) canonical.allow_ports = toPorts(given.allow_ports);
  if (given.allow_protocols) canonical.allow_protocols = setOf(given.allow_protocols, toProtocol);
  if (given.allow_sessions) canonical.allow_sessions = setOf(given.allow_sessions, toNfc);
  if (given.allow_windows) canonical.allow_windows = setOf(given.allow_windows, toNfc);
  if (given.allow_origins) canonical.allow_origins = setOf(given.allow_origins, toNfc);
  if (given.block_flows) canonical.block_flows = setOf(given.block_flows, toFlow);
  if (given.block_intents) canonical.block_intents = setOf(given.block_intents, toNfc);
  if (given.block_text_pattern !== undefined) {
    canonical.block_text_pattern = toNfc(given.block_text_pattern);
  }
  if (given.expires !== undefined) canonical.expires = given.expires;
  if (given.max_day_spend) canonical.max_day_spend = toMoney(given.max_day_spend);
  if (given.max_session_spend) canonical.max_session_spend = toMoney(given.max_session_spend);
  if (given.max_spend) canonical.max_spend = toMoney(given.max_spend);
  if (given.rate_limit) canonical.rate_limit = toRate(given.rate_limit);
  if (given.rate_limit_per_origin) {
    canonical.rate_limit_per_origin = toRate(given.rate_limit_per_origin);
  }
  if (given.requested !== undefined) canonical.requested = given.requested;
  if (given.target_exists !== undefined) canonical.target_exists = given.target_exists;
  return canonical;
}

function canonicalOntologyPolicy(given: OntologyPolicy): OntologyPolicy {
  const { approval_mode, intent_failure_overrides, tool_preferences, ...counts } = given;
  const canonical: OntologyPolicy = { ...counts };
  if (approval_mode !== undefined) canonical.approval_mode = toNfc(approval_mode);
  if (intent_failure_overrides) {
    const overrides = intent_failure_overrides.map((override) => ({
      intent_class: toNfc(override.intent_class),
      failure_class: toNfc(override.failure_class),
      strategy_name: toNfc(override.strategy_name),
      max_transitions: override.max_transitions,
    }));
    const byText = new Map(overrides.map((override) => [textOf(override), override]));
    const texts = [...byText.keys()].sort(compareText);
    canonical.intent_failure_overrides = texts.map((text) => byText.get(text) as Override);
  }
  if (tool_preferences) canonical.tool_preferences = canonicalPreferences(tool_preferences);
  return canonical;
}

type Override = NonNullable<OntologyPolicy['intent_failure_overrides']>[number];
type Preferences = NonNullable<OntologyPolicy['tool_preferences']>;

function canonicalPreferences(given: Preferences): Preferences {
  const { install_manager_priority, forbidden_remediation_tools, ...counts } = given;
  const canonical: Preferences = { ...counts };
  // A priority: its order is its meaning.
  if (install_manager_priority) {
    canonical.install_manager_priority = install_manager_priority.map(toNfc);
  }
  if (forbidden_remediation_tools) {
    canonical.forbidden_remediation_tools = setOf(forbidden_remediation_tools, toNfc);
  }
  return canonical;
}

function setOf(entries: readonly string[], toCanonical: (entry: string) => string): string[] {
  return [...new Set(entries.map(toCanonical))].sort(compareText);
}

function toNfc(text: string): string {
  return text.normalize('NFC');
}

function toDomain(text: string): string {
  return canonicalDomain(text) ?? text;
}

function toFlow(text: string): string {
  return canonicalFlow(text) ?? text;
}

function toPath(text: string): string {
  const read = readPattern(text);
  return isPattern(read) ? printPattern(read) : text;
}

function toRange(text: string): string {
  const read = readRange(text);
  return isRange(read) ? printRange(read) : text;
}

function toCommand(text: string): string {
  const read = readCommandPattern(text);
  return isCommandPattern(read) ? printCommandPattern(read) : text;
}

function toMethod(text: string): string {
  const read = readMethodEntry(text);
  return read ? printMethodEntry(read) : text;
}

function toProtocol(text: string): string {
  return readProtocol(text) ?? text;
}

/** Ranges that touch are one; what is no range stays as it is, beside them. */
function toPorts(texts: readonly string[]): string[] {
  const ranges = texts.map(readPorts).filter((range) => range !== undefined);
  const others = texts.filter((text) => readPorts(text) === undefined);
  return setOf([...mergePorts(ranges).map(printPorts), ...others], (text) => text);
}

function toRate({
  count,
  window_ms,
}: NonNullable<Conditions['rate_limit']>): NonNullable<Conditions['rate_limit']> {
  return { count, window_ms };
}

function toMoney(money: Money): Money {
  return { amount: canonicalAmount(money.amount) ?? money.amount, unit: money.unit };
}

function textOf(value: unknown): string {
  const text = canonicalJson(value);
  assert(text.ok, 'rules are I-JSON');
  return text.value;
}
