import { ok } from '@ioi/basis';
import type { VerifierRegistry } from '@ioi/crypto';
import { isRecordSettlement, type RecordSettlement, type View } from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { chainReceipt } from '../boundary/receipts.ts';
import { type AccumulatorHead, accumulatorRoot } from './accumulator.ts';
import {
  type GovernanceOperation,
  holdSignature,
  reject,
  requireNode,
  SPEAKERS,
} from './authority.ts';
import { type ChainHead, governanceKeys } from './heads.ts';
import { hashOf, nodeActor } from './names.ts';
import { emitted } from './swap-module.ts';

type Settlement = RecordSettlement['settlement'];

/**
 * Two chains of this node settle between themselves (whitepaper 2.2.3): what moved, signed by
 * both controllers over both envelopes as they are now, once.
 */
export function recordSettlement(
  registry: VerifierRegistry,
): GovernanceOperation<RecordSettlement> {
  return {
    authors: SPEAKERS,
    accepts: isRecordSettlement,
    reads: ({ settlement }) => [
      keys.node,
      keys.lastReceipt,
      governanceKeys.nodeReceipts,
      governanceKeys.settlement(hashOf(settlement)),
      ...settlement.parties.map((party) => governanceKeys.chain(party.chain_id)),
    ],
    needs: () => [],
    decide: ({ settlement, signatures }, { view, at }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const settlement_id = hashOf(settlement);
      if (view.get(governanceKeys.settlement(settlement_id))) {
        return reject('settlement.replayed', 'this was settled before');
      }
      const odd = oddSettlement(settlement);
      if (odd !== undefined) return reject('settlement.malformed', odd);
      const nodeId = node.value.node_id;
      const said = { node: node.value, operation: 'settlement.record', statement: settlement };
      for (const [index, party] of settlement.parties.entries()) {
        const chain = chainOf(party, view);
        if (!chain) return reject('settlement.stale', `${party.chain_id} is not as it is named`);
        const held = holdSignature(said, chain.controller_key, signatures[index]!, registry);
        if (!held.ok) return held;
      }
      const chains = settlement.parties.map((party) => party.chain_id);
      const { amount, unit } = settlement.payment?.money ?? { amount: '0', unit: 'none' };
      const before = view.get<AccumulatorHead>(governanceKeys.nodeReceipts);
      const receipt = chainReceipt(
        {
          type: 'settlement',
          actorId: nodeActor(nodeId),
          body: {
            artifact_class: 1,
            settlement_id,
            node_id: nodeId,
            involved_chains: chains,
            net_amount: amount,
            asset_identifier: unit,
            receipt_root: accumulatorRoot(before),
          },
        },
        view,
        at,
      );
      return ok([{ type: 'local_settlement.committed', settlement_id, chains }, emitted(receipt)]);
    },
  };
}

function oddSettlement({ parties, transfers, payment }: Settlement): string | undefined {
  const chains = parties.map((party) => party.chain_id);
  if (chains[0] === chains[1]) return 'a chain does not settle with itself';
  const moved = payment === undefined ? transfers : [...transfers, payment];
  if (moved.length === 0) return 'nothing moved';
  const between = moved.every(
    ({ from, to }) => from !== to && chains.includes(from) && chains.includes(to),
  );
  return between ? undefined : 'what moves goes from one of the two to the other';
}

function chainOf(
  { chain_id, envelope_hash }: Settlement['parties'][number],
  view: View,
): ChainHead | undefined {
  const chain = view.get<ChainHead>(governanceKeys.chain(chain_id));
  return chain?.envelope_hash === envelope_hash ? chain : undefined;
}
