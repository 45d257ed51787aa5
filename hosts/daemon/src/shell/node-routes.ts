import type { AgentsPage, MetricsPage, Upkeep } from '@ioi/protocol';
import type { Hono } from 'hono';
import type { McpDoor } from './mcp/door.ts';
import type { Session } from './mcp/session.ts';
import type { Metrics } from './metrics/metrics.ts';
import { upkeepIn } from './upkeep.ts';
import type { Runs } from './web/runs.ts';

export type NodeRoutes = {
  readonly about: { readonly tier: string };
  readonly door: McpDoor;
  readonly runs: Runs;
  readonly metrics: Metrics;
  /** Where commands note what they did for the node. */
  readonly upkeep: string;
};

/** Who is connected, and how the node does: for the person who looks after it. */
export function addNodeRoutes(app: Hono, options: NodeRoutes): void {
  app.get('/v1/agents', (context) => context.json(agentsOf(options)));
  app.get('/v1/metrics', (context) => {
    return context.json({ families: options.metrics.families() } satisfies MetricsPage);
  });
  app.get('/v1/upkeep', (context) => context.json(upkeepIn(options.upkeep) satisfies Upkeep));
}

/** A sandbox is told once, with how it is covered, and not again for its MCP connection. */
function agentsOf({ about, door, runs }: NodeRoutes): AgentsPage {
  const sandboxes = runs.connected();
  const inside = new Set(sandboxes.map(({ session }) => session));
  const others = door.connected().filter(({ session }) => !inside.has(session));
  const shown = ({ origin, since }: Session) => {
    const { agent_id, session_id = '' } = origin;
    return { agent_id, session_id, since, tier: about.tier };
  };
  return {
    agents: [
      ...sandboxes.map(({ session, hosts, coverage }) => {
        return { ...shown(session), way: 'sandbox' as const, coverage, hosts };
      }),
      ...others.map(({ session, way }) => ({ ...shown(session), way })),
    ],
  };
}
