import { ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import {
  type CommitProposal,
  isCommitProposal,
  isSimulateProposal,
  isSubmitProposal,
  parseIdentifier,
  type Rejection,
  type SimulateProposal,
  type SubmitProposal,
  type View,
} from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { chainReceipt } from '../boundary/receipts.ts';
import { type GovernanceOperation, reject, requireNode, SPEAKERS } from './authority.ts';
import { governanceKeys, type ProposalHead } from './heads.ts';
import { hashOf, lineageOf, nodeActor, proposalRef } from './names.ts';
import { emitted, mutationReceipt } from './swap-module.ts';
import { type Change, changeTarget, targetKey, targetNow } from './targets.ts';

/** An agent proposes; nothing changes (whitepaper 2.6.11). */
export const submitProposal: GovernanceOperation<SubmitProposal> = {
  authors: SPEAKERS,
  accepts: isSubmitProposal,
  reads: (payload) => [
    keys.node,
    keys.lastReceipt,
    governanceKeys.proposal(hashOf(payload)),
    governanceKeys.chain(payload.chain_id),
    targetKey(payload),
  ],
  needs: () => [],
  decide: (payload, { view, at }) => {
    const node = requireNode(view);
    if (!node.ok) return node;
    const proposal_id = hashOf(payload);
    if (view.get(governanceKeys.proposal(proposal_id))) {
      return reject('proposal.exists', 'this was proposed before');
    }
    if (!view.get(governanceKeys.chain(payload.chain_id))) {
      return reject('chain.unknown', `no chain ${payload.chain_id}`);
    }
    const odd = oddProposal(payload);
    if (odd !== undefined) return reject('proposal.malformed', odd);
    const now = targetNow(payload, view);
    if (!now.ok) return now;
    if (now.value.hash !== payload.old_hash) return stale();
    const submitted: ProposalHead = {
      state: 'submitted',
      proposal: payload,
      target_sequence: now.value.sequence,
      ...(now.value.module ? { old_manifest: now.value.module.manifest } : {}),
    };
    const { chain_id, proposer, target, old_hash, new_hash, justification } = payload;
    const receipt = chainReceipt(
      {
        type: 'upgrade',
        actorId: nodeActor(node.value.node_id),
        body: {
          artifact_class: 1,
          proposal_id,
          chain_id,
          proposer,
          target_kind: target.kind,
          target_module_id: target.ref,
          old_manifest_hash: old_hash,
          new_manifest_hash: new_hash,
          rationale_hash: hashOf(justification),
        },
      },
      view,
      at,
    );
    const proposal_ref = proposalRef(chain_id, proposal_id);
    return ok([
      { type: 'upgrade.proposal_submitted', proposal_id, proposal_ref, submitted },
      emitted(receipt),
    ]);
  },
};

function oddProposal({ target, manifest, old_hash, new_hash }: SubmitProposal): string | undefined {
  const named = parseIdentifier(target.ref);
  if (!named.ok) return named.error.message;
  if (old_hash === new_hash) return 'it changes nothing';
  if (target.kind !== 'module') return manifest && 'only a module has a manifest';
  if (named.value.scheme !== 'module') return 'a module is named by a module:// identifier';
  if (!manifest || hashOf(manifest) !== new_hash) return 'new_hash is not that of the manifest';
  if (lineageOf(manifest.module_id) === lineageOf(target.ref)) return undefined;
  return 'the manifest is of another module';
}

export const simulateProposal: GovernanceOperation<SimulateProposal> = {
  authors: SPEAKERS,
  accepts: isSimulateProposal,
  reads: ({ proposal_id }) => [keys.node, governanceKeys.proposal(proposal_id)],
  needs: () => [],
  decide: ({ proposal_id, result_hash, passed }, { view }) => {
    const head = view.get<ProposalHead>(governanceKeys.proposal(proposal_id));
    if (head?.state !== 'submitted') return notIn('submitted', head);
    return ok([
      {
        type: 'upgrade.proposal_simulated',
        proposal_id: proposal_id as Digest,
        result_hash: result_hash as Digest,
        passed,
      },
    ]);
  },
};

/** What was decided takes effect: forward once, and back once. */
export const commitProposal: GovernanceOperation<CommitProposal> = {
  authors: SPEAKERS,
  accepts: isCommitProposal,
  reads: ({ proposal_id }, view) => {
    const key = governanceKeys.proposal(proposal_id);
    const head = view.get<ProposalHead>(key);
    return [keys.node, keys.lastReceipt, key, ...(head ? [targetKey(head.proposal)] : [])];
  },
  needs: () => [],
  decide: ({ proposal_id }, { view, at }) => {
    const node = requireNode(view);
    if (!node.ok) return node;
    const head = view.get<ProposalHead>(governanceKeys.proposal(proposal_id));
    if (head?.state !== 'approved' && head?.state !== 'rolling_back') {
      return notIn('approved', head);
    }
    const backward = head.state === 'rolling_back';
    const { proposal, inclusion_result = 'undecided' } = head;
    const moved = movedSince(head, backward, view);
    if (!moved.ok) return moved;
    const change = changeOf(head, backward);
    const changed = changeTarget(proposal, change, view);
    if (!changed) return stale();
    const receipt = mutationReceipt(
      {
        mutation_id: proposal_id,
        target: proposal.target,
        chain_id: proposal.chain_id,
        old_manifest_hash: backward ? proposal.new_hash : proposal.old_hash,
        new_manifest_hash: change.to,
        rationale_hash: hashOf(proposal.justification),
        inclusion_result,
        token_hash: head.token_hash,
      },
      { node: node.value, view, at },
    );
    const type = backward ? 'upgrade.proposal_rolled_back' : 'upgrade.proposal_committed';
    return ok([{ type, proposal_id: proposal_id as Digest }, changed, emitted(receipt)]);
  },
};

/** Forward to what was proposed, or back to what was there before. */
export function changeOf({ proposal, old_manifest }: ProposalHead, backward: boolean): Change {
  return backward
    ? { to: proposal.old_hash as Digest, manifest: old_manifest }
    : { to: proposal.new_hash as Digest, manifest: proposal.manifest };
}

/** Refuses when somebody else changed the target since the proposal, or since its commit. */
export function movedSince(
  { proposal, target_sequence }: ProposalHead,
  backward: boolean,
  view: View,
): Result<void, Rejection> {
  const now = targetNow(proposal, view);
  if (!now.ok) return now;
  const sequence = BigInt(target_sequence) + (backward ? 1n : 0n);
  const hash = backward ? proposal.new_hash : proposal.old_hash;
  const same = now.value.sequence === String(sequence) && now.value.hash === hash;
  return same ? ok(undefined) : stale();
}

export function notIn(state: string, head: ProposalHead | undefined): Result<never, Rejection> {
  const message = `expected a proposal that is ${state}, this one is ${head?.state ?? 'unknown'}`;
  return reject('proposal.wrong_state', message);
}

function stale(): Result<never, Rejection> {
  return reject('proposal.stale', 'the target is no longer what was proposed to be changed');
}
