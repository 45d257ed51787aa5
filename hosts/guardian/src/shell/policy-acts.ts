import type { DraftDesk, PageDesk, StepUpDesk, WishDesk } from '@ioi/guardian/shell';
import { good, refused } from './answers.ts';
import { act, assertionIn, type PageAct } from './page-acts.ts';

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
      if (!activated.ok) return refused(activated.error);
      const { confirm } = activated.value;
      return good(confirm === undefined ? {} : { words: 'signed; a passkey has to confirm it' });
    }),
  };
}

/** What a passkey of this machine confirms beside the owner's key. */
export function stepUpActs(desk: PageDesk, stepUps: StepUpDesk): Record<string, PageAct> {
  return {
    '/api/step-up/challenge': act((session, { request_hash }) => {
      const challenge = desk.confirming(session, String(request_hash));
      return challenge.ok ? good(challenge.value) : refused(challenge.error);
    }),
    '/api/step-up/confirm': act(async (_, { request_hash, assertion }) => {
      const given = assertionIn(Object(assertion));
      const confirmed = await desk.confirm(String(request_hash), given);
      return confirmed.ok ? good({}) : refused(confirmed.error);
    }),
    '/api/step-up/leave': act((_, { request_hash }) => {
      stepUps.leave(String(request_hash));
      return good({});
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
