import { assert, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type {
  IntentDefinition,
  IntentResolutionRequest,
  IntentRoute,
  Rejection,
  RuntimeToolContract,
} from '@ioi/protocol';
import type { CompiledPolicy } from '../policy/index.ts';
import { outsideEnvelope } from './envelope.ts';
import { onlyPrimitives, onlyShapes } from './registered.ts';

export type Tool = { readonly contract: RuntimeToolContract; readonly hash: Digest };

export type Resolving = {
  readonly definitions: readonly IntentDefinition[];
  readonly tools: readonly Tool[];
  readonly policy: CompiledPolicy | undefined;
};

/**
 * The Capability-Intent Resolution Contract (whitepaper E.1): proposals collapse into one route,
 * the same for everybody with the same definitions, tools and policy. In this order: what was
 * configured and asked is sound; one intent wins; its capabilities are there; the policy lets
 * them be used; the least powerful tool serves. Nothing is tried out. Rejects with
 * `ontology.foreign_primitive`, `resolver.foreign_evidence`, `resolver.unknown_intent`,
 * `resolver.ambiguous`, `intent.infeasible`, `policy.none_active` or `policy.default_deny`.
 */
export function resolve(
  request: IntentResolutionRequest,
  resolving: Resolving,
): Result<IntentRoute, Rejection> {
  const sound = checkDefinitions(resolving.definitions);
  if (!sound.ok) return sound;
  const shaped = onlyShapes(request.retrieval);
  if (!shaped.ok) return shaped;
  const intent = winner(request, resolving.definitions);
  if (!intent.ok) return intent;
  const able = toolsFor(intent.value, request, resolving.tools);
  if (!able.ok) return able;
  const { policy } = resolving;
  if (!policy) return reject('policy.none_active', 'no policy is active, so nothing may be used');
  const admitted = able.value.filter(({ contract }) => mayAllow(policy, contract));
  const least = leastPowerful(admitted);
  if (!least) {
    const targets = [...new Set(able.value.map(({ contract }) => contract.target))].join(', ');
    const message = `no rule lets ${intent.value.intent_class} use ${targets}`;
    return reject('policy.default_deny', message);
  }
  return ok(routeTo(least, intent.value, { request, resolving, policy }));
}

/** Whether every definition keeps intent, capability and provider apart. */
export function checkDefinitions(
  definitions: readonly IntentDefinition[],
): Result<undefined, Rejection> {
  const names = new Set<string>();
  for (const each of definitions) {
    const primitive = onlyPrimitives(each.primitive_capabilities);
    if (!primitive.ok) return primitive;
    const shaped = onlyShapes(each.retrieval_affordances);
    if (!shaped.ok) return shaped;
    if (names.has(each.intent_class)) {
      return reject('ontology.intent_twice', `${each.intent_class} is defined twice`);
    }
    names.add(each.intent_class);
  }
  return ok(undefined);
}

/** The one with the highest score. Two of the same score are none: nothing here guesses. */
function winner(
  { candidates }: IntentResolutionRequest,
  definitions: readonly IntentDefinition[],
): Result<IntentDefinition, Rejection> {
  const twice = twiceIn(candidates.map(({ intent_class }) => intent_class));
  if (twice !== undefined) return reject('resolver.ambiguous', `${twice} is proposed twice`);
  const best = candidates.reduce((most, { score }) => Math.max(most, score), -1);
  const named = candidates.filter(({ score }) => score === best);
  const [first, second] = distinct(named.map(({ intent_class }) => intent_class));
  if (first === undefined) return reject('resolver.ambiguous', 'no intent was proposed');
  if (second !== undefined) {
    return reject('resolver.ambiguous', `${first} and ${second} have the same score: ask`);
  }
  const definition = definitions.find(({ intent_class }) => intent_class === first);
  if (definition) return ok(definition);
  return reject('resolver.unknown_intent', `no intent ${first} is defined`);
}

function toolsFor(
  intent: IntentDefinition,
  { retrieval }: IntentResolutionRequest,
  tools: readonly Tool[],
): Result<Tool[], Rejection> {
  const missing = retrieval.find((shape) => !intent.retrieval_affordances.includes(shape));
  if (missing !== undefined) {
    return reject('intent.infeasible', `${intent.intent_class} does not give a ${missing}`);
  }
  const { primitive_capabilities: wanted, authority_scopes: scopes, targets } = intent;
  const able = tools.filter(
    ({ contract }) =>
      onlyPrimitives(contract.primitive_capabilities).ok &&
      wanted.every((each) => contract.primitive_capabilities.includes(each)) &&
      scopes.every((each) => contract.authority_scopes.includes(each)) &&
      (targets?.includes(contract.target) ?? true),
  );
  if (able.length > 0) return ok(able);
  const needs = [...wanted, ...scopes].join(' with ');
  return reject('intent.infeasible', `no mounted tool serves ${intent.intent_class}: ${needs}`);
}

/** Whether any rule could let it through, with or without a person. */
function mayAllow(policy: CompiledPolicy, contract: RuntimeToolContract): boolean {
  if (outsideEnvelope({ local: policy }, contract)) return false;
  const rules = policy.applicable(contract.target).groups.flatMap((group) => group.rules);
  const isAlways = (names: object): boolean => Object.keys(names).length === 0;
  if (rules.some(({ rule }) => rule.action === 'BLOCK' && isAlways(rule.conditions))) return false;
  return rules.some(({ rule }) => rule.action !== 'BLOCK');
}

/**
 * Of those that can do nothing more than another: one that runs no programs, then the lower
 * risk, then the fewest capabilities, then by name. There are no ties.
 */
function leastPowerful(tools: readonly Tool[]): Tool | undefined {
  const lesser = tools.filter((tool) => !tools.some((other) => isWithin(other, tool)));
  return lesser.sort(byPower)[0];
}

/** Whether all that one is able to do the other is too, and more. */
function isWithin({ contract: less }: Tool, { contract: more }: Tool): boolean {
  const [own, others] = [powersOf(less), powersOf(more)];
  return own.length < others.length && own.every((each) => others.includes(each));
}

function byPower({ contract: left }: Tool, { contract: right }: Tool): number {
  return (
    Number(runsPrograms(left)) - Number(runsPrograms(right)) ||
    compare(right.risk_class, left.risk_class) ||
    powersOf(left).length - powersOf(right).length ||
    compare(left.server, right.server) ||
    compare(left.tool, right.tool)
  );
}

/** What runs programs can do whatever they can. */
function runsPrograms({ primitive_capabilities: able }: RuntimeToolContract): boolean {
  return able.includes('prim:sys.exec');
}

function powersOf({ primitive_capabilities: able, authority_scopes: scopes }: RuntimeToolContract) {
  return distinct([...able, ...scopes]);
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

type About = {
  readonly request: IntentResolutionRequest;
  readonly resolving: Resolving;
  readonly policy: CompiledPolicy;
};

function routeTo(
  { contract, hash }: Tool,
  intent: IntentDefinition,
  { request, resolving, policy }: About,
): IntentRoute {
  const { policyHash } = policy;
  const contracts = resolving.tools.map((tool) => tool.hash).sort();
  const definitions = sorted(resolving.definitions.map(canonical));
  const candidates = sorted(request.candidates);
  const retrieval = distinct(request.retrieval);
  const given = { candidates, retrieval, definitions, contracts, policy_hash: policyHash };
  const digest = digestOf(given);
  assert(digest.ok, 'what was validated has a canonical form');
  return {
    intent_class: intent.intent_class,
    primitive_capabilities: distinct(contract.primitive_capabilities),
    authority_scopes: distinct(contract.authority_scopes),
    server: contract.server,
    tool: contract.tool,
    target: contract.target,
    contract_hash: hash,
    policy_hash: policyHash,
    resolution_hash: digest.value,
  };
}

/** By intent, so that no order of what was given stands in the hash. */
function sorted<T extends { readonly intent_class: string }>(list: readonly T[]): readonly T[] {
  return [...list].sort((left, right) => compare(left.intent_class, right.intent_class));
}

/** Its lists are sets. */
function canonical({ targets, ...definition }: IntentDefinition): IntentDefinition {
  return {
    ...definition,
    primitive_capabilities: distinct(definition.primitive_capabilities),
    authority_scopes: distinct(definition.authority_scopes),
    retrieval_affordances: distinct(definition.retrieval_affordances),
    ...(targets === undefined ? {} : { targets: distinct(targets) }),
  };
}

/** Each once, in order. */
function distinct<T extends string>(list: readonly T[]): T[] {
  return [...new Set(list)].sort();
}

function twiceIn(list: readonly string[]): string | undefined {
  return list.find((each, at) => list.indexOf(each) < at);
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
