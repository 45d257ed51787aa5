import { err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, type Digest, digestOf } from '@ioi/canon';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import type { ApprovalToken, Rejection, RuntimeToolContract } from '@ioi/protocol';
import type { NodeHead } from './heads.ts';

/** A token whose signature and bindings were checked, with its hash. */
export type HeldApproval = { readonly token: ApprovalToken; readonly tokenHash: Digest };

export type ApprovalBinding = {
  readonly node: NodeHead;
  readonly requestHash: Digest;
  readonly policyHash: Digest | undefined;
  readonly chainTime: bigint;
  readonly riskClass: RuntimeToolContract['risk_class'];
  readonly burned: (tokenHash: Digest) => boolean;
};

/**
 * Checks everything an approval binds (whitepaper 2.6.7): the exact request, the active policy,
 * this guardian, Chain Time, the revocation epoch, single use, and the owner's hybrid
 * signature. Rejects with `approval.invalid` naming the field that does not hold.
 */
export function holdApproval(
  token: ApprovalToken,
  binding: ApprovalBinding,
  registry: VerifierRegistry,
): Result<HeldApproval, Rejection> {
  const field = brokenBinding(token, binding);
  if (field !== undefined) return invalid(field);
  const { user_sig, ...signed } = token;
  const message = canonicalBytes(signed);
  const hash = digestOf(token);
  if (!message.ok || !hash.ok) return invalid('canonical form');
  if (binding.burned(hash.value)) return invalid('max_usages: already used');
  const { owner_key } = binding.node;
  const verified = registry.verify(owner_key, 'SIG_DOMAIN_APPROVAL', message.value, user_sig);
  if (!verified.ok) return invalid(`user_sig: ${verified.error.code}`);
  return ok({ token, tokenHash: hash.value });
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
  if (token.method === 'session' && binding.riskClass === 'high') return 'method';
  return undefined;
}

function invalid(field: string): Result<never, Rejection> {
  return err({ code: 'approval.invalid', message: `the approval does not hold: ${field}` });
}
