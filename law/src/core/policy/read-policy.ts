import type { Json } from '@ioi/canon';
import { type ActionRules, parseCapability } from '@ioi/protocol';
import { onlyPrimitives } from '../capability/registered.ts';
import { readChainTime } from './chain-time.ts';
import { type Example, readExamples } from './examples.ts';
import { DEFAULT_UNIT, isUnit } from './money.ts';
import { nearestName } from './nearest.ts';
import { invalidUnit, readConditions } from './read-conditions.ts';
import { readEgress } from './read-egress.ts';
import { readOntologyPolicy } from './read-ontology.ts';
import { type JsonObject, type Reading, readList, readObject, readText } from './reader.ts';
import { type Action, actions, type Rule } from './rules.ts';

/** A rule as authored; without `rule_id` until one is derived from its content. */
export type AuthoredRule = {
  readonly pointer: string;
  readonly ruleId: string | undefined;
  readonly rule: Omit<Rule, 'rule_id'>;
  readonly examples: readonly Example[];
};

export type AuthoredPolicy = Omit<ActionRules, 'rules'> & {
  /** Those rules that have no fault of their own. */
  readonly rules: readonly AuthoredRule[];
};

const MOST_RULES = 1_000_000;
const SHORT = 256;
const MOST_CAPABILITIES = 256;
const TARGET = /^[a-z][a-z0-9_]{0,31}(?:::[A-Za-z0-9_.-]{1,128}){0,3}(?:::\*)?$/;
const SPELLINGS: Readonly<Record<string, Action>> = {
  PERMIT: 'ALLOW',
  DENY: 'BLOCK',
  FORBID: 'BLOCK',
  ASK: 'REQUIRE_APPROVAL',
  APPROVE: 'REQUIRE_APPROVAL',
};

/** The unit of bare amounts, needed before anything else is read. */
export function unitOf(value: Json): string {
  const given = typeof value === 'object' && value !== null && !Array.isArray(value);
  const unit = given ? value['unit'] : undefined;
  return isUnit(unit) ? unit : DEFAULT_UNIT;
}

export function readPolicy(value: Json, reading: Reading): AuthoredPolicy | undefined {
  const fields = {
    required: ['policy_id', 'rules'],
    optional: [
      ...['defaults', 'mode', 'observe_until', 'unit', 'envelope', 'egress'],
      'ontology_policy',
    ],
  };
  const given = readObject(value, '', fields, reading);
  const members = (given ?? value) as JsonObject | null;
  if (typeof members !== 'object' || members === null || Array.isArray(members)) return undefined;
  const { policy_id, defaults, mode, unit, rules, envelope, egress, ontology_policy } = members;
  const policyId = policy_id === undefined ? '' : readText(policy_id, '/policy_id', SHORT, reading);
  if (defaults !== undefined && defaults !== 'deny_all') {
    const message = 'a policy denies by default: the only value is "deny_all"';
    reading.faults.add({ code: 'policy.not_default_deny', pointer: '/defaults', message });
  }
  if (mode !== undefined && mode !== 'observe' && mode !== 'enforce') {
    const message = 'a policy enforces, or only observes: "enforce" or "observe"';
    reading.faults.add({ code: 'policy.unknown_mode', pointer: '/mode', message });
  }
  const until = members['observe_until'];
  const ends = typeof until === 'string' ? readChainTime(until) : undefined;
  if (until !== undefined && (mode !== 'observe' || ends === undefined)) {
    const message = 'a Chain Time, of a policy whose mode is "observe"';
    reading.faults.add({ code: 'policy.invalid_time', pointer: '/observe_until', message });
  }
  if (unit !== undefined && !isUnit(unit)) invalidUnit('/unit', reading);
  const ontology =
    ontology_policy === undefined
      ? undefined
      : readOntologyPolicy(ontology_policy, '/ontology_policy', reading);
  const outward =
    egress === undefined ? undefined : readEgress(egress, '/egress', readTarget, reading);
  const held = envelope === undefined ? undefined : readEnvelope(envelope, reading);
  return {
    policy_id: policyId ?? '',
    defaults: 'deny_all',
    ...(mode === 'observe' && { mode }),
    ...(mode === 'observe' && ends !== undefined && { observe_until: String(ends) }),
    ...(isUnit(unit) && { unit }),
    ...(held !== undefined && { envelope: held }),
    ...(outward !== undefined && { egress: outward }),
    ...(ontology !== undefined && { ontology_policy: ontology }),
    rules: rules === undefined ? [] : readRules(rules, reading),
  };
}

/** Capabilities and scopes; the deprecated `cap:*` in its present spelling (design ruling 12). */
function readEnvelope(value: Json, reading: Reading): string[] | undefined {
  const item = (each: Json, pointer: string): string | undefined => {
    const read = typeof each === 'string' ? parseCapability(each) : undefined;
    const primitive = read?.ok ? onlyPrimitives([read.value]) : read;
    if (read?.ok && primitive?.ok) return read.value;
    const message = primitive?.ok === false ? primitive.error.message : 'expected a capability';
    return reading.faults.add({ code: 'policy.invalid_capability', pointer, message });
  };
  return readList(value, '/envelope', { least: 0, most: MOST_CAPABILITIES, item }, reading);
}

function readRules(value: Json, reading: Reading): readonly AuthoredRule[] {
  const rules: AuthoredRule[] = [];
  const item = (each: Json, pointer: string): true | undefined => {
    const rule = readRule(each, pointer, reading);
    if (rule !== undefined) rules.push(rule);
    return rule && true;
  };
  readList(value, '/rules', { least: 0, most: MOST_RULES, item }, reading);
  return rules;
}

function readRule(value: Json, pointer: string, reading: Reading): AuthoredRule | undefined {
  const fields = {
    required: ['target', 'conditions', 'action'],
    optional: ['rule_id', 'match', 'not_match', 'justification'],
  };
  const given = readObject(value, pointer, fields, reading);
  // A rule with a strange field is still read, for the faults of its other fields.
  const members = (given ?? value) as JsonObject | null;
  if (typeof members !== 'object' || members === null || Array.isArray(members)) return undefined;
  const { rule_id, conditions: given_conditions, justification } = members;
  const action = readAction(members['action'], `${pointer}/action`, reading);
  const target = readTarget(members['target'], `${pointer}/target`, reading);
  const conditions =
    given_conditions === undefined
      ? undefined
      : readConditions(given_conditions, `${pointer}/conditions`, action, reading);
  const ruleId =
    rule_id === undefined ? undefined : readText(rule_id, `${pointer}/rule_id`, SHORT, reading);
  const isNamed = rule_id === undefined || ruleId !== undefined;
  if (justification !== undefined) {
    readText(justification, `${pointer}/justification`, 4096, reading);
  }
  const examples = readExamples(members, pointer, target, reading);
  if (!given || !isNamed || !action || !target || !conditions || !examples) return undefined;
  return { pointer, ruleId, rule: { target, conditions, action }, examples };
}

function readAction(
  value: Json | undefined,
  pointer: string,
  { faults }: Reading,
): Action | undefined {
  if (value === undefined) return undefined;
  const action = actions.find((each) => each === value);
  if (action !== undefined) return action;
  const upper = typeof value === 'string' && value.length <= 32 ? value.toUpperCase() : '';
  const meant = Object.hasOwn(SPELLINGS, upper) ? SPELLINGS[upper] : nearestName(upper, actions);
  const message = `expected one of ${actions.join(', ')}`;
  const hint = meant === undefined ? {} : { hint: `did you mean \`${meant}\`?` };
  return faults.add({ code: 'policy.unknown_action', pointer, message, ...hint });
}

/**
 * `cap::spend` is the deprecated spelling of `wallet::spend` (design ruling 12); no other
 * `cap::` target has a successor, so it is refused rather than guessed.
 */
function readTarget(
  value: Json | undefined,
  pointer: string,
  { faults }: Reading,
): string | undefined {
  if (value === undefined) return undefined;
  if (value === 'cap::spend') return 'wallet::spend';
  if (typeof value === 'string' && value.startsWith('cap::')) {
    const message = '`cap::` targets are deprecated; name the act itself';
    return faults.add({ code: 'policy.deprecated_target', pointer, message });
  }
  if (typeof value === 'string' && /^(?:prim|scope):/.test(value)) {
    const message = 'a rule is about an act; capabilities stand in tool contracts and grants';
    return faults.add({ code: 'policy.capability_uri', pointer, message });
  }
  if (typeof value === 'string' && TARGET.test(value) && value.includes('::')) return value;
  const hint = typeof value === 'string' ? targetHint(value) : undefined;
  const message = 'expected a target such as `fs::write`, or a namespace such as `fs::*`';
  return faults.add({ code: 'policy.invalid_target', pointer, message, ...(hint && { hint }) });
}

function targetHint(value: string): string | undefined {
  const meant = TARGET.test(value) ? `${value}::*` : value.replaceAll(/::|:|\.|\//g, '::');
  return meant.includes('::') && meant !== value && TARGET.test(meant)
    ? `did you mean \`${meant}\`?`
    : undefined;
}
