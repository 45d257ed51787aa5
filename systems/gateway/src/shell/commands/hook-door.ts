import type { Socket } from 'node:net';
import type { Json } from '@ioi/canon';
import { isObject } from '@ioi/jsonrpc';
import { actIn, type CommandAct, type CommandAnswer, type CommandAsking } from './command-door.ts';
import { hearLines, parsed } from './lines.ts';

/** Which act of which agent, in the agent's own names. */
export type HookAsked = {
  readonly agent: string;
  readonly session: string;
  readonly call: string;
};

/** It may do it, and says in another connection what came of it; or why not. */
export type HookAnswer = { readonly kind: 'go' } | Extract<CommandAnswer, { kind: 'refused' }>;

/** What an agent says of an act that it was let do: `{ended}` or `{unknown}`. */
export type HookEnd = { readonly [name: string]: Json };

/** The port to the daemon; it never rejects. */
export type HookBackend = {
  before(
    asked: HookAsked,
    act: CommandAct,
    asking: Pick<CommandAsking, 'signal' | 'onPending'>,
  ): Promise<HookAnswer>;
  /** Whether such an act was under way. */
  after(asked: HookAsked, end: HookEnd): boolean;
  /** What could not be read as either, for a receipt. */
  refuse(raw: string): Promise<HookAnswer>;
};

/** As `ioi connect` names agents. */
const AGENT = /^[a-z][a-z0-9-]{0,31}$/;
const LONGEST_NAME = 256;

/** One connection of a hook: an agent is about to do something, or did. */
export function acceptHook(socket: Socket, backend: HookBackend): void {
  const { line, signal, say } = hearLines(socket);
  const end = (about: Json): void => void socket.end(`${JSON.stringify(about)}\n`);
  void line().then(async (first) => {
    if (first === undefined) return socket.destroy();
    const told = parsed(first);
    const before = askedIn(told, 'before');
    const act = before && actIn(before.rest);
    const onPending = (request_hash: string): void => say({ waits: request_hash });
    if (before && act) return end(await backend.before(before.asked, act, { signal, onPending }));
    const after = askedIn(told, 'after');
    if (after) return end({ kind: backend.after(after.asked, after.rest) ? 'done' : 'unknown' });
    return end(await backend.refuse(first));
  });
}

type Question = { readonly asked: HookAsked; readonly rest: HookEnd };

function askedIn(told: Json | undefined, when: 'before' | 'after'): Question | undefined {
  const about = isObject(told) && Object.keys(told).length === 1 ? told[when] : undefined;
  if (!isObject(about)) return undefined;
  const { agent, session, call, ...rest } = about;
  if (typeof agent !== 'string' || !AGENT.test(agent)) return undefined;
  if (typeof session !== 'string' || session.length > LONGEST_NAME) return undefined;
  if (typeof call !== 'string' || call === '') return undefined;
  return { asked: { agent, session, call }, rest };
}
