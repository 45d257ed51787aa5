import { ok } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import {
  type AdvanceChain,
  type AnnounceNode,
  type AutonomousSystemChainEnvelope,
  type CreateChain,
  type HypervisorNodeEnvelope,
  isAdvanceChain,
  isAnnounceNode,
  isCreateChain,
  parseIdentifier,
  type View,
} from '@ioi/protocol';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { type AccumulatorHead, accumulatorRoot } from './accumulator.ts';
import {
  type GovernanceOperation,
  holdSignature,
  reject,
  requireNode,
  SPEAKERS,
} from './authority.ts';
import {
  type AnnouncedHead,
  type ChainHead,
  type ChainIndexHead,
  governanceKeys,
} from './heads.ts';
import { hashOf, NO_HASH, transitionRef } from './names.ts';

/** As many as one envelope of a node can list. */
const MAX_CHAINS = 256;

/** The id of a chain: nobody else has this controller, and nobody this manifest with it. */
export function chainIdOf({ manifest_hash, controller_key }: CreateChain['creation']): Digest {
  return hashOf({ controller: keyId(controller_key), manifest_hash });
}

export function createChain(registry: VerifierRegistry): GovernanceOperation<CreateChain> {
  return {
    authors: SPEAKERS,
    accepts: isCreateChain,
    reads: ({ creation }) => [
      keys.node,
      governanceKeys.chains,
      governanceKeys.chain(chainIdOf(creation)),
    ],
    needs: () => [],
    decide: ({ creation, signature }, { view }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const said = { node: node.value, operation: 'chain.create', statement: creation };
      const held = holdSignature(said, node.value.owner_key, signature, registry);
      if (!held.ok) return held;
      const { manifest_ref, policy_hash, state_root, manifest_hash, controller_key } = creation;
      const named = parseIdentifier(manifest_ref);
      if (!named.ok) return reject(named.error.code, named.error.message);
      const chain_id = chainIdOf(creation);
      if (view.get(governanceKeys.chain(chain_id))) {
        return reject('chain.exists', `${chain_id} was created before`);
      }
      if (chainsIn(view).length >= MAX_CHAINS) {
        return reject('chain.too_many', `a node has at most ${MAX_CHAINS} chains`);
      }
      const first = { sequence: '0', prev_transition_hash: NO_HASH };
      const envelope = { chain_id, manifest_ref, policy_hash, state_root, ...first };
      const chain: ChainHead = {
        envelope,
        envelope_hash: hashOf(envelope),
        manifest_hash: manifest_hash as Digest,
        controller_key,
        policy_sequence: '0',
      };
      return ok([{ type: 'chain.created', chain }]);
    },
  };
}

/** The envelope after one transition, whatever it changes. */
export function nextEnvelope(
  { envelope, envelope_hash }: ChainHead,
  changed: Partial<Pick<AutonomousSystemChainEnvelope, 'state_root' | 'policy_hash'>>,
): AutonomousSystemChainEnvelope {
  const sequence = String(BigInt(envelope.sequence) + 1n);
  return { ...envelope, ...changed, sequence, prev_transition_hash: envelope_hash };
}

export function advanceChain(registry: VerifierRegistry): GovernanceOperation<AdvanceChain> {
  return {
    authors: SPEAKERS,
    accepts: isAdvanceChain,
    reads: ({ transition }) => [keys.node, governanceKeys.chain(transition.chain_id)],
    needs: () => [],
    decide: ({ transition, signature }, { view }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const chain = view.get<ChainHead>(governanceKeys.chain(transition.chain_id));
      if (!chain) return reject('chain.unknown', `no chain ${transition.chain_id}`);
      const said = { node: node.value, operation: 'chain.advance', statement: transition };
      const held = holdSignature(said, chain.controller_key, signature, registry);
      if (!held.ok) return held;
      const envelope = nextEnvelope(chain, { state_root: transition.state_root });
      const { sequence, prev_transition_hash } = envelope;
      if (transition.sequence !== sequence) {
        return reject('chain.wrong_sequence', `the next transition is ${sequence}`);
      }
      if (transition.prev_transition_hash !== prev_transition_hash) {
        return reject('chain.wrong_predecessor', 'it does not continue the current envelope');
      }
      const transition_ref = transitionRef(transition.chain_id, sequence);
      return ok([{ type: 'chain.advanced', transition_ref, envelope }]);
    },
  };
}

export const announceNode: GovernanceOperation<AnnounceNode> = {
  authors: SPEAKERS,
  accepts: isAnnounceNode,
  reads: () => [
    keys.node,
    governanceKeys.chains,
    governanceKeys.nodeReceipts,
    governanceKeys.announced,
  ],
  needs: () => [],
  decide: ({ envelope }, { view }) => {
    const node = requireNode(view);
    if (!node.ok) return node;
    if (hashOf(envelope) !== hashOf(nodeEnvelopeIn(view, node.value))) {
      return reject('node.envelope_differs', 'this is not what the node is now');
    }
    const before = view.get<AnnouncedHead>(governanceKeys.announced);
    if (before && hashOf(before.envelope) === hashOf(envelope)) {
      return reject('node.already_announced', 'nothing changed since it was announced');
    }
    return ok([{ type: 'node.announced', envelope }]);
  },
};

/** What `node.announce` says of the node now; the seal of its commit signs it. */
export function nodeEnvelopeIn(view: View, node: NodeHead): HypervisorNodeEnvelope {
  const receipts = view.get<AccumulatorHead>(governanceKeys.nodeReceipts);
  return {
    node_id: node.node_id,
    owner_did: `did:ioi:${keyId(node.owner_key).slice('sha256:'.length)}`,
    active_chains: [...chainsIn(view)],
    local_receipt_root: accumulatorRoot(receipts),
  };
}

function chainsIn(view: View): readonly string[] {
  return view.get<ChainIndexHead>(governanceKeys.chains)?.chains ?? [];
}
