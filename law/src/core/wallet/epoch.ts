import { ok } from '@ioi/basis';
import type { VerifierRegistry } from '@ioi/crypto';
import { type AdvanceEpoch, isAdvanceEpoch } from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { holdSigned, reject, requireNode, type WalletOperation } from './signed.ts';

/** Everything given in an earlier epoch is void from the next entry on (7.3.3). */
export function advanceEpoch(registry: VerifierRegistry): WalletOperation<AdvanceEpoch> {
  return {
    authors: ['channel'],
    accepts: isAdvanceEpoch,
    reads: () => [keys.node],
    needs: () => [],
    decide: ({ advance, signature }, { view }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const { owner_key, revocation_epoch: now } = node.value;
      const said = { node: node.value, operation: 'epoch.advance', statement: advance };
      const held = holdSigned(said, owner_key, signature, registry);
      if (!held.ok) return held;
      const next = String(BigInt(now) + 1n);
      if (advance.revocation_epoch !== next) {
        return reject('revocation_epoch.moved', `the next epoch is ${next}`);
      }
      return ok([{ type: 'revocation_epoch.advanced', revocation_epoch: next }]);
    },
  };
}
