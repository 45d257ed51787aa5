import { err, type Result } from '@ioi/basis';
import type { DecideAction, Rejection, Stamp } from '@ioi/protocol';
import type { Layers } from '../policy/index.ts';
import type { ActionHead } from './heads.ts';

/** Why a request that was decided before is not decided again; undefined where it may be. */
export function notAnswered(
  previous: ActionHead,
  payload: DecideAction,
  { at, layers }: { readonly at: Stamp; readonly layers: Layers },
): Result<never, Rejection> | undefined {
  const isPending = previous.state === 'pending';
  const isGranted = previous.authority_request_id !== undefined && payload.authority_grant_id;
  const hasAnswer = payload.token !== undefined || Boolean(isGranted);
  const overtaken = isPending && previous.policy_hash !== layers.local?.policyHash;
  if (!(isPending && hasAnswer) && !overtaken) {
    const message = `this request is already ${previous.state}`;
    return err({ code: 'request.replayed', message });
  }
  if (hasAnswer && BigInt(previous.expires ?? '0') <= at.chainTime) {
    return err({ code: 'approval.expired', message: `it waited until ${previous.expires}` });
  }
  if (sameProposal(previous, payload)) return undefined;
  const message = 'contract, attempt or tier is not the one that waits';
  return err({ code: 'request.replayed', message });
}

function sameProposal(waiting: ActionHead, payload: DecideAction): boolean {
  return (
    waiting.contract_hash === payload.contract_hash &&
    waiting.attempt === payload.attempt &&
    waiting.isolation_tier === payload.isolation_tier
  );
}
