import {
  bundleInForce,
  CLOSE_ROLE_SESSION,
  isOffboarded,
  type Person,
  principalOf,
  type RoleSessionHead,
  roleKeys,
  rolesInForce,
  rolesLeft,
} from '@ioi/law';
import type { NodeStatus } from '@ioi/protocol';
import type { HeadReader } from '../head-reader.ts';
import type { AccessTokens } from '../mcp/access-tokens.ts';
import type { Writer } from '../writer.ts';
import { timeOf } from './caller.ts';

/** Whether whoever comes in under this last part of an agent id is of somebody who left. */
export function hasLeft(reader: HeadReader, principal: string): boolean {
  return isOffboarded(rolesInForce(reader), `agent://mcp/${principal}`);
}

export type Offboarding = {
  readonly reader: HeadReader;
  readonly writer: Writer;
  readonly tokens: AccessTokens;
  /** Ends what the bearer of a token has open. */
  readonly door: { revoke(name: string): void };
  readonly log: (message: string, about: object) => void;
};

type Open = { readonly id: string; readonly head: RoleSessionHead };

const MOST = 1024;
const EVERY_MS = 1_000;
/** What is over by its time lets nobody in already; the log says so soon. */
const EXPIRY_TICKS = 15;

/** Everybody who is signed in, as the log has it. */
export function openSessions(reader: HeadReader): readonly Open[] {
  return reader.headsOf('role_open', '', MOST).flatMap(({ id }) => {
    const head = reader.get<RoleSessionHead>(roleKeys.session(id));
    return head?.state === 'open' ? [{ id, head }] : [];
  });
}

/** Who acts as owner now, and why: told wherever the node says how it is. */
export function glassBroken(reader: HeadReader): Pick<NodeStatus, 'glass_broken'> {
  const now = timeOf(reader);
  const broken = openSessions(reader).flatMap(({ head: { subject, expires, break_glass } }) => {
    const isOver = now >= BigInt(expires);
    return break_glass && !isOver ? [{ subject, reason: break_glass.reason, expires }] : [];
  });
  return broken.length === 0 ? {} : { glass_broken: broken };
}

/**
 * A newer bundle takes roles away from the next seal on, whoever asks. What is done here makes the
 * log say so of each session, and takes back what the people let in.
 */
export function startOffboarding(options: Offboarding): void {
  let ticks = 0;
  let seen: string | undefined;
  let busy = false;
  const tick = async (): Promise<void> => {
    const hash = bundleInForce(options.reader)?.bundle_hash;
    ticks += 1;
    if (busy || (hash === seen && ticks % EXPIRY_TICKS !== 0)) return;
    busy = true;
    await sweep(options).finally(() => {
      busy = false;
    });
    seen = hash;
  };
  setInterval(() => {
    tick().catch((fault: unknown) => options.log('offboarding', { fault: String(fault) }));
  }, EVERY_MS).unref();
}

async function sweep(options: Offboarding): Promise<void> {
  const { reader, writer, log } = options;
  const roles = rolesInForce(reader);
  const open = openSessions(reader);
  const { issuer = '', offboarded = [] } = roles ?? {};
  const gone: Person[] = offboarded.map((subject) => ({ issuer, subject }));
  gone.push(...open.map(({ head }) => head).filter((head) => rolesLeft(head, roles).length === 0));
  // First of all: what is closed is not seen again where this ends in between.
  for (const person of gone) takeBack(principalOf(person), options);
  for (const { id, head } of open) {
    const isLost = rolesLeft(head, roles).length === 0;
    const isOver = timeOf(reader) >= BigInt(head.expires);
    if (!isLost && !isOver) continue;
    const reason = isLost ? 'role_lost' : 'expired';
    const closed = await writer.submit(CLOSE_ROLE_SESSION, { token_hash: id, reason });
    const { subject } = head;
    log('sign-in ended', { subject, reason, ...(closed.ok ? {} : closed.error) });
  }
}

/** Agents of a person come in no more, and those that are in are put out. */
function takeBack(principal: string, { tokens, door, log }: Offboarding): void {
  const names = tokens.list().map(({ name }) => name);
  for (const name of names.filter((each) => each.startsWith(`${principal}-`))) {
    tokens.revoke(name);
    door.revoke(name);
    log('access token revoked', { name });
  }
  // Whoever came by an authorization server has no token here.
  door.revoke(principal);
}
