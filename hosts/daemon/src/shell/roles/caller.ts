import { digestBytes } from '@ioi/canon';
import {
  isAgentOf,
  mayAs,
  principalOf,
  type RoleSessionHead,
  roleKeys,
  rolesInForce,
  rolesIn as rolesNow,
} from '@ioi/law';
import type { Role, RoleSessionView, View } from '@ioi/protocol';
import type { Context } from 'hono';

/** Names no cookie, and nothing that a browser sends by itself. */
export const ROLE_HEADER = 'x-ioi-role-session';

/** Somebody who signed in. Whoever opens the socket without saying who is the owner. */
export type Caller = {
  readonly tokenHash: string;
  readonly session: RoleSessionHead;
  readonly roles: readonly Role[];
};

declare module 'hono' {
  interface ContextVariableMap {
    readonly caller: Caller | undefined;
  }
}

export type Looking = View & { chainTime(): number };

/** Who shows this token, as the log and the newest bundle have it; undefined for nobody. */
export function callerBy(token: string, view: Looking): Caller | undefined {
  const tokenHash = digestBytes(token);
  const session = view.get<RoleSessionHead>(roleKeys.session(tokenHash));
  const roles = rolesNow(session, rolesInForce(view), timeOf(view));
  if (session === undefined || roles.length === 0) return undefined;
  return { tokenHash, session, roles };
}

/** As far as is known here; never behind the clock, so a clock can end a session early only. */
export function timeOf(view: Looking): bigint {
  const [sealed, clock] = [BigInt(view.chainTime()), BigInt(Date.now())];
  return sealed > clock ? sealed : clock;
}

/** Whether this agent is one that whoever asks may hear of. */
export function maySee({ var: { caller } }: Context, agentId: string): boolean {
  if (caller === undefined || mayAs(caller.roles, 'auditor')) return true;
  return isAgentOf(caller.session, agentId);
}

/**
 * Part of the id of each agent that whoever asks lets in: what it asks for then, they asked for.
 * Undefined for the owner of the node.
 */
export function principalAt({ var: { caller } }: Context): string | undefined {
  return caller === undefined ? undefined : principalOf(caller.session);
}

export function viewOf(tokenHash: string, session: RoleSessionHead, roles: readonly Role[]) {
  const { subject, expires, break_glass } = session;
  const { reason } = break_glass ?? {};
  return {
    id: tokenHash,
    subject,
    roles,
    expires,
    ...(reason === undefined ? {} : { break_glass: { reason } }),
  } satisfies RoleSessionView;
}
