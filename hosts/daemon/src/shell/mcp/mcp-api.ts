import type { Hono } from 'hono';
import { ConfigFault, type NodeConfig } from '../config.ts';
import { problem } from '../problem.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { Servers } from './servers.ts';

export type McpRoutes = {
  readonly servers: Servers;
  readonly tokens: AccessTokens;
  /** Of the endpoint for clients; undefined where it is not opened. */
  readonly url: string | undefined;
  readonly readConfig: () => NodeConfig;
};

/** MCP servers and clients, for the person at this account: it mounts, and grants nothing. */
export function addMcpRoutes(app: Hono, { servers, tokens, url, readConfig }: McpRoutes): void {
  app.get('/v1/mcp', (context) => context.json({ url, servers: servers.status() }));
  app.post('/v1/mcp/reload', async (context) => {
    try {
      await servers.reload(readConfig().servers);
    } catch (fault) {
      if (fault instanceof ConfigFault) return problem(fault.code, fault.message, 400);
      throw fault;
    }
    return context.json({ url, servers: servers.status() });
  });
  app.post('/v1/mcp/servers/:name/test', async (context) => {
    const name = context.req.param('name');
    const status = await servers.test(name);
    return status ? context.json(status) : unknownServer(name);
  });
  app.post('/v1/mcp/servers/:name/accept', (context) => {
    const name = context.req.param('name');
    const status = servers.accept(name);
    return status ? context.json(status) : unknownServer(name);
  });
  app.get('/v1/mcp/tokens', (context) => {
    const shown = tokens.list().map(({ name, created }) => ({ name, created }));
    return context.json({ tokens: shown });
  });
  app.post('/v1/mcp/tokens/:name', (context) => {
    const name = context.req.param('name');
    const token = tokens.issue(name);
    if (token !== undefined) return context.json({ name, token, url }, 201);
    const message = 'a name is lower case letters, digits and -, and there are at most 1024';
    return problem('request.invalid', message, 400);
  });
  app.delete('/v1/mcp/tokens/:name', (context) => {
    const name = context.req.param('name');
    if (tokens.revoke(name)) return context.json({ name });
    return problem('id.unknown', `no token is named ${name}`, 404);
  });
}

function unknownServer(name: string): Response {
  return problem('server.unknown', `no server is named ${name}`, 404);
}
