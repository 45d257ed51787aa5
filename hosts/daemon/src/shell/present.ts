import type { LiveSession } from '@ioi/protocol';
import type { Hooks } from './commands/hooks.ts';
import type { McpDoor } from './mcp/door.ts';
import type { Session } from './mcp/session.ts';
import type { RunConnected, Runs } from './web/runs.ts';

export type Doors = {
  readonly door: McpDoor;
  readonly runs: Runs;
  readonly hooks: Pick<Hooks, 'connected'>;
};

/** A session at a door, and where it is in a sandbox, how that is bounded. */
export type Present = Pick<LiveSession, 'way' | 'client'> & {
  readonly session: Session;
  readonly sandbox?: RunConnected;
};

/** Whoever is here now, each once: a program in a sandbox also comes by MCP. */
export function presentAt({ door, runs, hooks }: Doors): readonly Present[] {
  const byMcp = door.connected();
  const clients = new Map(byMcp.map(({ session, client }) => [session, client]));
  const inside = runs.connected().map((sandbox): Present => {
    const { session } = sandbox;
    const client = clients.get(session);
    return { session, way: 'sandbox', sandbox, ...(client === undefined ? {} : { client }) };
  });
  const bounded = new Set(inside.map(({ session }) => session));
  const byHook = hooks.connected().map((session) => ({ session, way: 'hook' }) as const);
  return [...inside, ...byMcp.filter(({ session }) => !bounded.has(session)), ...byHook];
}
