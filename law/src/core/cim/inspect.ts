import { assert, type Pausing } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { DecideAction, RuntimeToolContract } from '@ioi/protocol';
import { type AssistConfig, assist, assistIdentity, checkAssist } from './assist.ts';
import { piiClasses } from './classes.ts';
import {
  type EvidenceGraph,
  evidenceGraph,
  findingsOf,
  type GraphSpan,
  graphHash,
  hashOf,
} from './graph.ts';
import { rewritten, textsIn } from './params.ts';
import { forEachPart } from './parts.ts';
import { redactedTexts, redactionsOf } from './redact.ts';
import {
  type EgressOutcome,
  type EgressRule,
  type RiskSurface,
  type Routing,
  routeAll,
  routeFinding,
  routingOf,
} from './route.ts';

type Params = { readonly [name: string]: unknown };

export type Inspecting = {
  readonly params: Params;
  readonly contract: RuntimeToolContract;
  readonly rules: readonly EgressRule[];
  /** Salted digest of what is inspected. */
  readonly sourceHash: Digest;
};

/** What the log says of an inspection; nothing in it tells what was found. */
export type PiiDecision = NonNullable<DecideAction['inspection']>;

export type Inspected = {
  readonly decision: PiiDecision;
  /** What may be sent: the parameters with what the policy takes out taken out. */
  readonly params: Params;
};

/** More than these are no accident, and no manifest is kept of them. */
const MOST_REDACTIONS = 512;

/**
 * Inspects what an action would send (whitepaper 2.6.4): detectors give a graph, the assist
 * refines it, rules route it, a transform takes out what they say. The same parameters, contract,
 * rules and source hash give the same decision everywhere. It pauses, since texts may be long.
 */
export function* inspect(inspecting: Inspecting): Pausing<Inspected> {
  const { params, contract, rules, sourceHash } = inspecting;
  const routing = routingOf(rules, contract.target);
  const config = { certain: piiClasses.filter((each) => routing[each].isCertain).sort() };
  const texts = textsIn(params, contract);
  const found = yield* evidenceGraph(texts, sourceHash);
  const graph = yield* assisted(found, config);
  const findings = yield* findingsOf(graph);
  const routed = routeAll(findings, routing, contract);
  const isNamed = (span: GraphSpan): boolean => {
    const outcome = routeFinding(span, routing, contract);
    // Of what is not sent at all, nothing that the policy names stays in the record either.
    return outcome === 'transform' || (routed === 'deny' && outcome !== 'allow');
  };
  const named: GraphSpan[] = [];
  yield* forEachPart(graph.spans, (part) => void named.push(...part.filter(isNamed)));
  const isTooMuch = named.length > MOST_REDACTIONS;
  const redactions = yield* redactionsOf(named);
  const redacted = yield* redactedTexts(texts, redactions);
  const outcome: EgressOutcome = isTooMuch ? 'deny' : routed;
  const manifest = { source_hash: sourceHash, redactions: redactions.slice(0, MOST_REDACTIONS) };
  const settled = {
    source_hash: sourceHash,
    graph_hash: yield* graphHash(graph),
    findings,
    assist: assistIdentity(config),
    outcome,
    ...(named.length === 0 ? {} : { redaction_manifest: manifest }),
  };
  return {
    decision: { ...settled, decision_hash: decisionHash(settled, { contract, routing }) },
    params: rewritten(params, (text, at) => redacted.get(at) ?? text),
  };
}

/** What the assist leaves: it looks at each span by itself, so a part at a time will do. */
function* assisted(found: EvidenceGraph, config: AssistConfig): Pausing<EvidenceGraph> {
  const spans: GraphSpan[] = [];
  yield* forEachPart(found.spans, (part) => {
    const before = { ...found, spans: part };
    const checked = checkAssist(before, assist(before, config), config);
    assert(checked.ok, 'cim_v0 keeps to its contract');
    spans.push(...checked.value.spans);
  });
  return { ...found, spans };
}

/** The parameters an action may send: what `inspect` leaves of them. */
export function* whatMayLeave(inspecting: Omit<Inspecting, 'sourceHash'>): Pausing<Params> {
  // Nothing that is left of the parameters depends on what commits to them.
  return (yield* inspect({ ...inspecting, sourceHash: UNCOMMITTED })).params;
}

const UNCOMMITTED: Digest = `sha256:${'0'.repeat(64)}`;

type Ground = { readonly contract: RuntimeToolContract; readonly routing: Routing };

/** Binds graph, policy, target, risk surface, assist and outcome (whitepaper 2.6.4). */
function decisionHash(settled: Omit<PiiDecision, 'decision_hash'>, ground: Ground): Digest {
  const { contract, routing } = ground;
  return hashOf({ ...settled, target: contract.target, surface: surfaceOf(contract), routing });
}

function surfaceOf({ effect, risk_class }: RuntimeToolContract): RiskSurface {
  return { effect, risk_class };
}

/**
 * Whether a decision follows from the findings it states, by these rules: what anybody can check
 * who does not hold what was inspected.
 */
export function isConsistent(
  { decision_hash, ...settled }: PiiDecision,
  contract: RuntimeToolContract,
  rules: readonly EgressRule[],
): boolean {
  const routing = routingOf(rules, contract.target);
  const config = { certain: piiClasses.filter((each) => routing[each].isCertain).sort() };
  const routed = routeAll(settled.findings, routing, contract);
  const isTooMuch = (settled.redaction_manifest?.redactions.length ?? 0) >= MOST_REDACTIONS;
  const follows = settled.outcome === routed || (isTooMuch && settled.outcome === 'deny');
  const isIts = hashOf(settled.assist) === hashOf(assistIdentity(config));
  return follows && isIts && decisionHash(settled, { contract, routing }) === decision_hash;
}
