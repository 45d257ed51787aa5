import { err, ok, type Result } from '@ioi/basis';
import { type CanonError, type Digest, digestBytes, parseStrict } from '@ioi/canon';
import type { ActionRules } from '@ioi/protocol';
import { MOST_WINDOWS } from './budgets.ts';
import {
  canonicalize,
  canonicalRule,
  hashCanonical,
  type KeyedRule,
  orderRules,
} from './canonicalize.ts';
import type { PolicyTest } from './examples.ts';
import { FaultList, type PolicyError, type PolicyFault } from './faults.ts';
import { toPlainJson } from './jsonc.ts';
import { lineStarts, locate, positionOf } from './locate.ts';
import { canonicalAmount } from './money.ts';
import { invalidAmount } from './read-conditions.ts';
import { type AuthoredRule, readPolicy, unitOf } from './read-policy.ts';
import type { Reading } from './reader.ts';

export type LoadedPolicy = {
  /** In canonical form: what `policyHash` is the hash of. */
  readonly rules: ActionRules;
  readonly policyHash: Digest;
  /** The examples written beside rules, for `runPolicyTests`. */
  readonly tests: readonly PolicyTest[];
};

const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Reads an authored policy, JSON with comments and trailing commas allowed, into canonical form
 * (design ruling 3). Refuses whatever it does not know, never ignores it, and reports every
 * fault with its place. At most 8 MiB; never throws.
 */
export function loadPolicy(text: string): Result<LoadedPolicy, readonly PolicyError[]> {
  const plain = text.length > MOST_BYTES ? text : toPlainJson(text);
  const parsed = parseStrict(plain, { maxBytes: MOST_BYTES });
  if (!parsed.ok) return err([syntaxError(parsed.error, plain)]);
  const faults = new FaultList();
  const reading = { faults, unit: unitOf(parsed.value), bareAmounts: new Map<string, string>() };
  const authored = readPolicy(parsed.value, reading);
  checkBareAmounts(plain, reading);
  const named = authored ? nameRules(authored.rules, faults) : [];
  if (authored === undefined || !faults.isEmpty) return err(place(faults.all, plain));
  const canonical = canonicalize({ ...authored, rules: [] });
  const ordered = orderRules(named.map(({ keyed }) => keyed));
  const rules = { ...canonical, rules: ordered.map(({ rule }) => rule) };
  return ok({ rules, policyHash: hashCanonical(rules), tests: testsOf(named, plain) });
}

/**
 * A JSON number is read as the nearest double. Its digits in the text must be that very amount,
 * so that no digit an author wrote is lost.
 */
function checkBareAmounts(text: string, reading: Reading): void {
  const spans = locate(text, [...reading.bareAmounts.keys()]);
  for (const [pointer, amount] of reading.bareAmounts) {
    const span = spans.get(pointer);
    const written = span && text.slice(span.start, span.end);
    if (written === undefined || canonicalAmount(written) !== amount) {
      invalidAmount(pointer, reading);
    }
  }
}

type NamedRule = { readonly keyed: KeyedRule; readonly authored: AuthoredRule };

/** Gives each rule its canonical form and its name, and checks what concerns rules together. */
function nameRules(rules: readonly AuthoredRule[], faults: FaultList): readonly NamedRule[] {
  const byId = new Map<string, KeyedRule>();
  const windows = new Map<string, Set<string>>();
  return rules.map((authored) => {
    const keyed = nameRule(authored);
    const { rule } = keyed;
    const same = byId.get(rule.rule_id);
    if (same === undefined) byId.set(rule.rule_id, keyed);
    else if (!isSameRule(same, keyed)) {
      const pointer = `${authored.pointer}${authored.ruleId === undefined ? '' : '/rule_id'}`;
      const message = `another rule is called \`${rule.rule_id}\``;
      faults.add({ code: 'policy.duplicate_rule_id', pointer, message });
    }
    checkWindows(keyed, authored.pointer, windows, faults);
    return { keyed, authored };
  });
}

function isSameRule(left: KeyedRule, right: KeyedRule): boolean {
  return (
    left.rule.target === right.rule.target &&
    left.rule.action === right.rule.action &&
    left.conditionsText === right.conditionsText
  );
}

/** A missing name is derived from what the rule says, never from where it stands. */
function nameRule({ ruleId, rule }: AuthoredRule): KeyedRule {
  const keyed = canonicalRule({ ...rule, rule_id: ruleId ?? '' });
  if (ruleId !== undefined) return keyed;
  const { action, target } = rule;
  // The canonical JSON of the rule without its name: neither of the texts needs an escape.
  const said = `{"action":"${action}","conditions":${keyed.conditionsText},"target":"${target}"}`;
  const rule_id = `rule_${digestBytes(said).slice('sha256:'.length).slice(0, 12)}`;
  return { ...keyed, rule: { ...keyed.rule, rule_id } };
}

function checkWindows(
  { rule }: KeyedRule,
  pointer: string,
  windows: Map<string, Set<string>>,
  faults: FaultList,
): void {
  for (const name of ['rate_limit', 'rate_limit_per_origin'] as const) {
    const rate = rule.conditions[name];
    if (rate === undefined) continue;
    const ofTarget = windows.get(rule.target) ?? new Set();
    windows.set(rule.target, ofTarget.add(`${name} ${rate.window_ms}`));
    if (ofTarget.size <= MOST_WINDOWS) continue;
    const message = `more than ${MOST_WINDOWS} rate windows on ${rule.target}`;
    const place = `${pointer}/conditions/${name}`;
    faults.add({ code: 'policy.too_many_windows', pointer: place, message });
  }
}

function testsOf(named: readonly NamedRule[], text: string): readonly PolicyTest[] {
  const tests = named.flatMap(({ keyed, authored }) =>
    authored.examples.map((example) => ({ ...example, rule: keyed.rule })),
  );
  const spans = locate(
    text,
    tests.map(({ pointer }) => pointer),
  );
  const starts = lineStarts(text);
  return tests.map((test) => {
    return { ...test, ...positionOf(spans.get(test.pointer)?.start ?? 0, starts) };
  });
}

function syntaxError(
  { code, pointer = '', offset, message }: CanonError,
  text: string,
): PolicyError {
  const position = positionOf(offset ?? 0, lineStarts(text));
  return { code, pointer, message, ...position };
}

/** Points a fault about a name at the name, every other at the value. */
function place(faults: readonly PolicyFault[], text: string): readonly PolicyError[] {
  const spans = locate(
    text,
    faults.map(({ pointer }) => pointer),
  );
  const starts = lineStarts(text);
  return faults.map((fault) => {
    const span = spans.get(fault.pointer);
    const isAboutName =
      fault.code.startsWith('policy.unknown_') && !UNKNOWN_VALUES.includes(fault.code);
    const offset = (isAboutName ? span?.name : undefined) ?? span?.start ?? 0;
    return { ...fault, ...positionOf(offset, starts) };
  });
}

const UNKNOWN_VALUES: readonly string[] = ['policy.unknown_action', 'policy.unknown_mode'];
