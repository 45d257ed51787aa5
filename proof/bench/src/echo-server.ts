import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * The least an MCP server can be, so that what is measured is everything else: over standard input
 * and output, or with `--http` on a free port, which it says in one line.
 */
const tool = {
  name: 'echo',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
};

type Asked = { readonly id?: number; readonly method: string; readonly params: Params };
type Params = { readonly arguments?: { readonly text?: string } };

function answer(method: string, params: Params): object | undefined {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'echo', version: '1' },
      };
    case 'ping':
      return {};
    case 'tools/list':
      return { tools: [tool] };
    case 'tools/call':
      return { content: [{ type: 'text', text: params.arguments?.text ?? '' }] };
    default:
      return undefined;
  }
}

/** Undefined where nothing is to be said. */
function reply(text: string): string | undefined {
  const { id, method, params } = JSON.parse(text) as Asked;
  if (id === undefined) return undefined;
  const result = answer(method, params);
  const outcome = result ? { result } : { error: { code: -32601, message: 'unknown method' } };
  return JSON.stringify({ jsonrpc: '2.0', id, ...outcome });
}

function overStdio(): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const said = reply(line);
    if (said !== undefined) process.stdout.write(`${said}\n`);
  });
}

function overHttp(): void {
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const said = reply(await bodyOf(request));
    if (said === undefined) return void response.writeHead(202).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(said);
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}/mcp` })}\n`);
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

if (process.argv.includes('--http')) overHttp();
else overStdio();
