import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hono } from 'hono';
import { Session } from './mcp/session.ts';
import { addNodeRoutes, type NodeRoutes } from './node-routes.ts';

const COVERAGE = { mcp: 'mediated', http: 'closed', files: 'bounded', processes: 'bounded' };

test('a sandbox is told once, with how it is covered; who asks by hooks is advisory', async () => {
  const inside = new Session('agent://local/run/codex', undefined);
  const outside = new Session('agent://local/mcp', undefined);
  const asking = new Session('agent://local/a5/hook/codex', undefined);
  const hosts: readonly string[] = [];
  const options: unknown = {
    about: { tier: 'mediated' },
    door: {
      connected: () => [inside, outside].map((session) => ({ way: 'socket', session })),
    },
    runs: { connected: () => [{ session: inside, hosts, coverage: COVERAGE }] },
    hooks: { connected: () => [asking] },
  };
  const app = new Hono();
  addNodeRoutes(app, options as NodeRoutes);
  const answer = await app.request('/v1/agents');
  const told = ({ origin, since }: Session) => ({ ...origin, since, tier: 'mediated' });
  assert.deepEqual(await answer.json(), {
    agents: [
      { ...told(inside), way: 'sandbox', coverage: COVERAGE, hosts },
      { ...told(outside), way: 'socket' },
      { ...told(asking), tier: 'advisory', way: 'hook' },
    ],
  });
});
