import { err, ok, type Result } from '@ioi/basis';
import { type ExtendAction, isExtendAction, type Operation, type Rejection } from '@ioi/protocol';
import type { BoundaryEvent } from './events.ts';
import { type ActionHead, keys } from './heads.ts';

/** How much longer a request may wait, in all, than it did when it was asked: Chain Time ms. */
export const MOST_EXTENSION_MS = 6n * 24n * 3_600_000n;

/**
 * A request that waits for a person is given more time (whitepaper 2.6.7). That a person said so
 * is the guardian's to know; here it only moves forward, so far, and before it is over.
 */
export const extendAction: Operation<ExtendAction, BoundaryEvent> = {
  authors: ['channel'],
  accepts: isExtendAction,
  reads: ({ request_hash }) => [keys.node, keys.action(request_hash)],
  needs: () => [],
  decide: (payload, { view, at }) => {
    const action = view.get<ActionHead>(keys.action(payload.request_hash));
    const extended = extendedTime(action, BigInt(payload.expires), at.chainTime);
    return extended.ok
      ? ok([{ type: 'action.extended', ...payload, ...extended.value }])
      : extended;
  },
};

/** What it waited until at first, where it may wait until `expires` from now on. */
export function extendedTime(
  action: ActionHead | undefined,
  expires: bigint,
  chainTime: bigint,
): Result<{ readonly expired_first: string }, Rejection> {
  if (action?.state !== 'pending' || action.expires === undefined) {
    return refuse('action.not_pending', 'only what waits can be given more time');
  }
  const until = BigInt(action.expires);
  if (until <= chainTime) {
    return refuse('approval.expired', 'it waited too long; the agent must ask again');
  }
  if (action.authority_request_id !== undefined) {
    const message = `it waits for scopes: ioi wallet grant ${action.authority_request_id}`;
    return refuse('authority.required', message);
  }
  if (expires <= until) return refuse('extension.not_longer', `it waits until ${until} already`);
  const expired_first = action.expired_first ?? action.expires;
  const most = BigInt(expired_first) + MOST_EXTENSION_MS;
  if (expires <= most) return ok({ expired_first });
  const hours = (most - until) / 3_600_000n;
  const more = hours === 0n ? 'not one hour more' : `${hours} hours more at most`;
  return refuse('extension.too_long', `a request waits for a week in all: ${more}`);
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
