import { err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import {
  type DenyAction,
  type Genesis,
  isDenyAction,
  isGenesis,
  isRefuseCall,
  isRegisterContract,
  isResyncClock,
  type Operation,
  type RefuseCall,
  type RegisterContract,
  type Rejection,
  type ResyncClock,
  type VerdictCode,
} from '@ioi/protocol';
import { onlyPrimitives } from '../capability/registered.ts';
import type { BoundaryEvent } from './events.ts';
import { type ActionHead, keys, type PolicyHead } from './heads.ts';
import { nodeIdOf, originOf } from './node-id.ts';
import { chainReceipt } from './receipts.ts';

type BoundaryOperation<P> = Operation<P, BoundaryEvent>;

const reject = (code: string, message: string): Result<never, Rejection> => err({ code, message });

export const genesis: BoundaryOperation<Genesis> = {
  authors: ['guardian'],
  accepts: isGenesis,
  reads: () => [keys.node],
  needs: () => [],
  decide: (payload, { view, at }) => {
    if (view.get(keys.node) || at.seq !== 0n) {
      return reject('node.has_genesis', 'genesis is entry 0 and nothing else');
    }
    if (payload.node_id !== nodeIdOf(payload.owner_key, payload.guardian_key)) {
      return reject('node.id_mismatch', 'node_id does not follow from the keys');
    }
    if (payload.origin !== originOf(payload.node_id)) {
      return reject('node.origin_mismatch', 'origin does not follow from node_id');
    }
    return ok([{ type: 'genesis.created', genesis: payload }]);
  },
};

export const registerContract: BoundaryOperation<RegisterContract> = {
  authors: ['channel'],
  accepts: isRegisterContract,
  reads: () => [keys.node],
  needs: () => [],
  decide: ({ contract }, { view }) => {
    if (!view.get(keys.node)) return reject('node.no_genesis', 'the log has no genesis');
    const primitive = onlyPrimitives(contract.primitive_capabilities);
    if (!primitive.ok) return primitive;
    const hash = digestOf(contract);
    if (!hash.ok) return reject('canon.refused', hash.error.message);
    return ok([{ type: 'contract.registered', contract_hash: hash.value, contract }]);
  },
};

export const refuseCall: BoundaryOperation<RefuseCall> = {
  authors: ['channel'],
  accepts: isRefuseCall,
  reads: () => [keys.node, keys.policy, keys.lastReceipt],
  needs: () => [],
  decide: (payload, { view, at }) => {
    if (!view.get(keys.node)) return reject('node.no_genesis', 'the log has no genesis');
    const active = view.get<PolicyHead>(keys.policy);
    const receipt = chainReceipt(
      {
        type: 'policy',
        actorId: payload.agent_id,
        tier: payload.isolation_tier,
        body: {
          raw_hash: payload.raw_hash,
          ...(active ? { policy_hash: active.policy_hash } : {}),
          verdict: { kind: 'Block' },
          code: payload.code,
        },
      },
      view,
      at,
    );
    return ok([{ type: 'receipt.emitted', receipt }]);
  },
};

const DENIED: Record<DenyAction['reason'], VerdictCode> = {
  denied: 'approval.denied',
  expired: 'approval.expired',
  cancelled: 'approval.cancelled',
};

export const denyAction: BoundaryOperation<DenyAction> = {
  authors: ['channel'],
  accepts: isDenyAction,
  reads: (payload) => [keys.node, keys.lastReceipt, keys.action(payload.request_hash)],
  needs: () => [],
  decide: (payload, { view, at }) => {
    const action = view.get<ActionHead>(keys.action(payload.request_hash));
    if (action?.state !== 'pending') {
      return reject('action.not_pending', 'only a pending request can be denied');
    }
    if (payload.reason === 'expired' && BigInt(action.expires ?? '0') > at.chainTime) {
      return reject('action.not_expired', `it waits until ${action.expires}`);
    }
    const receipt = chainReceipt(
      {
        type: 'policy',
        actorId: action.agent_id,
        tier: action.isolation_tier,
        body: {
          request_hash: payload.request_hash,
          ...(action.policy_hash === undefined ? {} : { policy_hash: action.policy_hash }),
          verdict: { kind: 'Block' },
          code: DENIED[payload.reason],
          deciding_field: payload.reason,
        },
      },
      view,
      at,
    );
    const { contract_hash, attempt, facts_hash, session_id, authority_request_id } = action;
    const ofGraph = session_id === undefined ? {} : { session_id };
    const ended = { receipt, contract_hash, attempt, facts_hash, ...ofGraph };
    const events: BoundaryEvent[] = [{ type: 'receipt.emitted', ...ended }];
    if (authority_request_id === undefined) return ok(events);
    const status = payload.reason === 'expired' ? 'expired' : 'denied';
    return ok([...events, { type: 'authority.closed', authority_request_id, status }]);
  },
};

export const resyncClock: BoundaryOperation<ResyncClock> = {
  authors: ['guardian'],
  accepts: isResyncClock,
  reads: () => [keys.node],
  needs: () => [],
  decide: ({ from, to }, { view, at }) => {
    if (!view.get(keys.node)) return reject('node.no_genesis', 'the log has no genesis');
    if (BigInt(to) !== at.chainTime || BigInt(from) > BigInt(to)) {
      return reject('clock.backwards', 'Chain Time moves forward, to the stamp of this entry');
    }
    return ok([{ type: 'clock.resynced', from, to }]);
  },
};
