import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { ACTIVATE_TARGET, type ActionHead, type NodeHead, type PolicyHead } from '@ioi/law';
import type {
  ActionFacts,
  ActionRequest,
  ApprovalToken,
  FirewallDecisionReceipt,
  PolicyEnvelope,
  RuntimeToolContract,
} from '@ioi/protocol';
import type { Refusal } from './wire.ts';

/** The guardian's own copy of what waits for a person. */
export type PendingItem = {
  readonly request_hash: string;
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  readonly contract: RuntimeToolContract;
  readonly receipt: FirewallDecisionReceipt;
  readonly expires: string;
  readonly chain_time: string;
};

/** How long an approval holds once given, in Chain Time milliseconds. */
const TOKEN_TTL_MS = 10n * 60_000n;

export type TokenDraft = Omit<ApprovalToken, 'user_sig' | 'co_sigs'>;

export type Approving = {
  readonly node: NodeHead;
  readonly guardianKeyId: string;
  readonly chainTime: bigint;
  readonly nonce: bigint;
  readonly counter: bigint;
  /** By what means the first who signs was verified; a passphrase unless said. */
  readonly method?: ApprovalToken['method'];
};

/** The token to sign for one pending request, or why it no longer can be. */
export function draftToken(
  item: Pick<PendingItem, 'request_hash'>,
  action: ActionHead | undefined,
  approving: Approving,
): Result<TokenDraft, Refusal> {
  if (action?.state !== 'pending') {
    const message = `this request is ${action?.state ?? 'unknown'}, not waiting`;
    return err({ code: 'action.not_pending', message });
  }
  if (BigInt(action.expires ?? '0') <= approving.chainTime) {
    return err({
      code: 'approval.expired',
      message: 'it waited too long; the agent must ask again',
    });
  }
  if (action.authority_request_id !== undefined) {
    const message = `it waits for scopes: ioi wallet grant ${action.authority_request_id}`;
    return err({ code: 'authority.required', message });
  }
  if (action.policy_hash === undefined) {
    return err({ code: 'policy.none_active', message: 'no policy is active' });
  }
  return ok(tokenOver(item.request_hash, action.policy_hash, approving));
}

/** The token to sign for one request under one policy. */
export function tokenOver(
  requestHash: string,
  policyHash: string,
  approving: Approving,
): TokenDraft {
  return {
    scope: { kind: 'SingleAction', request_hash: requestHash },
    mode: 'OneShot',
    audience: approving.guardianKeyId,
    nonce: String(approving.nonce),
    counter: String(approving.counter),
    request_hash: requestHash,
    policy_hash: policyHash,
    expires: String(approving.chainTime + TOKEN_TTL_MS),
    revocation_epoch: approving.node.revocation_epoch,
    max_usages: '1',
    method: approving.method ?? (approving.node.demo ? 'demo' : 'passphrase'),
  };
}

export type ActivationDraft = {
  readonly envelope: Omit<PolicyEnvelope, 'signature'>;
  /** What an approval would be of; absent for the first policy of a node. */
  readonly approval?: { readonly request: ActionRequest; readonly token: TokenDraft };
};

/** What the owner signs to activate a policy: the envelope and, where it may widen, a token. */
export function draftActivation(
  policy: { policyId: string; policyHash: Digest },
  active: PolicyHead | undefined,
  approving: Approving,
): ActivationDraft {
  const envelope = {
    policy_id: policy.policyId,
    policy_hash: policy.policyHash,
    ...(active ? { previous_policy_hash: active.policy_hash } : {}),
    version: String(active ? BigInt(active.version) + 1n : 1n),
    audience: approving.node.node_id,
  };
  if (!active) return { envelope };
  const request: ActionRequest = {
    target: ACTIVATE_TARGET,
    params: {
      policy_hash: policy.policyHash,
      previous_policy_hash: active.policy_hash,
      version: envelope.version,
    },
    context: { agent_id: `agent://${approving.node.node_id.slice('node://'.length)}/owner` },
    nonce: String(approving.nonce),
  };
  const hash = digestOf(request);
  if (!hash.ok) throw new Error(hash.error.message);
  return {
    envelope,
    approval: { request, token: tokenOver(hash.value, active.policy_hash, approving) },
  };
}
