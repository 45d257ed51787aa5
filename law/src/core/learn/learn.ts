import type { ActionRules } from '@ioi/protocol';
import { type CompiledPolicy, compilePolicy, evaluate, subjectOf } from '../policy/index.ts';
import { couldHold, isPattern, readPattern, readRequestPath } from '../policy/path.ts';
import type { Conditions, Rule } from '../policy/rules.ts';
import {
  commandTexts,
  distinct,
  generaliseCommands,
  generaliseHosts,
  generalisePaths,
  holdsTooMuch,
  isShared,
} from './generalise.ts';
import { exampleOf, type Neighbour, neighboursOf, reachOf, withExamples } from './reach.ts';
import { type Held, type Seen, type Shape, shapeOf } from './trace.ts';

export type LearntRule = {
  readonly rule: Rule;
  /** Requests of the trace it is about. */
  readonly hits: number;
  /** What else it is about, in words. */
  readonly reach: string;
  readonly match: readonly Neighbour[];
  /** Requests next to it that it is not about. */
  readonly notMatch: readonly Neighbour[];
};

export type LearntPolicy = {
  /** What is blocked, first; then what was learnt. */
  readonly kept: readonly Rule[];
  readonly rules: readonly LearntRule[];
  /** Requests that no rule is proposed for. */
  readonly left: readonly { readonly seen: Seen; readonly reason: string }[];
};

const NO_BUDGETS = { calls: () => 0, spent: () => 0n };

/**
 * The least policy that covers a trace (whitepaper 2.6.3): what was asked about is asked about,
 * the rest allowed, nothing that one of the `kept` rules blocks or that was `held` back. The order
 * of the trace does not matter.
 */
export function learnPolicy(
  trace: readonly Seen[],
  kept: readonly Rule[],
  held: readonly Held[] = [],
): LearntPolicy {
  const blocking = nameApart(kept.filter(({ action }) => action === 'BLOCK'));
  const guard = compilePolicy(policyOf(blocking));
  const isBlocked = (seen: Held): boolean => verdictOf(guard, seen).code === 'policy.blocked';
  const groups = new Map<string, Group>();
  const left: { seen: Seen; reason: string }[] = [];
  for (const seen of sorted(trace)) {
    const shape = shapeOf(seen);
    const reason = isBlocked(seen) ? 'a rule blocks it' : whyUnsaid(seen, shape);
    if (reason === undefined) groupOf(groups, seen, shape).members.push({ seen, shape });
    else left.push({ seen, reason });
  }
  // What stays blocked by name may lie in a folder that is let go.
  const loose = held.filter((each) => !isBlocked(each));
  const drafts = [...groups.values()].map((group) => leastRule(group, { blocking, held: loose }));
  const named = nameRules(drafts.filter((each) => each !== undefined));
  const rules = named.map(withExamples).filter((each) => each !== undefined);
  const whole = compilePolicy(policyOf([...blocking, ...rules.map(({ rule }) => rule)]));
  for (const { members } of groups.values()) {
    for (const { seen } of members) {
      const wanted = seen.isAsked ? 'REQUIRE_APPROVAL' : 'ALLOW';
      const { verdict } = verdictOf(whole, seen);
      if (verdict !== wanted) left.push({ seen, reason: `no rule says ${wanted} of it` });
    }
  }
  return { kept: blocking, rules, left };
}

/** Why no rule could be about this and about nothing that nobody saw. */
function whyUnsaid({ facts }: Seen, shape: Shape): string | undefined {
  const roots = [facts.workspace_root ?? ''];
  switch (shape.kind) {
    case 'paths':
      return shape.values.some((path) => holdsTooMuch(path, roots))
        ? 'too much lies below such a path'
        : undefined;
    case 'hosts':
      return shape.values.some(isShared)
        ? 'names below such a host belong to strangers'
        : undefined;
    case 'unread':
      return 'no rule can say what it is';
    default:
      return undefined;
  }
}

type Member = { readonly seen: Seen; readonly shape: Shape };
type Group = { readonly members: Member[] };

function groupOf(groups: Map<string, Group>, seen: Seen, shape: Shape): Group {
  const key = [seen.request.target, seen.isAsked, shape.kind, seen.facts.target_exists ?? null];
  const text = JSON.stringify(key);
  const group = groups.get(text) ?? { members: [] };
  groups.set(text, group);
  return group;
}

/** By what they say, so that no order of a log can change what is proposed. */
function sorted(trace: readonly Seen[]): readonly Seen[] {
  const keyed = trace.map((seen) => {
    const { request, facts, isAsked } = seen;
    const text = JSON.stringify([request.target, request.params, facts, isAsked]);
    return { seen, text };
  });
  return keyed
    .sort((left, right) => (left.text < right.text ? -1 : left.text > right.text ? 1 : 0))
    .map(({ seen }) => seen);
}

type Bounds = { readonly blocking: readonly Rule[]; readonly held: readonly Held[] };

/** What lies beside what was held back is not widened over it; where both are one, it asks. */
function leastRule(group: Group, { blocking, held }: Bounds): LearntRule | undefined {
  const wide = draftRule(group, (folder, roots) => isOpenFolder(folder, roots, blocking));
  if (wide === undefined || !letsGo(wide.rule, held)) return wide;
  const exact = draftRule(group, undefined);
  if (exact === undefined || !letsGo(exact.rule, held)) return exact;
  return { ...exact, rule: { ...exact.rule, action: 'REQUIRE_APPROVAL' } };
}

function letsGo(rule: Rule, held: readonly Held[]): boolean {
  const alone = compilePolicy(policyOf([rule]));
  return held.some((each) => verdictOf(alone, each).verdict === 'ALLOW');
}

/** Where several that lie together may stand for the folder, domain or command they share. */
type MayPropose = (folder: string, roots: readonly string[]) => boolean;

function draftRule(group: Group, mayPropose: MayPropose | undefined): LearntRule | undefined {
  const { members } = group;
  const [first] = members;
  if (first === undefined) return undefined;
  const conditions = conditionsOf(members, mayPropose);
  if (conditions === undefined) return undefined;
  const { request, isAsked, facts } = first.seen;
  const { target_exists } = facts;
  const rule: Rule = {
    rule_id: '',
    target: request.target,
    conditions: { ...conditions, ...(target_exists === undefined ? {} : { target_exists }) },
    action: isAsked ? 'REQUIRE_APPROVAL' : 'ALLOW',
  };
  const examples = members.map(({ seen }) => exampleOf(seen));
  const ends = [...new Set([examples[0], examples.at(-1)])].filter((each) => each !== undefined);
  const notMatch = neighboursOf(rule, exampleOf(first.seen).facts);
  return { rule, hits: members.length, reach: reachOf(rule), match: ends, notMatch };
}

function conditionsOf(
  members: readonly Member[],
  mayPropose: MayPropose | undefined,
): Conditions | undefined {
  const shapes = members.map(({ shape }) => shape);
  const paths = shapes.flatMap((each) => (each.kind === 'paths' ? each.values : []));
  if (paths.length > 0) {
    const isSaid = paths.every((path) => !path.includes('*'));
    const roots = distinct(members.map(({ seen }) => String(seen.facts.workspace_root ?? '')));
    const places = generalisePaths(paths, (folder) => mayPropose?.(folder, roots) === true);
    return isSaid ? { allow_paths: [...places] } : undefined;
  }
  const hosts = shapes.flatMap((each) => (each.kind === 'hosts' ? each.values : []));
  if (hosts.length > 0) {
    return { allow_domains: [...(mayPropose ? generaliseHosts(hosts) : distinct(hosts))] };
  }
  const commands = shapes.flatMap((each) => (each.kind === 'commands' ? each.values : []));
  if (commands.length === 0) return {};
  const patterns = mayPropose ? generaliseCommands(commands) : commandTexts(commands);
  return patterns === undefined ? undefined : { allow_commands: [...patterns] };
}

/** A folder of the workspace, where that is known, with no place in it that is blocked by name. */
export function isOpenFolder(
  folder: string,
  roots: readonly string[],
  blocking: readonly Rule[],
): boolean {
  const components = readRequestPath(folder);
  if (components === undefined || components.length === 0) return false;
  const isInside = roots.every((root) => root === '' || `${folder}/`.startsWith(`${root}/`));
  const blocked = blocking.flatMap(({ conditions }) => conditions.allow_paths ?? []);
  const isFree = blocked.every((entry) => {
    const pattern = readPattern(entry);
    if (!isPattern(pattern)) return false;
    // What is blocked wherever it is stays blocked in any folder.
    if (!pattern.isAbsolute || pattern.components[0] === '**') return true;
    return !couldHold(components, pattern.components);
  });
  return isInside && isFree;
}

/** Each rule once; of several with one name the later get another. */
function nameApart(rules: readonly Rule[]): readonly Rule[] {
  const taken = new Set<string>();
  const said = new Set<string>();
  return rules.flatMap((rule) => {
    const text = JSON.stringify([rule.target, rule.conditions]);
    if (said.has(text)) return [];
    said.add(text);
    let rule_id = rule.rule_id;
    for (let more = 2; taken.has(rule_id); more += 1) rule_id = `${rule.rule_id}_${more}`;
    taken.add(rule_id);
    return [{ ...rule, rule_id }];
  });
}

function nameRules(rules: readonly LearntRule[]): readonly LearntRule[] {
  const counts = new Map<string, number>();
  return rules.map((each) => {
    const { action, target } = each.rule;
    const verb = action === 'ALLOW' ? 'allow' : 'ask';
    const stem = `learnt_${verb}_${target.replaceAll(/[^A-Za-z0-9]+/g, '_')}`;
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    const rule_id = count === 1 ? stem : `${stem}_${count}`;
    return { ...each, rule: { ...each.rule, rule_id } };
  });
}

function policyOf(rules: readonly Rule[]): ActionRules {
  return { policy_id: 'learnt', defaults: 'deny_all', rules: [...rules] };
}

function verdictOf(policy: CompiledPolicy, { request, facts }: Held) {
  return evaluate(policy, subjectOf(request, facts), NO_BUDGETS);
}
