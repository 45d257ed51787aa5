import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import type {
  ApprovalToken,
  OrganisationRoles,
  Rejection,
  RuntimeToolContract,
} from '@ioi/protocol';
import {
  type ApproversHead,
  isHybridInSum,
  missingAmong,
  type Signer,
  signersOf,
} from '../factors/index.ts';
import type { NodeHead } from './heads.ts';

/** A token whose signature and bindings were checked, with its hash and who signed it. */
export type HeldApproval = {
  readonly token: ApprovalToken;
  readonly tokenHash: Digest;
  readonly signers: readonly Signer[];
};

export type ApprovalBinding = {
  readonly node: NodeHead;
  readonly requestHash: Digest;
  readonly policyHash: Digest | undefined;
  readonly chainTime: bigint;
  readonly riskClass: RuntimeToolContract['risk_class'];
  /** None but the owner where there is none. */
  readonly approvers?: ApproversHead | undefined;
  /** Who approves what is of low risk by their groups. */
  readonly roles?: OrganisationRoles | undefined;
  /** Of the rule that asks, and of who asked: settings may be about them. */
  readonly ruleId?: string | undefined;
  readonly agentId?: string;
  /** A statement of governance: no ES256 factor alone is enough, and the owner's key always is. */
  readonly isHybridClass?: boolean;
  readonly burned: (tokenHash: Digest) => boolean;
};

/**
 * Checks everything an approval binds (whitepaper 2.6.7): the exact request, the active policy,
 * this guardian, Chain Time, the revocation epoch, single use, and a signature of as many
 * registered factors as the owner's settings ask for; those bind no statement that the owner signs
 * with the whole key. Rejects with `approval.invalid` naming the
 * field that does not hold.
 */
export function holdApproval(
  token: ApprovalToken,
  binding: ApprovalBinding,
  registry: VerifierRegistry,
): Result<HeldApproval, Rejection> {
  const field = brokenBinding(token, binding);
  if (field !== undefined) return invalid(field);
  const { user_sig, co_sigs = [], ...signed } = token;
  const hash = digestOf(token);
  if (!hash.ok) return invalid('canonical form');
  if (binding.burned(hash.value)) return invalid('max_usages: already used');
  const { node, approvers, roles, chainTime } = binding;
  const signers = signersOf(signed, [user_sig, ...co_sigs], {
    ownerKey: node.owner_key,
    audience: keyId(node.guardian_key),
    revocationEpoch: node.revocation_epoch,
    chainTime,
    approvers,
    roles,
    registry,
  });
  if (!signers.ok) return invalid(`user_sig: ${signers.error}`);
  const missing = missingIn(token, signers.value, binding);
  if (missing !== undefined) return invalid(missing);
  return ok({ token, tokenHash: hash.value, signers: signers.value });
}

function missingIn(
  { method }: ApprovalToken,
  signers: readonly Signer[],
  { approvers, isHybridClass = false, ...occasion }: ApprovalBinding,
): string | undefined {
  const [first] = signers;
  const { means = 'owner' } = first ?? {};
  const isSaid =
    means === 'owner' ? method === 'passphrase' || method === 'demo' : method === means;
  if (!isSaid) return 'method';
  if (isHybridClass && !isHybridInSum(signers)) return 'user_sig: not hybrid in sum';
  // Whoever says how many it takes is not held by it: they could say so again first.
  const isOwners = isHybridClass && signers.some((each) => each.means === 'owner');
  return missingAmong(signers, isOwners ? undefined : approvers, occasion)?.words;
}

function brokenBinding(token: ApprovalToken, binding: ApprovalBinding): string | undefined {
  const { node } = binding;
  const { scope } = token;
  if (scope.kind !== 'SingleAction' || scope.request_hash !== binding.requestHash) return 'scope';
  if (token.request_hash !== binding.requestHash) return 'request_hash';
  if (token.policy_hash !== binding.policyHash) return 'policy_hash';
  if (token.audience !== keyId(node.guardian_key)) return 'audience';
  if (token.mode !== 'OneShot' || token.max_usages !== '1') return 'mode';
  if (BigInt(token.expires) <= binding.chainTime) return 'expires';
  if (BigInt(token.revocation_epoch) < BigInt(node.revocation_epoch)) return 'revocation_epoch';
  if (token.method === 'demo' && !node.demo) return 'method';
  const isUnlocked = token.method === 'session' || token.method === 'sign_in';
  if (isUnlocked && binding.riskClass === 'high') return 'method';
  return undefined;
}

function invalid(field: string): Result<never, Rejection> {
  return err({ code: 'approval.invalid', message: `the approval does not hold: ${field}` });
}
