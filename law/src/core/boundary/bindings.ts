import { assert } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { ActionRequest, RuntimeToolContract, View } from '@ioi/protocol';
import { type BundleHead, keys, type PolicyHead, type ReceiptHead } from './heads.ts';
import { NO_RECEIPT } from './receipts.ts';

/** Parameters that say where an action goes; contents are not among them. */
const SELECTORS: readonly string[] = [
  'app',
  'destination',
  'host',
  'method',
  'path',
  'paths',
  'source',
  'url',
];

/** What is meant, whoever asks and whatever it carries (whitepaper 8.1.1). */
export function intentHash(
  { target, params }: ActionRequest,
  contract: RuntimeToolContract,
): Digest {
  const { server, tool, version, schema_hash, effect, risk_class, limits } = contract;
  const chosen = Object.entries(params).filter(([name]) => SELECTORS.includes(name));
  return hashOf({
    tool: { server, tool, version },
    schema_hash,
    selectors: { target, ...Object.fromEntries(chosen) },
    risk_surface: { effect, risk_class },
    deadline_ms: limits.timeout_ms,
  });
}

export type Binding = {
  readonly policy: PolicyHead | undefined;
  /** The bundle of an organisation above it, when one is in force. */
  readonly bundle: BundleHead | undefined;
  readonly ruleId: string | undefined;
  readonly contract: RuntimeToolContract;
  /** The approval that made an exception, when one did. */
  readonly tokenHash: string | undefined;
  /** The grant it is under, where its tool takes a scope. */
  readonly grantId?: string;
};

/** Under which policy, rule, scopes and exceptions it was decided (whitepaper 8.1.1). */
export function policyBindingHash({
  policy,
  bundle,
  ruleId,
  contract,
  tokenHash,
  grantId,
}: Binding): Digest {
  return hashOf({
    policy_version: policy ? { policy_hash: policy.policy_hash, version: policy.version } : null,
    ...(bundle ? { ceiling: { bundle_hash: bundle.bundle_hash, version: bundle.version } } : {}),
    rule_ids: ruleId === undefined ? [] : [ruleId],
    scopes: [...contract.authority_scopes].sort(),
    ...(grantId === undefined ? {} : { authority_grant_id: grantId }),
    exceptions: tokenHash === undefined ? [] : [tokenHash],
  });
}

/** `step_i_hash = H(step_i || step_{i-1}_hash)`: every decision is a step (whitepaper 8.1.1). */
export function stepHash(step: object, view: View): Digest {
  const previous = view.get<ReceiptHead>(keys.lastStep)?.hash ?? NO_RECEIPT;
  return hashOf({ step, previous });
}

function hashOf(value: unknown): Digest {
  const hash = digestOf(value);
  assert(hash.ok, 'what was admitted has a canonical form');
  return hash.value;
}
