import { assert, err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { DecideAction, HeadKey, Rejection, Stamp, View } from '@ioi/protocol';
import type { LayeredDecision } from '../policy/index.ts';
import type { EventOf } from './events.ts';
import { type ActionHead, keys } from './heads.ts';
import { chainReceipt, receiptHash } from './receipts.ts';

/**
 * Whether this request may stand in place of the one it says it edits: that one still waits, and
 * is of the same agent, tool and attempt. Undefined where nothing is edited.
 */
export function editedAction(
  payload: DecideAction,
  previous: ActionHead | undefined,
  { view, at }: { readonly view: View; readonly at: Stamp },
): Result<ActionHead | undefined, Rejection> {
  if (payload.edits === undefined) return ok(undefined);
  const old = view.get<ActionHead>(keys.action(payload.edits));
  if (old?.state !== 'pending') return refuse('edit.not_pending', 'what it edits does not wait');
  if (BigInt(old.expires ?? '0') <= at.chainTime) {
    return refuse('edit.not_pending', `what it edits waited until ${old.expires}`);
  }
  if (old.authority_request_id !== undefined) {
    return refuse('edit.not_pending', 'what it edits waits for scopes, which are for exactly it');
  }
  if (previous !== undefined || payload.token !== undefined) {
    return refuse('edit.invalid', 'an edit is a request of its own that nobody approved yet');
  }
  const isSame =
    old.agent_id === payload.request.context.agent_id &&
    old.contract_hash === payload.contract_hash &&
    old.attempt === payload.attempt &&
    old.isolation_tier === payload.isolation_tier;
  return isSame ? ok(old) : refuse('edit.invalid', 'agent, tool or attempt is not the one edited');
}

export function editedKeys({ edits }: DecideAction): HeadKey[] {
  return edits === undefined ? [] : [keys.action(edits)];
}

type Ending = {
  readonly requestHash: string;
  readonly old: ActionHead;
  /** The decision that stands in its place; this receipt follows that one in the chain. */
  readonly instead: EventOf<'receipt.emitted'>;
  readonly replacedBy: Digest;
};

/** The end of a request that a person edited: its receipt names the one in its place. */
export function endEdited(
  { requestHash, old, instead, replacedBy }: Ending,
  view: View,
  at: Stamp,
): EventOf<'receipt.emitted'> {
  const last = receiptHash(instead.receipt.body);
  const after: View = {
    get: <T>(key: HeadKey) =>
      key.headClass === keys.lastReceipt.headClass && key.id === keys.lastReceipt.id
        ? ({ hash: last } as T)
        : view.get<T>(key),
  };
  const receipt = chainReceipt(
    {
      type: 'policy',
      actorId: old.agent_id,
      tier: old.isolation_tier,
      body: {
        request_hash: requestHash,
        ...(old.policy_hash === undefined ? {} : { policy_hash: old.policy_hash }),
        verdict: { kind: 'Block' },
        code: 'approval.edited',
        deciding_field: 'edited',
        replaced_by: replacedBy,
      },
    },
    after,
    at,
  );
  assert(receipt.body.request_hash === requestHash, 'it ends the request that was edited');
  const { contract_hash, attempt, facts_hash, session_id } = old;
  const ofGraph = session_id === undefined ? {} : { session_id };
  return { type: 'receipt.emitted', receipt, contract_hash, attempt, facts_hash, ...ofGraph };
}

/** What was edited waits on as it was: nothing of an edit that is blocked is logged. */
export function blockedEdit({ code, ruleId, field }: LayeredDecision): Result<never, Rejection> {
  const by = ruleId === undefined ? '' : ` by rule ${ruleId}`;
  const because = field === undefined ? '' : `, because of ${field}`;
  return err({
    code: 'edit.blocked',
    message: `the edited act is blocked${by}: ${code}${because}`,
  });
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
