import { err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, type Digest, digestOf } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type ActivatePolicy,
  type DenyAction,
  type Genesis,
  isActivatePolicy,
  isDenyAction,
  isGenesis,
  isRefuseCall,
  isRegisterContract,
  isResyncClock,
  type Operation,
  type RefuseCall,
  type RegisterContract,
  type Rejection,
  type ResyncClock,
  type Stamp,
  type VerdictCode,
  type View,
} from '@ioi/protocol';
import { onlyPrimitives } from '../capability/registered.ts';
import { holdApproval } from './approval.ts';
import type { BoundaryEvent } from './events.ts';
import { type ActionHead, keys, type NodeHead, type PolicyHead } from './heads.ts';
import { nodeIdOf, originOf } from './node-id.ts';
import type { PolicyCache } from './policy-cache.ts';
import { chainReceipt } from './receipts.ts';

type BoundaryOperation<P> = Operation<P, BoundaryEvent>;
type Events = Result<readonly BoundaryEvent[], Rejection>;

const reject = (code: string, message: string): Result<never, Rejection> => err({ code, message });

export const genesis: BoundaryOperation<Genesis> = {
  authors: ['guardian'],
  accepts: isGenesis,
  reads: () => [keys.node],
  needs: () => [],
  decide: (payload, { view, at }) => {
    if (view.get(keys.node) || at.seq !== 0n) {
      return reject('node.has_genesis', 'genesis is entry 0 and nothing else');
    }
    if (payload.node_id !== nodeIdOf(payload.owner_key, payload.guardian_key)) {
      return reject('node.id_mismatch', 'node_id does not follow from the keys');
    }
    if (payload.origin !== originOf(payload.node_id)) {
      return reject('node.origin_mismatch', 'origin does not follow from node_id');
    }
    return ok([{ type: 'genesis.created', genesis: payload }]);
  },
};

export const registerContract: BoundaryOperation<RegisterContract> = {
  authors: ['channel'],
  accepts: isRegisterContract,
  reads: () => [keys.node],
  needs: () => [],
  decide: ({ contract }, { view }) => {
    if (!view.get(keys.node)) return reject('node.no_genesis', 'the log has no genesis');
    const primitive = onlyPrimitives(contract.primitive_capabilities);
    if (!primitive.ok) return primitive;
    const hash = digestOf(contract);
    if (!hash.ok) return reject('canon.refused', hash.error.message);
    return ok([{ type: 'contract.registered', contract_hash: hash.value, contract }]);
  },
};

/** Target of the request an owner approves when a policy replaces another. */
export const ACTIVATE_TARGET = 'policy::activate';

export function activatePolicy(
  policies: PolicyCache,
  registry: VerifierRegistry,
): BoundaryOperation<ActivatePolicy> {
  return {
    authors: ['channel'],
    accepts: isActivatePolicy,
    reads: (payload) => {
      const hash = payload.token ? digestOf(payload.token) : undefined;
      return [keys.node, keys.policy, ...(hash?.ok ? [keys.token(hash.value)] : [])];
    },
    needs: (payload) => [{ kind: 'payload', digest: payload.envelope.policy_hash as Digest }],
    decide: (payload, { view, evidence, at }) => {
      const { envelope } = payload;
      const node = view.get<NodeHead>(keys.node);
      const active = view.get<PolicyHead>(keys.policy);
      if (!node) return reject('node.no_genesis', 'the log has no genesis');
      const broken = brokenEnvelope(payload, node, active);
      if (broken) return reject('policy.envelope_invalid', broken);
      const { signature, ...signed } = envelope;
      const message = canonicalBytes(signed);
      if (!message.ok) return reject('canon.refused', message.error.message);
      const { owner_key } = node;
      const verified = registry.verify(owner_key, 'SIG_DOMAIN_POLICY', message.value, signature);
      if (!verified.ok) return reject('policy.envelope_invalid', verified.error.code);
      const policyHash = envelope.policy_hash as Digest;
      const policy = policies.compiled(policyHash, evidence);
      if (!policy) return reject('policy.missing', `no policy with hash ${policyHash}`);
      const { mode } = policy.rules;
      return activated(payload, { node, active, mode, view, at, registry });
    },
  };
}

function brokenEnvelope(
  { envelope }: ActivatePolicy,
  node: NodeHead,
  active: PolicyHead | undefined,
): string | undefined {
  if (envelope.audience !== node.node_id) return 'audience is another node';
  if (envelope.previous_policy_hash !== active?.policy_hash) {
    return 'previous_policy_hash is not the active policy';
  }
  const next = active ? BigInt(active.version) + 1n : 1n;
  return BigInt(envelope.version) === next ? undefined : `version must be ${next}`;
}

type Activating = {
  readonly node: NodeHead;
  readonly active: PolicyHead | undefined;
  readonly mode: PolicyHead['mode'];
  readonly view: View;
  readonly at: Stamp;
  readonly registry: VerifierRegistry;
};

function activated({ envelope, request, token }: ActivatePolicy, context: Activating): Events {
  const event: BoundaryEvent = {
    type: 'policy.activated',
    policy_id: envelope.policy_id,
    policy_hash: envelope.policy_hash as Digest,
    version: envelope.version,
    ...(context.mode === undefined ? {} : { mode: context.mode }),
    widening: context.active ? 'undecided' : 'initial',
  };
  if (!context.active) return ok([event]);
  if (!request || !token) {
    return reject('approval.required', 'replacing a policy counts as widening: it needs a token');
  }
  const { params } = request;
  if (request.target !== ACTIVATE_TARGET || params['policy_hash'] !== envelope.policy_hash) {
    return reject('approval.invalid', 'the approved request is not this activation');
  }
  const requestHash = digestOf(request);
  if (!requestHash.ok) return reject('canon.refused', requestHash.error.message);
  const { view } = context;
  const held = holdApproval(
    token,
    {
      node: context.node,
      requestHash: requestHash.value,
      policyHash: context.active.policy_hash,
      chainTime: context.at.chainTime,
      riskClass: 'high',
      burned: (hash) => view.get(keys.token(hash)) !== undefined,
    },
    context.registry,
  );
  if (!held.ok) return held;
  const { tokenHash } = held.value;
  const request_hash = requestHash.value;
  return ok([{ type: 'approval.consumed', token_hash: tokenHash, request_hash }, event]);
}

export const refuseCall: BoundaryOperation<RefuseCall> = {
  authors: ['channel'],
  accepts: isRefuseCall,
  reads: () => [keys.node, keys.policy, keys.lastReceipt],
  needs: () => [],
  decide: (payload, { view, at }) => {
    if (!view.get(keys.node)) return reject('node.no_genesis', 'the log has no genesis');
    const active = view.get<PolicyHead>(keys.policy);
    const receipt = chainReceipt(
      {
        type: 'policy',
        actorId: payload.agent_id,
        tier: payload.isolation_tier,
        body: {
          raw_hash: payload.raw_hash,
          ...(active ? { policy_hash: active.policy_hash } : {}),
          verdict: { kind: 'Block' },
          code: payload.code,
        },
      },
      view,
      at,
    );
    return ok([{ type: 'receipt.emitted', receipt }]);
  },
};

const DENIED: Record<DenyAction['reason'], VerdictCode> = {
  denied: 'approval.denied',
  expired: 'approval.expired',
  cancelled: 'approval.cancelled',
};

export const denyAction: BoundaryOperation<DenyAction> = {
  authors: ['channel'],
  accepts: isDenyAction,
  reads: (payload) => [keys.node, keys.lastReceipt, keys.action(payload.request_hash)],
  needs: () => [],
  decide: (payload, { view, at }) => {
    const action = view.get<ActionHead>(keys.action(payload.request_hash));
    if (action?.state !== 'pending') {
      return reject('action.not_pending', 'only a pending request can be denied');
    }
    if (payload.reason === 'expired' && BigInt(action.expires ?? '0') > at.chainTime) {
      return reject('action.not_expired', `it waits until ${action.expires}`);
    }
    const receipt = chainReceipt(
      {
        type: 'policy',
        actorId: action.agent_id,
        tier: action.isolation_tier,
        body: {
          request_hash: payload.request_hash,
          ...(action.policy_hash === undefined ? {} : { policy_hash: action.policy_hash }),
          verdict: { kind: 'Block' },
          code: DENIED[payload.reason],
          deciding_field: payload.reason,
        },
      },
      view,
      at,
    );
    const { contract_hash, attempt, facts_hash } = action;
    return ok([{ type: 'receipt.emitted', receipt, contract_hash, attempt, facts_hash }]);
  },
};

export const resyncClock: BoundaryOperation<ResyncClock> = {
  authors: ['guardian'],
  accepts: isResyncClock,
  reads: () => [keys.node],
  needs: () => [],
  decide: ({ from, to }, { view, at }) => {
    if (!view.get(keys.node)) return reject('node.no_genesis', 'the log has no genesis');
    if (BigInt(to) !== at.chainTime || BigInt(from) > BigInt(to)) {
      return reject('clock.backwards', 'Chain Time moves forward, to the stamp of this entry');
    }
    return ok([{ type: 'clock.resynced', from, to }]);
  },
};
