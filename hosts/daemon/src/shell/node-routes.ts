import type { AgentsPage, IsolationTier, MetricsPage, Upkeep } from '@ioi/protocol';
import type { Hono } from 'hono';
import { tierOfAgent } from '../core/index.ts';
import type { Backups } from './backups.ts';
import type { Metrics } from './metrics/metrics.ts';
import { type Doors, presentAt } from './present.ts';
import { problem } from './problem.ts';
import { upkeepIn } from './upkeep.ts';

export type NodeRoutes = Doors & {
  readonly about: { readonly tier: IsolationTier };
  readonly metrics: Metrics;
  /** Where commands note what they did for the node. */
  readonly upkeep: string;
  readonly backups: Backups;
};

/** Who is connected, and how the node does: for the person who looks after it. */
export function addNodeRoutes(app: Hono, options: NodeRoutes): void {
  app.get('/v1/agents', (context) => context.json(agentsOf(options)));
  app.get('/v1/metrics', (context) => {
    return context.json({ families: options.metrics.families() } satisfies MetricsPage);
  });
  app.get('/v1/upkeep', (context) => context.json(upkeepIn(options.upkeep) satisfies Upkeep));
  app.post('/v1/backup', async (context) => {
    const made = await options.backups.make();
    if (made.ok) return context.json(made.value, 201);
    return problem(made.error.code, made.error.message, 409);
  });
}

function agentsOf({ about, ...doors }: NodeRoutes): AgentsPage {
  const agents = presentAt(doors).map(({ session: { origin, since }, way, sandbox }) => {
    const { agent_id, session_id = '' } = origin;
    const { coverage, hosts } = sandbox ?? {};
    const bounded = coverage && hosts ? { coverage, hosts } : {};
    const tier = tierOfAgent(agent_id, about.tier);
    return { agent_id, session_id, since, tier, way, ...bounded };
  });
  return { agents };
}
