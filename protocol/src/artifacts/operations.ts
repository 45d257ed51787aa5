import Type from 'typebox';
import { ActionRequest } from './action-request.ts';
import { ApprovalToken } from './approval-token.ts';
import { artifact } from './artifact.ts';
import { ActionFacts } from './facts.ts';
import { PiiInspection } from './pii.ts';
import { PolicyEnvelope } from './policy-envelope.ts';
import { AgentId, ChainTime, closed, Digest, GrantId, LongText, ShortText } from './primitives.ts';
import { RuntimeToolContract } from './runtime-tool-contract.ts';
import {
  ModelServed,
  RrsaMarkers,
  TokenUsage,
  ToolExecutionReceipt,
} from './tool-execution-receipt.ts';

const HASH = `sha256:${'4e'.repeat(32)}`;
const SOURCE = 'design sections 3, 4; whitepaper 2.6';

export const RegisterContract = artifact({
  name: 'RegisterContract',
  source: SOURCE,
  summary: 'Payload of `boundary/contract.register`: a tool contract becomes usable.',
  artifactClass: 'enforceable',
  schema: Type.Object({ contract: RuntimeToolContract.schema }, closed),
  examples: [{ contract: RuntimeToolContract.examples[0]! }],
  refused: [{ why: 'no contract', value: {} }],
});

export const ActivatePolicy = artifact({
  name: 'ActivatePolicy',
  source: 'design ruling 7',
  summary:
    'Payload of `boundary/policy.activate`. The first activation of a node needs the envelope ' +
    'alone; every later one also the request that was shown to the owner and the token over it.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      envelope: PolicyEnvelope.schema,
      request: Type.Optional(ActionRequest.schema),
      token: Type.Optional(ApprovalToken.schema),
    },
    closed,
  ),
  examples: [{ envelope: PolicyEnvelope.examples[0]! }],
  refused: [{ why: 'no envelope', value: {} }],
});

export const DecideAction = artifact({
  name: 'DecideAction',
  source: SOURCE,
  summary:
    'Payload of `boundary/action.decide`: the request, the facts, the verdict the daemon ' +
    'reached. The guardian evaluates again and refuses a verdict it does not reproduce.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      request: ActionRequest.schema,
      contract_hash: Digest,
      facts: ActionFacts.schema,
      attempt: Type.Integer({ minimum: 1, maximum: 64 }),
      verdict: Type.Union([
        Type.Literal('ALLOW'),
        Type.Literal('BLOCK'),
        Type.Literal('REQUIRE_APPROVAL'),
      ]),
      isolation_tier: Type.Union([
        Type.Literal('advisory'),
        Type.Literal('mediated'),
        Type.Literal('sandboxed'),
        Type.Literal('separated'),
        Type.Literal('hardware'),
      ]),
      /** Budgets the decision may read or reserve: part of the declared read set. */
      budget_ids: Type.Array(ShortText, { maxItems: 32 }),
      token: Type.Optional(ApprovalToken.schema),
      /** The grant it is to be under, where its tool takes a scope. */
      authority_grant_id: Type.Optional(GrantId),
      /** Contents the decision is made on: part of what is needed to make it again. */
      evidence: Type.Optional(Type.Array(Digest, { minItems: 1, maxItems: 64 })),
      /** What was found in what it would send, where the policy has that inspected. */
      inspection: Type.Optional(PiiInspection),
      /** The pending request that a person edited into this one; it ends with this decision. */
      edits: Type.Optional(Digest),
    },
    closed,
  ),
  examples: [
    {
      request: ActionRequest.examples[0]!,
      contract_hash: HASH,
      facts: {},
      attempt: 1,
      verdict: 'ALLOW',
      isolation_tier: 'mediated',
      budget_ids: [],
    },
  ],
  refused: [{ why: 'no request', value: { contract_hash: HASH } }],
});

export const RefuseCall = artifact({
  name: 'RefuseCall',
  source: 'whitepaper 2.6.8, E.1; design ruling 6',
  summary:
    'Payload of `boundary/action.refuse`: a call that never became a decidable request: bytes ' +
    'without a canonical form, a tool without a contract, arguments that do not fit, or from ' +
    'whoever a person paused.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      raw_hash: Digest,
      agent_id: AgentId,
      code: Type.Union([
        Type.Literal('canon.refused'),
        Type.Literal('request.invalid'),
        Type.Literal('request.too_large'),
        Type.Literal('contract.missing'),
        Type.Literal('contract.schema_changed'),
        Type.Literal('contract.description_changed'),
        Type.Literal('contract.arguments_invalid'),
        Type.Literal('session.paused'),
      ]),
      detail: Type.Optional(LongText),
      isolation_tier: DecideAction.schema.properties.isolation_tier,
    },
    closed,
  ),
  examples: [
    {
      raw_hash: HASH,
      agent_id: 'agent://local/mcp',
      code: 'canon.refused',
      isolation_tier: 'mediated',
    },
  ],
  refused: [
    { why: 'a code that is a decision', value: { raw_hash: HASH, code: 'policy.blocked' } },
  ],
});

export const DenyAction = artifact({
  name: 'DenyAction',
  source: 'whitepaper 2.6.7',
  summary:
    'Payload of `boundary/action.deny`: a pending request ends. `denied` is a person (the ' +
    'guardian checks its own record), `expired` is Chain Time, `cancelled` is the caller.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      request_hash: Digest,
      reason: Type.Union([
        Type.Literal('denied'),
        Type.Literal('expired'),
        Type.Literal('cancelled'),
      ]),
      note: Type.Optional(Type.String({ maxLength: 1024 })),
    },
    closed,
  ),
  examples: [{ request_hash: HASH, reason: 'denied', note: 'not on a Friday' }],
  refused: [{ why: 'no reason', value: { request_hash: HASH } }],
});

export const ExtendAction = artifact({
  name: 'ExtendAction',
  source: 'whitepaper 2.6.7',
  summary:
    'Payload of `boundary/action.extend`: a pending request waits longer, until `expires`. The ' +
    'guardian checks that a person ordered exactly this.',
  artifactClass: 'enforceable',
  schema: Type.Object({ request_hash: Digest, expires: ChainTime }, closed),
  examples: [{ request_hash: HASH, expires: '1800000000000' }],
  refused: [{ why: 'no time', value: { request_hash: HASH } }],
});

const execution = ToolExecutionReceipt.schema.properties;

export const RecordExecution = artifact({
  name: 'RecordExecution',
  source: 'whitepaper 8.2.1, E.2',
  summary:
    'Payload of `boundary/action.receipt`: what the driver saw. `satisfied` is not claimed here; ' +
    'it follows from the markers and postconditions.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      request_hash: Digest,
      contract_hash: Digest,
      outcome: execution.outcome,
      reported_error: execution.reported_error,
      markers: RrsaMarkers,
      postconditions: execution.postconditions,
      detail: Type.Optional(LongText),
      reconciles: Type.Optional(Digest),
      token_usage: Type.Optional(TokenUsage),
      model_served: Type.Optional(ModelServed),
    },
    closed,
  ),
  examples: [
    {
      request_hash: HASH,
      contract_hash: HASH,
      outcome: 'completed',
      reported_error: false,
      markers: ToolExecutionReceipt.examples[0]!.markers,
      postconditions: [],
      token_usage: { input_tokens: 1200, output_tokens: 34 },
      model_served: {
        requested: 'openai large https://models.example key',
        served: 'openai small http://127.0.0.1:8001',
        model: 'small-2026',
      },
    },
  ],
  refused: [{ why: 'no outcome', value: { request_hash: HASH } }],
});

export const ResyncClock = artifact({
  name: 'ResyncClock',
  source: 'design ruling 8',
  summary:
    'Payload of `boundary/clock.resync`: across sleep or restart the guardian moves Chain Time ' +
    'to the later of its stored value and the wall clock. It can shorten authority, never ' +
    'lengthen it.',
  artifactClass: 'enforceable',
  schema: Type.Object({ from: ChainTime, to: ChainTime }, closed),
  examples: [{ from: '1800000000000', to: '1800000060000' }],
  refused: [{ why: 'no target', value: { from: '1' } }],
});
