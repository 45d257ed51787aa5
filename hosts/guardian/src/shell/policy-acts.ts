import type { DraftDesk, WishDesk } from '@ioi/guardian/shell';
import { good, refused } from './answers.ts';
import { act, type PageAct } from './page-acts.ts';

/** A policy on the page, of this machine alone: it takes the owner's passphrase. */
export function policyActs(desk: DraftDesk): Record<string, PageAct> {
  return {
    '/api/policy/propose': act(async (session, { policy, replaces }) => {
      const onto = typeof replaces === 'string' ? replaces : undefined;
      const proposed = await desk.propose(session, String(policy), onto);
      return proposed.ok ? good(proposed.value) : refused(proposed.error);
    }),
    '/api/policy/leave': act((session) => {
      desk.leave(session);
      return good({});
    }),
    '/api/policy/activate': act(async (session, { policy_hash, passphrase }) => {
      const activated = await desk.activate(session, String(policy_hash), String(passphrase));
      return activated.ok ? good({}) : refused(activated.error);
    }),
  };
}

/** What was given, taken back or leased there, of this machine alone for the same reason. */
export function wishActs(desk: WishDesk): Record<string, PageAct> {
  return {
    '/api/wish/propose': act((session, { revoke, lease }) => {
      const proposed = desk.propose(session, { revoke, lease });
      return proposed.ok ? good(proposed.value) : refused(proposed.error);
    }),
    '/api/wish/leave': act((session) => {
      desk.leave(session);
      return good({});
    }),
    '/api/wish/sign': act(async (session, { review_hash, passphrase }) => {
      const signed = await desk.sign(session, String(review_hash), String(passphrase));
      return signed.ok ? good({}) : refused(signed.error);
    }),
  };
}
