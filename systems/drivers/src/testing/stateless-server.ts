import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  acceptedContent,
  createMcpHandler,
  fromJsonSchema,
  inputRequired,
  McpServer,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

/** A server of MCP 2026-07-28 on the official SDK, over standard streams or HTTP. */
const notifier: { toolsChanged: () => void; resourceUpdated: (uri: string) => void } = {
  toolsChanged: () => {},
  resourceUpdated: () => {},
};

const said = (text: string) => ({ content: [{ type: 'text' as const, text }] });
const NOTE = 'note://one';

function makeServer(): McpServer {
  const capabilities = {
    tools: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
    prompts: { listChanged: true },
    logging: {},
  };
  const info = { name: 'stateless', version: '1.0.0' };
  const server = new McpServer(info, { capabilities, instructions: 'Be kind.' });
  addTools(server);
  server.registerTool('ask', {}, async (context) => {
    const content = acceptedContent(context.mcpReq.inputResponses, 'name');
    const state = context.mcpReq.requestState();
    if (content !== undefined) return said(`${content['name']} ${state}`);
    const requestedSchema = {
      type: 'object' as const,
      properties: { name: { type: 'string' as const } },
    };
    const name = inputRequired.elicit({ message: 'Who?', requestedSchema });
    return inputRequired({ inputRequests: { name }, requestState: 'state "1"' });
  });
  const read = async () => ({ contents: [{ uri: NOTE, text: 'one' }] });
  server.registerResource('one', NOTE, {}, read);
  const template = new ResourceTemplate('notes://{name}', { list: undefined });
  server.registerResource('any', template, {}, read);
  server.registerPrompt('greet', {}, async () => ({
    messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }],
  }));
  return server;
}

function addTools(server: McpServer): void {
  const properties = {
    message: { type: 'string' },
    zone: { type: 'string', 'x-mcp-header': 'Zone' },
  };
  const inputSchema = fromJsonSchema<{ message: string }>({
    type: 'object',
    properties,
    required: ['message'],
    additionalProperties: false,
  } as Parameters<typeof fromJsonSchema>[0]);
  server.registerTool('echo', { inputSchema }, async ({ message }, context) => {
    await context.mcpReq.log('info', `echoing ${message}`);
    return said(message);
  });
  server.registerTool('slow', {}, async (context) => {
    const token = context.mcpReq._meta?.progressToken;
    for (let step = 1; step <= 5; step += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (token === undefined) continue;
      const params = { progressToken: token, progress: step, total: 5 };
      await context.mcpReq.notify({ method: 'notifications/progress', params });
    }
    return said('done');
  });
  server.registerTool('change', {}, async () => {
    notifier.toolsChanged();
    notifier.resourceUpdated(NOTE);
    return said('changed');
  });
}

if (process.argv[2] === 'stdio') {
  serveStdio(
    () => {
      const server = makeServer();
      notifier.toolsChanged = () => void server.sendToolListChanged();
      notifier.resourceUpdated = (uri) => void server.server.sendResourceUpdated({ uri });
      return server;
    },
    { legacy: 'reject' },
  );
} else {
  const handler = createMcpHandler(makeServer, { legacy: 'reject' });
  notifier.toolsChanged = () => handler.notify.toolsChanged();
  notifier.resourceUpdated = (uri) => handler.notify.resourceUpdated(uri);
  const serve = toNodeHandler(handler);
  const listener = createServer(
    (request, response) => void serve(request as Parameters<typeof serve>[0], response),
  ).listen(0, '127.0.0.1', () => {
    const { port } = listener.address() as AddressInfo;
    process.stderr.write(`listening on http://127.0.0.1:${port}/mcp\n`);
  });
}
