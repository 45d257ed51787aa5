import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { keyId } from '@ioi/crypto';
import {
  addOnCompletions,
  type ChainHead,
  executorCompletions,
  governanceKeys,
  installCompletions,
  isSignedOperation,
  keys,
  type ModuleHead,
  NO_HASH,
  type NodeHead,
  nextOfApprovers,
  nextPin,
  nextRevocation,
  nodeDomainOf,
  type OrganisationHead,
  type PolicyHead,
  type ProposalHead,
  policyInForce,
  rehearse,
  type Signable,
  type SignedEvent,
  type SignedOperation,
  type Stage,
  walletCompletions,
} from '@ioi/law';
import {
  type GovernanceReview,
  type InclusionResult,
  isServiceModuleManifestEnvelope,
  type View,
} from '@ioi/protocol';
import { wordsOf } from './statement-words.ts';
import type { Refusal } from './wire.ts';

/** What a person asks to be signed: the parts of a statement that the guardian cannot know. */
export type Asked = Readonly<Record<string, unknown>>;

export type StatementDraft = {
  readonly signable: Signable;
  readonly review: GovernanceReview;
  /** Where it may widen: the policy that its token is bound to. */
  readonly stepUp?: { readonly policyHash: Digest };
};

/**
 * The statement the guardian would sign, made of what was asked and its own heads, and rehearsed
 * on them (whitepaper 9.4.3). Rejects with what the log would refuse it for.
 */
export function draftStatement(
  wish: { readonly operation: string; readonly asked: Asked },
  stage: Stage,
): Result<StatementDraft, Refusal> {
  const { operation, asked } = wish;
  const node = stage.view.get<NodeHead>(keys.node);
  if (!node) return refuse('node.no_genesis', 'the node has no genesis yet');
  if (!isSignedOperation(operation)) {
    return refuse('operation.unknown', `${operation} is nothing the owner signs`);
  }
  const statement = COMPLETIONS[operation](asked, { node, view: stage.view });
  if (!statement.ok) return statement;
  const signable = { operation, statement: statement.value };
  const rehearsed = rehearse(signable, node.owner_key, stage);
  if (rehearsed.ok) {
    const found = { ...inclusionIn(rehearsed.value), step_up: false };
    return ok({ signable, review: reviewOf(signable, found, stage.view) });
  }
  if (rehearsed.error.code !== 'approval.required') return rehearsed;
  const policyHash = policyInForce(stage.view, chainOf(asked, stage.view));
  if (policyHash === undefined) return refuse('policy.none_active', NO_POLICY);
  const found = { inclusion: 'undecided', step_up: true } as const;
  return ok({ signable, review: reviewOf(signable, found, stage.view), stepUp: { policyHash } });
}

const NO_POLICY = 'it may widen, and without an active policy nothing can be approved';

function reviewOf(
  signable: Signable,
  found: Pick<GovernanceReview, 'inclusion' | 'step_up'>,
  view: View,
): GovernanceReview {
  const about = {
    operation: signable.operation,
    statement: signable.statement as GovernanceReview['statement'],
    words: wordsOf(signable, view),
    ...found,
  };
  const hash = digestOf(about);
  if (!hash.ok) throw new Error(hash.error.message);
  return { ...about, review_hash: hash.value };
}

function inclusionIn(events: readonly SignedEvent[]): { inclusion?: InclusionResult } {
  for (const event of events) {
    if (event.type === 'upgrade.proposal_decided') return { inclusion: event.inclusion_result };
    if (event.type !== 'receipt.emitted') continue;
    const { body } = event.receipt;
    if ('inclusion_result' in body) return { inclusion: body.inclusion_result };
  }
  return {};
}

/** The chain whose policy a swap or a decision is approved under. */
function chainOf({ manifest, proposal_id }: Asked, view: View): string | undefined {
  if (isServiceModuleManifestEnvelope(manifest)) {
    return view.get<ModuleHead>(governanceKeys.module(manifest.module_id))?.chain_id;
  }
  return view.get<ProposalHead>(governanceKeys.proposal(String(proposal_id)))?.proposal.chain_id;
}

type Known = { readonly node: NodeHead; readonly view: View };
type Complete = (asked: Asked, known: Known) => Result<object, Refusal>;

/** What heads say replaces what was asked; a field that is no part of a statement is refused. */
const COMPLETIONS: Readonly<Record<SignedOperation, Complete>> = {
  ...walletCompletions,
  ...installCompletions,
  ...addOnCompletions,
  ...executorCompletions,
  'chain.create': (asked, { node, view }) => {
    const policy_hash = asked['policy_hash'] ?? view.get<PolicyHead>(keys.policy)?.policy_hash;
    if (policy_hash === undefined) {
      return refuse('policy.none_active', 'no policy is active, and none was named for the chain');
    }
    return ok({ state_root: NO_HASH, controller_key: node.owner_key, ...asked, policy_hash });
  },
  'chain.advance': (asked, known) => {
    const chain = ownChain(asked['chain_id'], known);
    if (!chain.ok) return chain;
    const { envelope, envelope_hash } = chain.value;
    const sequence = next(envelope.sequence);
    return ok({ ...asked, sequence, prev_transition_hash: envelope_hash });
  },
  'module.register': (asked) => ok({ ...asked }),
  'module.swap': (asked, { view }) => {
    const { manifest } = asked;
    if (!isServiceModuleManifestEnvelope(manifest)) {
      return refuse('operation.invalid_payload', 'this is no manifest of a service module');
    }
    const module = view.get<ModuleHead>(governanceKeys.module(manifest.module_id));
    if (!module) return refuse('module.unknown', `no module ${manifest.module_id} is registered`);
    const { policy_hash, manifest_hash: old_manifest_hash } = module;
    const kept = policy_hash === undefined ? {} : { policy_hash };
    return ok({ ...kept, ...asked, old_manifest_hash, sequence: next(module.sequence) });
  },
  'proposal.decide': (asked, { view }) => {
    const id = String(asked['proposal_id']);
    const proposal = view.get<ProposalHead>(governanceKeys.proposal(id))?.proposal;
    if (!proposal) return refuse('proposal.unknown', `no proposal ${id}`);
    const { old_hash, new_hash } = proposal;
    return ok({ ...asked, old_hash, new_hash });
  },
  'organisation.pin': (asked, { view }) => ok({ ...asked, sequence: nextPin(view) }),
  'organisation.unpin': (_, { view }) => {
    const pinned = view.get<OrganisationHead>(keys.organisation)?.pinned;
    if (!pinned) return refuse('organisation.none_pinned', 'no organisation bounds this node');
    const { organisation_id, key_id } = pinned;
    return ok({ organisation_id, key_id, sequence: nextPin(view) });
  },
  'factor.enroll': (asked, { view }) => ok({ ...asked, sequence: nextOfApprovers(view) }),
  'level.enroll': (asked, { view }) => ok({ ...asked, sequence: nextOfApprovers(view) }),
  'factor.revoke': (asked, { view }) => ok({ ...asked, sequence: nextOfApprovers(view) }),
  'approval.rules': (asked, { view }) => ok({ ...asked, sequence: nextOfApprovers(view) }),
  'session_lease.issue': (asked, known) => completeSession(asked, known),
  'session_lease.revoke': (asked, { view }) => ok({ ...asked, sequence: nextRevocation(view) }),
  'settlement.record': ({ chain_ids, ...asked }, known) => {
    const parties: object[] = [];
    for (const chain_id of Array.isArray(chain_ids) ? chain_ids : []) {
      const chain = ownChain(chain_id, known);
      if (!chain.ok) return chain;
      parties.push({ chain_id, envelope_hash: chain.value.envelope_hash });
    }
    return ok({ transfers: [], ...asked, parties });
  },
};

/** Whose session it is, under which policy and epoch, is never asked. */
function completeSession(asked: Asked, { node, view }: Known): Result<object, Refusal> {
  const policy_hash = view.get<PolicyHead>(keys.policy)?.policy_hash;
  if (policy_hash === undefined) return refuse('policy.none_active', 'no policy is active');
  const issuer_id = keyId(node.owner_key);
  const { revocation_epoch } = node;
  const audience = nodeDomainOf(node.node_id);
  const fields = { capability_subset: [], audience, ...asked };
  return ok({ ...fields, issuer_id, policy_hash, revocation_epoch });
}

/** A chain that the owner's key speaks for. */
function ownChain(chainId: unknown, { node, view }: Known): Result<ChainHead, Refusal> {
  const chain = view.get<ChainHead>(governanceKeys.chain(String(chainId)));
  if (!chain) return refuse('chain.unknown', `no chain ${String(chainId)}`);
  if (keyId(chain.controller_key) === keyId(node.owner_key)) return ok(chain);
  const message = `${String(chainId)} is moved by ${keyId(chain.controller_key)}, not by the owner`;
  return refuse('chain.other_controller', message);
}

function next(sequence: string): string {
  return String(BigInt(sequence) + 1n);
}

function refuse(code: string, message: string): Result<never, Refusal> {
  return err({ code, message });
}
