import { once } from 'node:events';
import { createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { JsonObject } from '@ioi/jsonrpc';
import { type McpEndpoint, type McpEndpointOptions, mcpEndpoint } from '../shell/index.ts';
import { fixtureBackend } from './fixture-backend.ts';
import { initialize, type Line } from './play.ts';

export type Served = { readonly endpoint: McpEndpoint; readonly url: URL };
export type Got = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** Messages, of a JSON answer or of all events. */
  readonly lines: readonly Line[];
};

/** An endpoint on a port of its own, with the fixture behind it. */
export async function serve(
  test: TestContext,
  options: Partial<McpEndpointOptions> = {},
): Promise<Served> {
  const endpoint: McpEndpoint = mcpEndpoint({
    backendFor: () => fixtureBackend((notice) => endpoint.notify(notice)),
    ...options,
  });
  const server = createServer(endpoint.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    endpoint.close();
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint, url: new URL(`http://127.0.0.1:${port}/mcp`) };
}

export type Asked = {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
};

const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** The response as it begins, for what does not end by itself. */
export async function open(url: URL, { method = 'POST', body, headers = {} }: Asked) {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  const length = { 'content-length': String(Buffer.byteLength(text)) };
  const given = Object.entries({ ...HEADERS, ...length, ...headers });
  const kept = given.filter((each): each is [string, string] => each[1] !== undefined);
  const request = send(url, { method, headers: Object.fromEntries(kept) });
  request.end(text);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

export async function ask(url: URL, asked: Asked): Promise<Got> {
  const response = await open(url, asked);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  const { statusCode: status = 0, headers } = response;
  return { status, headers, text, lines: linesIn(text) };
}

/** Messages of a stream as they come. */
export async function* events(
  response: IncomingMessage,
): AsyncGenerator<Line & { eventId: string }> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk as string;
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const data = /^data: (.+)$/m.exec(part)?.[1];
      const eventId = /^id: (.+)$/m.exec(part)?.[1] ?? '';
      if (data !== undefined) yield { ...(JSON.parse(data) as Line), eventId };
    }
  }
}

export async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

function linesIn(text: string): Line[] {
  if (text.startsWith('{')) return [JSON.parse(text) as Line];
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? '') as Line);
}

/** Opens a session and says that it is initialized. */
export async function session(
  url: URL,
  capabilities: object = {},
  headers: Asked['headers'] = {},
): Promise<Readonly<Record<string, string | undefined>>> {
  const opened = await ask(url, { body: initialize(capabilities), headers });
  const own = {
    ...headers,
    'mcp-session-id': String(opened.headers['mcp-session-id']),
    'mcp-protocol-version': '2025-11-25',
  };
  const ready = { jsonrpc: '2.0', method: 'notifications/initialized' };
  await ask(url, { body: ready, headers: own });
  return own;
}

export function call(id: unknown, name: string, extra: object = {}): JsonObject {
  const params = { name, arguments: {}, ...extra };
  return { jsonrpc: '2.0', id, method: 'tools/call', params } as JsonObject;
}
