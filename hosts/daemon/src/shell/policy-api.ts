import { type Digest, digestBytes } from '@ioi/canon';
import {
  bundleInForce,
  type ContractHead,
  type Decision,
  decideLayers,
  egressLayer,
  evaluate,
  keys,
  type LayeredDecision,
  type Layers,
  outcomeUnder,
  outsideEnvelope,
  type PolicyHead,
  policyCache,
  type Subject,
  subjectOf,
  withEgress,
} from '@ioi/law';
import {
  type ActionFacts,
  type ActionRequest,
  type DecideAction,
  type EffectivePolicy,
  type EffectiveQuestion,
  isActionFacts,
  isActionRequest,
  isPolicyBundleFile,
  type LayerVerdict,
} from '@ioi/protocol';
import type { Hono } from 'hono';
import { decisionPayload } from '../core/index.ts';
import type { Contents } from './contents.ts';
import { entriesOf } from './entries-of.ts';
import { refusedMatch, tagged } from './etag.ts';
import type { HeadReader } from './head-reader.ts';
import { jsonBody } from './json-body.ts';
import { layersNow } from './layers-now.ts';
import { operationFor } from './once.ts';
import { sealBundle } from './organisation/seal-bundle.ts';
import { organisationStatus } from './organisation-status.ts';
import { problem } from './problem.ts';
import type { Proposals } from './proposals.ts';
import { tracesUnder } from './rule-trace.ts';
import type { Writer } from './writer.ts';

export type PolicyRoutes = {
  readonly reader: HeadReader;
  readonly writer: Writer;
  readonly contents: Contents;
  readonly proposals: Proposals;
};

const LIMITS = { maxBytes: 4_000_000, code: 'request.invalid' };

/** Bundles of an organisation, and what all layers come to. */
export function addPolicyRoutes(app: Hono, options: PolicyRoutes): void {
  const { reader, writer } = options;
  addRulesRoutes(app, reader);
  app.post('/v1/policy/bundle', async (context) => {
    const refused = refusedMatch(context, tagOf(bundleInForce(reader)));
    if (refused) return refused;
    const body = await jsonBody<object>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    if (!isPolicyBundleFile(body.value)) {
      return problem('bundle.invalid', 'this is no PolicyBundleFile', 400);
    }
    const { bundle } = body.value;
    const operationId = operationFor(context);
    const sealed = await sealBundle({ writer, reader, operationId }, body.value);
    if (!sealed.ok) {
      const { code, message } = sealed.error;
      if (code === 'bundle.invalid') return problem(code, message, 400);
      return problem(code, message, code === 'idempotency.key_reused' ? 422 : 409);
    }
    const { version, policy_hash } = bundle;
    return context.json({ seq: sealed.value.seq, version, policy_hash }, 201);
  });
  app.post('/v1/policy/proposal/dismiss', (context) => {
    const dismissed = options.proposals.dismiss();
    if (dismissed !== undefined) return context.json(dismissed);
    return problem('proposal.none', 'nothing is proposed; ioi status says when', 409);
  });
  app.get('/v1/policy/effective', (context) => {
    const layers = layersOf(reader);
    return tagged(context, weakTagOf(layers), JSON.stringify(layers));
  });
  app.post('/v1/policy/effective', async (context) => {
    const body = await jsonBody<EffectiveQuestion>(context, LIMITS);
    if (!body.ok) return problem(body.error.code, body.error.message, 400);
    const asked = askedOf(body.value, options);
    if (!asked) return problem('id.unknown', 'no such request, or it has not that shape', 404);
    const layers = layersNow(reader, policyCache());
    if (!layers.ok) return problem(layers.error.code, layers.error.message, 409);
    const decision = decisionOn(asked, layers.value, reader);
    return context.json({ ...layersOf(reader), decision });
  });
}

/** Rules as they were hashed: the tag of a text is its hash. */
function addRulesRoutes(app: Hono, reader: HeadReader): void {
  app.get('/v1/policy', (context) => {
    const policy = reader.get<PolicyHead>(keys.policy);
    const text = policy && reader.payload(policy.policy_hash);
    if (text === undefined) return problem('policy.none_active', 'no policy is active', 404);
    return tagged(context, `"${policy?.policy_hash}"`, text);
  });
  app.get('/v1/policy/bundle', (context) => {
    const bundle = bundleInForce(reader);
    const text = bundle && reader.payload(bundle.policy_hash);
    if (text === undefined) return problem('bundle.none', 'no bundle was accepted', 404);
    return tagged(context, `"${bundle?.policy_hash}"`, text);
  });
}

function tagOf(bundle: { readonly policy_hash: string } | undefined): string | undefined {
  return bundle && `"${bundle.policy_hash}"`;
}

/** Of all but how old a bundle is by now: that changes with every look. */
function weakTagOf({ policy, organisation }: EffectivePolicy): string {
  const { age_ms: _, ...bundle } = organisation?.bundle ?? {};
  const said = { policy, organisation: { ...organisation, bundle } };
  return `W/"${digestBytes(JSON.stringify(said))}"`;
}

/** The layers that a receipt names. */
export function layersNamed(
  { evidence }: HeadReader,
  policyHash: string | undefined,
  ceilingHash: string | undefined,
): Layers {
  const [local, policy] = [policyHash, ceilingHash].map((hash) => {
    return hash === undefined ? undefined : policyCache().compiled(hash as Digest, evidence);
  });
  return { local, ...(policy ? { ceiling: { policy } } : {}) };
}

function layersOf(reader: HeadReader): EffectivePolicy {
  const policy = reader.get<PolicyHead>(keys.policy);
  return { ...(policy ? { policy } : {}), ...organisationStatus(reader) };
}

type Asked = {
  readonly request: Pick<ActionRequest, 'target' | 'params'>;
  readonly facts: ActionFacts;
  readonly subject: Subject;
  /** The decision of the log, where it is one: it says which contract, and what was found. */
  readonly recorded?: DecideAction;
};

/** A request that could come, by nobody, or one of the log with what it was decided on. */
function askedOf(
  question: Partial<EffectiveQuestion> | null,
  { reader, contents }: PolicyRoutes,
): Asked | undefined {
  if (question && 'id' in question) {
    const entries = entriesOf(reader, String(question.id));
    const payload = entries.map(decisionPayload).findLast((each) => each !== undefined);
    if (!payload) return undefined;
    const { request, facts, evidence = [] } = payload;
    const textOf = (digest: Digest): string | undefined =>
      evidence.includes(digest) ? contents.text(digest) : undefined;
    const subject = subjectOf(request, facts, textOf);
    return { request, facts, subject, recorded: payload };
  }
  const { target, params, facts = {} } = (question ?? {}) as Record<string, unknown>;
  const context = { agent_id: 'agent://local/any' };
  const request: unknown = { target, params, context, nonce: '0' };
  if (!isActionRequest(request) || !isActionFacts(facts)) return undefined;
  return { request, facts, subject: subjectOf(request, facts) };
}

function decisionOn(
  { request, facts, subject, recorded }: Asked,
  layers: Layers,
  reader: HeadReader,
): EffectivePolicy['decision'] {
  const budgets = reader.budgets();
  const { local, ceiling } = layers;
  const ruled = decideLayers(layers, subject, budgets);
  const decision = recorded ? withContract(ruled, recorded, { layers, reader }) : ruled;
  const { layer } = decision;
  return {
    target: request.target,
    params: request.params,
    facts,
    ...verdictOf(decision),
    ...(layer === undefined ? {} : { layer }),
    ...(local ? { local: verdictOf(evaluate(local, subject, budgets)) } : {}),
    ...(ceiling ? { ceiling: verdictOf(evaluate(ceiling.policy, subject, budgets)) } : {}),
    rules: tracesUnder(layers, { subject, budgets }, layer),
  };
}

/** The envelope and what was found say what they would say now. */
function withContract(
  ruled: LayeredDecision,
  recorded: DecideAction,
  { layers, reader }: { readonly layers: Layers; readonly reader: HeadReader },
): LayeredDecision {
  const contract = reader.get<ContractHead>(keys.contract(recorded.contract_hash))?.contract;
  if (contract === undefined) return ruled;
  const decision = outsideEnvelope(layers, contract) ?? ruled;
  const outcome = outcomeUnder(recorded, layers, contract);
  return withEgress(decision, outcome, egressLayer(recorded, layers, contract));
}

function verdictOf({ verdict, code, ruleId, field }: Decision): LayerVerdict {
  return {
    verdict,
    code,
    ...(ruleId === undefined ? {} : { rule_id: ruleId }),
    ...(field === undefined ? {} : { field }),
  };
}
