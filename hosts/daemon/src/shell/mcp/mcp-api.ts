import { isDigest } from '@ioi/canon';
import { mayAs } from '@ioi/law';
import type { Hono } from 'hono';
import { addAddOnRoutes } from '../add-ons/add-on-api.ts';
import type { InstalledAddOns } from '../add-ons/installed-add-ons.ts';
import { ConfigFault, type ServerConfig } from '../config.ts';
import { jsonBody } from '../json-body.ts';
import { problem } from '../problem.ts';
import { maySee, principalAt } from '../roles/caller.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { Servers } from './servers.ts';

export type McpRoutes = {
  readonly servers: Servers;
  readonly tokens: AccessTokens;
  /** Ends what the bearer of a token has open. */
  readonly door: { revoke(name: string): void };
  /** Of the endpoint for clients; undefined where it is not opened. */
  readonly url: string | undefined;
  /** Of node.json, as it is now. */
  readonly configured: () => readonly ServerConfig[];
  readonly addOns: InstalledAddOns;
};

/** MCP servers and clients, for the person at this account: it mounts, and grants nothing. */
export function addMcpRoutes(app: Hono, routes: McpRoutes): void {
  addServerRoutes(app, routes);
  addAddOnRoutes(app, routes);
  addTokenRoutes(app, routes);
}

function addServerRoutes(app: Hono, { servers, url, configured, addOns }: McpRoutes): void {
  app.get('/v1/mcp', (context) => context.json({ url, servers: servers.status() }));
  app.get('/v1/mcp/sandbox', (context) => {
    const probed = servers.sandbox();
    return context.json({ available: probed.ok, ...(probed.ok ? {} : probed.refusal) });
  });
  app.post('/v1/mcp/reload', async (context) => {
    try {
      await servers.reload(addOns.servers(configured()));
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
  app.post('/v1/mcp/servers/:name/accept', async (context) => {
    const name = context.req.param('name');
    const limits = { maxBytes: 1024, code: 'request.invalid' };
    const body = await jsonBody<{ said: unknown }>(context, limits);
    const said = body.ok ? body.value?.said : undefined;
    if (!isDigest(said)) {
      return problem('request.invalid', 'said must be the digest of what is accepted', 400);
    }
    const accepted = servers.accept(name, said);
    if (accepted === undefined) return unknownServer(name);
    if (accepted.ok) return context.json(accepted.value);
    return problem(accepted.error.code, accepted.error.message, 409);
  });
}

function addTokenRoutes(app: Hono, { tokens, url, door }: McpRoutes): void {
  app.get('/v1/mcp/tokens', (context) => {
    const seen = tokens.list().filter(({ name }) => maySee(context, `agent://token/${name}`));
    const shown = seen.map(({ name, created }) => ({ name, created }));
    return context.json({ tokens: shown });
  });
  app.post('/v1/mcp/tokens/:name', (context) => {
    const principal = principalAt(context);
    const given = context.req.param('name');
    // What somebody who signed in lets in is theirs, so that they cannot approve what it asks for.
    const name = principal === undefined ? given : `${principal}-${given}`;
    const token = tokens.issue(name, principal);
    // An earlier one of that name is void.
    door.revoke(name);
    if (token !== undefined) return context.json({ name, token, url }, 201);
    const message =
      'a name is lower case letters, digits and -, not sub-…; there are 1024, and 32 of a person';
    return problem('request.invalid', message, 400);
  });
  app.delete('/v1/mcp/tokens/:name', (context) => {
    const given = context.req.param('name');
    const { caller } = context.var;
    const isAnybodys = caller === undefined || mayAs(caller.roles, 'operator');
    const name = isAnybodys ? given : `${principalAt(context)}-${given}`;
    if (tokens.revoke(name)) {
      door.revoke(name);
      return context.json({ name });
    }
    return problem('id.unknown', `no token is named ${name}`, 404);
  });
}

function unknownServer(name: string): Response {
  return problem('server.unknown', `no server is named ${name}`, 404);
}
