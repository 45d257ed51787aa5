import { assert } from '@ioi/basis';
import { canonicalBytes, canonicalJson, type Digest, digestOf } from '@ioi/canon';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import type {
  ActionRequest,
  ActionRules,
  ApprovalToken,
  PolicyEnvelope,
  RecordExecution,
  RuntimeToolContract,
} from '@ioi/protocol';
import { canonicalize } from '../core/policy/index.ts';

/** Artifacts for tests, valid unless told otherwise. */

export function hashOf(value: unknown): Digest {
  const digest = digestOf(value);
  assert(digest.ok, 'test artifacts have a canonical form');
  return digest.value;
}

export function textOf(value: unknown): string {
  const text = canonicalJson(value);
  assert(text.ok, 'test artifacts have a canonical form');
  return text.value;
}

/** The canonical text of a policy: what is activated is its digest. */
export function policyText(rules: ActionRules): string {
  return textOf(canonicalize(rules));
}

const shared = {
  version: '1',
  schema_hash: hashOf({ type: 'object' }),
  applicability_class: 'deterministic_local',
  limits: { timeout_ms: 30_000, output_bytes: 65_536 },
} as const;

export const writeContract: RuntimeToolContract = {
  ...shared,
  server: 'filesystem',
  tool: 'write_file',
  target: 'fs::write',
  primitive_capabilities: ['prim:fs.write'],
  authority_scopes: [],
  risk_class: 'low',
  effect: 'idempotent',
  parameters: [{ argument: 'path', parameter: 'path', kind: 'path' }],
  facts: ['target_exists'],
  secret_slots: [],
  rrsa_domain: 'filesystem',
  postconditions: ['content_matches'],
};

/** High risk, at most once, budgeted by the policy below. */
export const payContract: RuntimeToolContract = {
  ...shared,
  server: 'shop',
  tool: 'pay',
  target: 'ucp::pay',
  primitive_capabilities: ['prim:net.request'],
  authority_scopes: [],
  risk_class: 'high',
  effect: 'at_most_once',
  parameters: [],
  facts: [],
  secret_slots: [],
  rrsa_domain: 'unmapped',
  postconditions: [],
};

export const RATE_WINDOW_MS = 60_000;

/** Writes below /notes go, overwriting asks, payments up to 10 usd are bounded. */
export const notesPolicy: ActionRules = {
  policy_id: 'notes',
  defaults: 'deny_all',
  rules: [
    {
      rule_id: 'ask_overwrite',
      target: 'fs::write',
      conditions: { allow_paths: ['/notes'], target_exists: true },
      action: 'REQUIRE_APPROVAL',
    },
    {
      rule_id: 'pay_little',
      target: 'ucp::pay',
      conditions: {
        max_spend: { amount: '10', unit: 'usd' },
        max_session_spend: { amount: '15', unit: 'usd' },
        rate_limit: { count: 3, window_ms: RATE_WINDOW_MS },
      },
      action: 'ALLOW',
    },
    {
      rule_id: 'write_notes',
      target: 'fs::write',
      conditions: { allow_paths: ['/notes'] },
      action: 'ALLOW',
    },
  ],
};

/** The same and drafts: what a second activation replaces it with. */
export const draftsPolicy: ActionRules = {
  ...notesPolicy,
  policy_id: 'drafts',
  rules: [
    ...notesPolicy.rules,
    {
      rule_id: 'write_drafts',
      target: 'fs::write',
      conditions: { allow_paths: ['/drafts'] },
      action: 'ALLOW',
    },
  ],
};

export function requestOf(target: string, params: object, nonce: number): ActionRequest {
  return {
    target,
    params: params as Record<string, unknown>,
    context: { agent_id: 'agent://test/mcp' },
    nonce: String(nonce),
  };
}

type Unsigned<T, S extends keyof T> = Omit<T, S>;

export function signToken(
  owner: HybridKey,
  token: Unsigned<ApprovalToken, 'user_sig'>,
): ApprovalToken {
  return { ...token, user_sig: signHybrid(owner, 'SIG_DOMAIN_APPROVAL', bytesOf(token)) };
}

export function signEnvelope(
  owner: HybridKey,
  envelope: Unsigned<PolicyEnvelope, 'signature'>,
): PolicyEnvelope {
  return { ...envelope, signature: signHybrid(owner, 'SIG_DOMAIN_POLICY', bytesOf(envelope)) };
}

/** Everything the contract asks of a completed execution. */
export function completedExecution(
  contract: RuntimeToolContract,
  bound: { requestHash: string; decisionHash: string },
): RecordExecution {
  const output = hashOf({ output: 'done' });
  const scope = contract.rrsa_domain === 'filesystem' ? { rrsa_path_scope_binding: output } : {};
  return {
    request_hash: bound.requestHash,
    contract_hash: hashOf(contract),
    outcome: 'completed',
    reported_error: false,
    markers: {
      rrsa_request_binding: bound.requestHash,
      rrsa_firewall_decision: bound.decisionHash,
      rrsa_domain: contract.rrsa_domain,
      rrsa_output_commitment: output,
      ...scope,
    },
    postconditions: contract.postconditions.map((name) => ({ name, satisfied: true })),
  };
}

export function bytesOf(value: unknown): Uint8Array {
  const bytes = canonicalBytes(value);
  assert(bytes.ok, 'test artifacts have a canonical form');
  return bytes.value;
}
