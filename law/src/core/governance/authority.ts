import { assert, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, type Digest } from '@ioi/canon';
import type { HybridPublicKey, HybridSignature, VerifierRegistry } from '@ioi/crypto';
import type {
  ActionRequest,
  ApprovalToken,
  HeadKey,
  Operation,
  Rejection,
  Stamp,
  View,
} from '@ioi/protocol';
import { holdApproval } from '../boundary/approval.ts';
import { keys, type NodeHead, type PolicyHead } from '../boundary/heads.ts';
import type { ApproversHead } from '../factors/index.ts';
import type { GovernanceEvent } from './events.ts';
import { type ChainHead, governanceKeys } from './heads.ts';
import { hashOf } from './names.ts';

export type GovernanceOperation<P> = Operation<P, GovernanceEvent>;

/** Governance is spoken by the channel of a node and by the keys a domain knows. */
export const SPEAKERS = ['channel', 'key'] as const;

export const GOVERNANCE = 'governance';

export function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}

export function requireNode(view: View): Result<NodeHead, Rejection> {
  const node = view.get<NodeHead>(keys.node);
  return node ? ok(node) : reject('node.no_genesis', 'the log has no genesis');
}

/** A log of a node: its own, or that of a domain it keeps. */
export type Place = Pick<NodeHead, 'node_id' | 'origin'>;

/** What is signed: one statement to one operation of one log. */
export type Statement = {
  readonly node: Place;
  /** Governance unless told. */
  readonly module?: string;
  /** Without the name of the module: `module.swap`. */
  readonly operation: string;
  readonly statement: object;
};

/** Canonical bytes to sign under SIG_DOMAIN_MANIFEST; they serve nowhere else. */
export function statementBytes(said: Statement): Uint8Array {
  const { node, module = GOVERNANCE, operation, statement } = said;
  const bytes = canonicalBytes({
    node_id: node.node_id,
    origin: node.origin,
    operation: `${module}/${operation}`,
    statement,
  });
  assert(bytes.ok, 'what was admitted has a canonical form');
  return bytes.value;
}

/** Rejects with `governance.unauthorised` unless exactly this key signed exactly this. */
export function holdSignature(
  said: Statement,
  key: HybridPublicKey,
  signature: HybridSignature,
  registry: VerifierRegistry,
): Result<void, Rejection> {
  const verified = registry.verify(key, 'SIG_DOMAIN_MANIFEST', statementBytes(said), signature);
  if (verified.ok) return verified;
  return reject('governance.unauthorised', `${said.operation}: ${verified.error.code}`);
}

/** The policy under which something of a chain, or of the node, is approved. */
export function policyInForce(view: View, chainId: string | undefined): Digest | undefined {
  if (chainId === undefined) return view.get<PolicyHead>(keys.policy)?.policy_hash;
  const chain = view.get<ChainHead>(governanceKeys.chain(chainId));
  return chain?.envelope.policy_hash as Digest | undefined;
}

export type Approval = { readonly request?: ActionRequest; readonly token?: ApprovalToken };

/** Keys a step-up reads beside those of what it is about. */
export function approvalKeys({ token }: Approval): readonly HeadKey[] {
  return token === undefined ? [] : [keys.token(hashOf(token)), keys.approvers];
}

export type StepUp = Approval & {
  /** What the request that was shown must be about, with exactly this as its params. */
  readonly target: string;
  readonly statement: object;
  readonly policyHash: Digest | undefined;
};

/**
 * Holds the token that widening needs, over a request that says exactly what was signed
 * (whitepaper 9.4.3). Rejects with `approval.required` or `approval.invalid`.
 */
export function holdStepUp(
  { request, token, target, statement, policyHash }: StepUp,
  { node, view, at }: { readonly node: NodeHead; readonly view: View; readonly at: Stamp },
  registry: VerifierRegistry,
): Result<{ readonly tokenHash: Digest; readonly consumed: GovernanceEvent }, Rejection> {
  if (!request || !token) {
    return reject('approval.required', 'it may widen authority: it needs a token');
  }
  if (request.target !== target || hashOf(request.params) !== hashOf(statement)) {
    return reject('approval.invalid', 'the approved request is not about exactly this');
  }
  const requestHash = hashOf(request);
  const held = holdApproval(
    token,
    {
      node,
      requestHash,
      policyHash,
      chainTime: at.chainTime,
      riskClass: 'high',
      approvers: view.get<ApproversHead>(keys.approvers),
      isHybridClass: true,
      burned: (hash) => view.get(keys.token(hash)) !== undefined,
    },
    registry,
  );
  if (!held.ok) return held;
  const { tokenHash } = held.value;
  const consumed = {
    type: 'approval.consumed',
    token_hash: tokenHash,
    request_hash: requestHash,
  } as const;
  return ok({ tokenHash, consumed });
}
