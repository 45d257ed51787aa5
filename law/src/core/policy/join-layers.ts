import { err, ok, type Result } from '@ioi/basis';
import { canonicalJson } from '@ioi/canon';
import type { ActionRules, Rejection } from '@ioi/protocol';
import { Blocks, missingIn, regionText } from './contradictions.ts';
import type { Rule } from './rules.ts';

export type NamedLayer = { readonly name: string; readonly rules: ActionRules };

type Seen = { readonly layer: string; readonly rule: Rule };

/**
 * One policy of all rules of several, in the form that `loadPolicy` reads. Rejects with
 * `policy.layers_contradict` where two say different things of the same, naming both.
 */
export function joinLayers(
  policyId: string,
  layers: readonly NamedLayer[],
): Result<ActionRules, Rejection> {
  const [ids, matches] = [new Map<string, Seen>(), new Map<string, Seen>()];
  const all: Seen[] = [];
  for (const { name: layer, rules: policy } of layers) {
    const odd = unjoinable(policy);
    if (odd !== undefined) return contradicts(`${layer} says \`${odd}\`, which no layer may`);
    for (const rule of policy.rules) {
      const [same, alike] = [ids.get(rule.rule_id), matches.get(regionText(rule))];
      if (same !== undefined && textOf(same.rule) === textOf(rule)) continue;
      if (same !== undefined) return contradicts(sayBoth(same, { layer, rule }, 'differs from'));
      if (alike !== undefined && alike.rule.action !== rule.action) {
        return contradicts(sayBoth(alike, { layer, rule }, 'decides otherwise on the same than'));
      }
      ids.set(rule.rule_id, { layer, rule });
      matches.set(regionText(rule), { layer, rule });
      all.push({ layer, rule });
    }
  }
  const dead = deadAmong(all, layers);
  if (dead !== undefined) return contradicts(dead);
  const units = new Set(layers.flatMap(({ rules: { unit } }) => unit ?? []));
  if (units.size > 1) return contradicts(`layers count in ${[...units].join(' and ')}`);
  const [unit] = units;
  const envelope = commonEnvelope(layers);
  const inspected = layers.flatMap(({ rules: policy }) => policy.egress ?? []);
  const egress = [...new Map(inspected.map((each) => [textOf(each), each])).values()];
  const twice = egress.find((each, at) => egress.findIndex(isAbout(each.target)) !== at);
  if (twice !== undefined) return contradicts(`two layers inspect what ${twice.target} sends`);
  return ok({
    policy_id: policyId,
    defaults: 'deny_all',
    ...(unit === undefined ? {} : { unit }),
    ...(envelope === undefined ? {} : { envelope }),
    rules: all.map(({ rule }) => rule),
    ...(egress.length === 0 ? {} : { egress }),
  });
}

/** What one layer lets be done, and another keeps from ever being done. */
function deadAmong(all: readonly Seen[], layers: readonly NamedLayer[]): string | undefined {
  const blocks = new Map(layers.map(({ name }) => [name, new Blocks<Seen>()]));
  for (const each of all) if (each.rule.action === 'BLOCK') blocks.get(each.layer)?.add(each);
  for (const { layer, rule } of all.filter((each) => each.rule.action !== 'BLOCK')) {
    for (const [name, theirs] of blocks) {
      const over = name === layer ? undefined : theirs.over(rule);
      if (over !== undefined) return sayBoth(over, { layer, rule }, 'never applies: it lies in');
    }
    const narrow = layers.find(({ rules: { envelope } }) => missingIn(envelope, rule));
    if (narrow !== undefined) {
      const what = missingIn(narrow.rules.envelope, rule);
      const keeps = `which the envelope of ${narrow.name} keeps out`;
      return `${say({ layer, rule })} takes ${what}, ${keeps}`;
    }
  }
  const held = layers.filter(({ rules: { envelope = [] } }) => envelope.length > 0);
  if (held.length < 2 || commonEnvelope(held)?.length !== 0) return undefined;
  return `the envelopes of ${held.map(({ name }) => name).join(' and ')} have nothing in common`;
}

const isAbout = (target: string) => (each: { readonly target: string }) => each.target === target;

/** What is of a whole policy and has no meaning in a part of one. */
function unjoinable({ mode, observe_until, ontology_policy }: ActionRules): string | undefined {
  if (mode !== undefined) return 'mode';
  if (observe_until !== undefined) return 'observe_until';
  return ontology_policy === undefined ? undefined : 'ontology_policy';
}

/** What all that have an envelope let be taken; undefined where none has one. */
function commonEnvelope(layers: readonly NamedLayer[]): string[] | undefined {
  const given = layers.flatMap(({ rules: { envelope } }) => (envelope ? [envelope] : []));
  const [first, ...rest] = given;
  return first?.filter((each) => rest.every((other) => other.includes(each)));
}

function textOf(value: object): string {
  const text = canonicalJson(value);
  return text.ok ? text.value : '';
}

function sayBoth(one: Seen, other: Seen, how: string): string {
  return `${say(other)} ${how} ${say(one)}`;
}

function say({ layer, rule }: Seen): string {
  return `rule ${rule.rule_id} of ${layer} (${rule.action} ${rule.target})`;
}

function contradicts(message: string): Result<never, Rejection> {
  return err({ code: 'policy.layers_contradict', message });
}
