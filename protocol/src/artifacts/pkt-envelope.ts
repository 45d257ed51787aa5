import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, Digest, JsonObject, ShortText, WallTime } from './primitives.ts';

const HASH = `sha256:${'ab12'.repeat(16)}`;
const SESSION = 'sess_01HZX3V9B2C4D6E8F0G2';
const LEASE = 'lease_77f0c1a2b3d4e5f6';

const Rpc = Type.Object(
  { jsonrpc: Type.Literal('2.0'), id: ShortText, method: ShortText, params: JsonObject },
  closed,
);
const Answer = Type.Object(
  {
    jsonrpc: Type.Literal('2.0'),
    id: ShortText,
    result: Type.Optional(JsonObject),
    error: Type.Optional(JsonObject),
  },
  closed,
);
/** Of each packet. `issued_at` is telemetry: what decides is Chain Time, in the log. */
const base = {
  pkt_version: Type.Literal('1'),
  issued_at: WallTime,
  session_id: ShortText,
};

export const PktLeaseIssue = artifact({
  name: 'PktLeaseIssue',
  source: 'whitepaper A.3, 4.6.1',
  summary: 'A lease is asked for: an MCP payload with `wallet.issueLease`.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      ...base,
      packet_type: Type.Literal('PKT_LEASE_ISSUE'),
      tenant_id: Type.Optional(ShortText),
      payload: Type.Object(
        {
          mcp: Type.Object(
            {
              jsonrpc: Type.Literal('2.0'),
              id: ShortText,
              method: Type.Literal('wallet.issueLease'),
              params: Type.Object(
                {
                  agent_did: ShortText,
                  capability_scope: Type.Array(ShortText, { minItems: 1, maxItems: 64 }),
                  limits: JsonObject,
                },
                closed,
              ),
            },
            closed,
          ),
        },
        closed,
      ),
    },
    closed,
  ),
  examples: [
    {
      pkt_version: '1',
      packet_type: 'PKT_LEASE_ISSUE',
      issued_at: '2026-02-22T10:15:00Z',
      session_id: SESSION,
      tenant_id: 'tenant_acme_ai',
      payload: {
        mcp: {
          jsonrpc: '2.0',
          id: 'lease-req-001',
          method: 'wallet.issueLease',
          params: {
            agent_did: 'did:example:agent-123',
            capability_scope: ['stripe.refund', 's3.read'],
            limits: { max_amount_usd: 50, expires_at: '2026-02-22T11:15:00Z' },
          },
        },
      },
    },
  ],
  refused: [{ why: 'no scope is asked for', value: { packet_type: 'PKT_LEASE_ISSUE' } }],
});

export const PktActionInvoke = artifact({
  name: 'PktActionInvoke',
  source: 'whitepaper A.3, 4.6.1',
  summary: 'One call under one lease. The edge performs it if what came with it is sealed.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      ...base,
      packet_type: Type.Literal('PKT_ACTION_INVOKE'),
      lease_id: ShortText,
      payload: Type.Object({ mcp: Rpc }, closed),
    },
    closed,
  ),
  examples: [
    {
      pkt_version: '1',
      packet_type: 'PKT_ACTION_INVOKE',
      issued_at: '2026-02-22T10:16:00Z',
      session_id: SESSION,
      lease_id: LEASE,
      payload: {
        mcp: {
          jsonrpc: '2.0',
          id: 'invoke-002',
          method: 'tools/stripe_refund',
          params: { charge_id: 'ch_1', amount_usd: 10 },
        },
      },
    },
  ],
  refused: [
    {
      why: 'no lease',
      value: {
        pkt_version: '1',
        packet_type: 'PKT_ACTION_INVOKE',
        issued_at: '2026-02-22T10:16:00Z',
        session_id: SESSION,
        payload: { mcp: { jsonrpc: '2.0', id: '1', method: 'tools/x', params: {} } },
      },
    },
  ],
});

export const PktActionResult = artifact({
  name: 'PktActionResult',
  source: 'whitepaper A.3, 4.6.1',
  summary:
    'What came back, redacted, and under which policy it was let through. `enforced_bounds` ' +
    'names what was checked before it was sent.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      ...base,
      packet_type: Type.Literal('PKT_ACTION_RESULT'),
      lease_id: ShortText,
      action_result_id: ShortText,
      payload: Type.Object(
        {
          mcp: Answer,
          policy: Type.Object(
            {
              policy_hash: Digest,
              decision: Type.Union([Type.Literal('approved'), Type.Literal('refused')]),
              enforced_bounds: Type.Array(ShortText, { maxItems: 64 }),
            },
            closed,
          ),
        },
        closed,
      ),
    },
    closed,
  ),
  examples: [
    {
      pkt_version: '1',
      packet_type: 'PKT_ACTION_RESULT',
      issued_at: '2026-02-22T10:16:01Z',
      session_id: SESSION,
      lease_id: LEASE,
      action_result_id: 'res_9a1',
      payload: {
        mcp: {
          jsonrpc: '2.0',
          id: 'invoke-002',
          result: { refund_id: 'rfnd_42', status: 'succeeded', object: 'refund' },
        },
        policy: {
          policy_hash: HASH,
          decision: 'approved',
          enforced_bounds: ['capability_match', 'amount_limit'],
        },
      },
    },
  ],
  refused: [{ why: 'no policy', value: { packet_type: 'PKT_ACTION_RESULT', payload: {} } }],
});

export const PktReceiptCommit = artifact({
  name: 'PktReceiptCommit',
  source: 'whitepaper A.3, 4.6.1',
  summary:
    "The guardian's word on one result: its digest, and the receipt before it. `signature` is " +
    '`ed25519:` and base64, over the other fields.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      ...base,
      packet_type: Type.Literal('PKT_RECEIPT_COMMIT'),
      action_result_id: ShortText,
      payload: Type.Object(
        {
          receipt: Type.Object(
            {
              receipt_id: ShortText,
              action_result_id: ShortText,
              result_hash: Digest,
              prev_receipt_id: ShortText,
              signature: Type.String({ pattern: '^ed25519:[A-Za-z0-9+/]{86}==$' }),
            },
            closed,
          ),
        },
        closed,
      ),
    },
    closed,
  ),
  examples: [
    {
      pkt_version: '1',
      packet_type: 'PKT_RECEIPT_COMMIT',
      issued_at: '2026-02-22T10:16:02Z',
      session_id: SESSION,
      action_result_id: 'res_9a1',
      payload: {
        receipt: {
          receipt_id: 'rcpt_001',
          action_result_id: 'res_9a1',
          result_hash: `sha256:${'7f3c'.repeat(16)}`,
          prev_receipt_id: 'rcpt_000',
          signature: `ed25519:${'A'.repeat(86)}==`,
        },
      },
    },
  ],
  refused: [{ why: 'unsigned', value: { packet_type: 'PKT_RECEIPT_COMMIT', payload: {} } }],
});

export const PktEnvelope = artifact({
  name: 'PktEnvelope',
  source: 'whitepaper A.3',
  summary: 'Any packet of the session layer. Inside one machine it travels as JSON.',
  artifactClass: 'observational',
  schema: Type.Union([
    PktLeaseIssue.schema,
    PktActionInvoke.schema,
    PktActionResult.schema,
    PktReceiptCommit.schema,
  ]),
  examples: [
    ...PktLeaseIssue.examples,
    ...PktActionInvoke.examples,
    ...PktActionResult.examples,
    ...PktReceiptCommit.examples,
  ],
  refused: [{ why: 'a packet of another type', value: { packet_type: 'PKT_OTHER' } }],
});
