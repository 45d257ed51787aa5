import { err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, type Digest, digestOf } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type ActionRules,
  type ActivatePolicy,
  type InclusionResult,
  isActivatePolicy,
  type Operation,
  type Rejection,
  type Stamp,
  type View,
} from '@ioi/protocol';
import { type ApproversHead, hasPasskeyHere } from '../factors/index.ts';
import { inclusionResult, MOST_PAUSE_MS, mayWiden, wordsOutside } from '../policy/index.ts';
import { holdApproval } from './approval.ts';
import type { BoundaryEvent, EventOf } from './events.ts';
import { keys, type NodeHead, type PolicyHead } from './heads.ts';
import { bundleInForce, layerKeys } from './layers-in-force.ts';
import type { PolicyCache } from './policy-cache.ts';

type Events = Result<readonly BoundaryEvent[], Rejection>;

const reject = (code: string, message: string): Result<never, Rejection> => err({ code, message });

/** Target of the request an owner approves when a policy replaces another. */
export const ACTIVATE_TARGET = 'policy::activate';

export function activatePolicy(
  policies: PolicyCache,
  registry: VerifierRegistry,
): Operation<ActivatePolicy, BoundaryEvent> {
  return {
    authors: ['channel'],
    accepts: isActivatePolicy,
    reads: (payload, view) => {
      const hash = payload.token ? digestOf(payload.token) : undefined;
      const approval = hash?.ok ? [keys.token(hash.value), keys.approvers] : [];
      return [keys.node, ...layerKeys(view), ...approval];
    },
    needs: ({ envelope: { policy_hash, previous_policy_hash: previous } }) =>
      [policy_hash, ...(previous === undefined ? [] : [previous])].map((digest) => {
        return { kind: 'payload', digest: digest as Digest };
      }),
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
      const after = policies.compiled(policyHash, evidence);
      if (!after) return reject('policy.missing', `no policy with hash ${policyHash}`);
      const bundle = bundleInForce(view);
      const ceiling = bundle && policies.compiled(bundle.policy_hash, evidence);
      if (bundle && !ceiling) return reject('policy.missing', `no rules ${bundle.policy_hash}`);
      const outside = ceiling && wordsOutside(policies.inclusion(ceiling, after));
      if (outside !== undefined) return reject('policy.outside_ceiling', outside);
      const tooLong = wrongPause(after.rules, at);
      if (tooLong !== undefined) return reject('policy.pause_too_long', tooLong);
      const { rules } = after;
      if (!active) return ok([activation(payload, 'initial', rules)]);
      const before = policies.compiled(active.policy_hash, evidence);
      if (!before) return reject('policy.missing', `no policy with hash ${active.policy_hash}`);
      const isSame = before.policyHash === after.policyHash;
      const inclusion = isSame ? 'unchanged' : inclusionResult(policies.inclusion(before, after));
      return replaced(payload, { node, active, inclusion, rules, view, at, registry });
    },
    *ahead({ envelope }, { view, evidence }) {
      const after = policies.compiled(envelope.policy_hash as Digest, evidence);
      const [active, bundle] = [view.get<PolicyHead>(keys.policy), bundleInForce(view)];
      for (const hash of [bundle?.policy_hash, active?.policy_hash]) {
        const before = hash && policies.compiled(hash, evidence);
        if (before && after) yield* policies.proving(before, after);
      }
    },
  };
}

/** A pause is for a while that somebody is there; what observes for good says so by its mode. */
function wrongPause({ observe_until: until }: ActionRules, at: Stamp): string | undefined {
  if (until === undefined) return undefined;
  const most = at.chainTime + MOST_PAUSE_MS;
  return BigInt(until) <= most
    ? undefined
    : `a pause ends within 8 hours: by ${most} at the latest`;
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

type Replacing = {
  readonly node: NodeHead;
  readonly active: PolicyHead;
  readonly inclusion: InclusionResult;
  readonly rules: ActionRules;
  readonly view: View;
  readonly at: Stamp;
  readonly registry: VerifierRegistry;
};

/** What is proved not to widen needs the envelope alone; a token that comes along is used up. */
function replaced(payload: ActivatePolicy, replacing: Replacing): Events {
  const { inclusion, active, node, view, at, registry } = replacing;
  const { envelope, request, token } = payload;
  const event = activation(payload, inclusion, replacing.rules);
  if (!request || !token) {
    if (!mayWiden(inclusion)) return ok([event]);
    return reject('approval.required', 'this may widen authority: it needs a token');
  }
  const { params } = request;
  const { policy_hash, version = envelope.version } = params;
  const isOfThis = policy_hash === envelope.policy_hash && version === envelope.version;
  if (request.target !== ACTIVATE_TARGET || !isOfThis) {
    return reject('approval.invalid', 'the approved request is not this activation');
  }
  const requestHash = digestOf(request);
  if (!requestHash.ok) return reject('canon.refused', requestHash.error.message);
  const request_hash = requestHash.value;
  const approvers = view.get<ApproversHead>(keys.approvers);
  const held = holdApproval(
    token,
    {
      node,
      requestHash: request_hash,
      policyHash: active.policy_hash,
      chainTime: at.chainTime,
      riskClass: 'high',
      approvers,
      isHybridClass: true,
      burned: (hash) => view.get(keys.token(hash)) !== undefined,
    },
    registry,
  );
  if (!held.ok) return held;
  const { tokenHash, signers } = held.value;
  const isConfirmed = signers.some(({ means }) => means === 'passkey');
  const observes = replacing.rules.mode === 'observe';
  if (takesPasskey({ observes, inclusion, approvers }) && !isConfirmed) {
    return reject('approval.passkey_required', 'to observe takes a passkey over exactly this');
  }
  return ok([{ type: 'approval.consumed', token_hash: tokenHash, request_hash }, event]);
}

/**
 * Rules that observe let nearly all pass, for a time or for good: whoever has a passkey shows with
 * it that they are there, beside the key that signs.
 */
export function takesPasskey({
  observes,
  inclusion,
  approvers,
}: {
  readonly observes: boolean;
  readonly inclusion: InclusionResult | 'initial';
  readonly approvers: ApproversHead | undefined;
}): boolean {
  const isOpening = observes && inclusion !== 'initial' && mayWiden(inclusion);
  return isOpening && hasPasskeyHere(approvers);
}

function activation(
  { envelope }: ActivatePolicy,
  widening: InclusionResult | 'initial',
  { mode, observe_until: until }: ActionRules,
): EventOf<'policy.activated'> {
  return {
    type: 'policy.activated',
    policy_id: envelope.policy_id,
    policy_hash: envelope.policy_hash as Digest,
    version: envelope.version,
    ...(mode === undefined ? {} : { mode }),
    ...(until === undefined ? {} : { observe_until: until }),
    widening,
  };
}
