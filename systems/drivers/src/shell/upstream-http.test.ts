import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { textOf, toolCall } from '../testing/upstream-suite.ts';
import type { Upstream } from './upstream.ts';
import { httpUpstream } from './upstream-http.ts';

type Seen = { method: string; headers: IncomingMessage['headers']; body: string };
type Trick = (response: ServerResponse, id: number) => void;

const fine = { content: [{ type: 'text', text: 'fine' }] };
const rpc = (message: object): string => JSON.stringify({ jsonrpc: '2.0', ...message });
const json = { 'content-type': 'application/json; charset=utf-8' };
const stream = { 'content-type': 'text/event-stream' };

/** A small MCP server over HTTP whose one tool plays the trick. */
async function withServer(
  trick: Trick,
  run: (upstream: Upstream, seen: Seen[]) => Promise<void>,
): Promise<void> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push({ method: request.method ?? '', headers: request.headers, body });
    const message = (body === '' ? {} : JSON.parse(body)) as { id?: number; method?: string };
    if (message.method === undefined || message.id === undefined) response.writeHead(202).end();
    else if (message.method === 'tools/call') trick(response, message.id);
    else if (message.method === 'tools/list') {
      const tools = [{ name: 'trick', inputSchema: { type: 'object' } }];
      response.writeHead(200, json).end(rpc({ id: message.id, result: { tools } }));
    } else {
      const result = { protocolVersion: '2025-06-18', capabilities: { tools: {} } };
      const headers = { ...json, 'mcp-session-id': 'session-1' };
      response.writeHead(200, headers).end(rpc({ id: message.id, result }));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const headers = { 'x-configured': 'yes' };
  const upstream = httpUpstream({ name: 'tricky', url: `http://127.0.0.1:${port}/mcp`, headers });
  try {
    await run(upstream, seen);
  } finally {
    await upstream.close();
    server.closeAllConnections();
    server.close();
  }
}

const call = (upstream: Upstream, changes = {}) =>
  toolCall(upstream, { tool: 'trick', arguments: {} }, { timeoutMs: 30_000, ...changes });

test('session and version go with every request, and the session is ended', async () => {
  const trick: Trick = (response, id) =>
    response.writeHead(200, json).end(rpc({ id, result: fine }));
  await withServer(trick, async (upstream, seen) => {
    assert.equal(textOf(await call(upstream)), 'fine');
    await upstream.close();
    const [probe, hello, ...later] = seen;
    assert.equal(probe?.headers['mcp-protocol-version'], '2026-07-28');
    assert.equal(hello?.headers['mcp-session-id'], undefined);
    assert.equal(hello?.headers['mcp-protocol-version'], undefined);
    for (const { headers } of later) {
      assert.equal(headers['mcp-session-id'], 'session-1');
      assert.equal(headers['mcp-protocol-version'], '2025-06-18');
    }
    for (const { headers } of seen) assert.equal(headers['x-configured'], 'yes');
    assert.equal(seen.at(-1)?.method, 'DELETE');
    assert.equal(seen.filter(({ body }) => body.includes('tools/call')).length, 1);
  });
});

test('an answer in a stream may follow a question of the server', async () => {
  const trick: Trick = (response, id) => {
    response.writeHead(200, stream);
    response.write(`id: 0\ndata:\n\n`);
    response.write(`data: ${rpc({ id: 7, method: 'sampling/createMessage' })}\n\n`);
    setTimeout(() => response.write(`data: ${rpc({ id, result: fine })}\n\n`), 30);
  };
  await withServer(trick, async (upstream, seen) => {
    assert.equal(textOf(await call(upstream)), 'fine');
    const answered = seen.find(({ body }) => body.includes('"id":7'));
    assert.match(answered?.body ?? '', /-32601/);
  });
});

test('a stream or a body that ends without the answer leaves the call in doubt', async () => {
  const tricks: Trick[] = [
    (response) => response.writeHead(200, stream).end('data: {}\n\n'),
    (response, id) => response.writeHead(200, stream).end(`data: ${rpc({ id, result: fine })}`),
    (response) => response.writeHead(200, json).end(rpc({ id: 999, result: fine })),
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    (response) => response.writeHead(202).end(),
    (response) => response.destroy(),
  ];
  for (const [at, trick] of tricks.entries()) {
    await withServer(trick, async (upstream) => {
      const answer = await call(upstream);
      assert.equal(answer.kind === 'silent' && answer.silence, 'died', `trick ${at}`);
    });
  }
});

test('refusals over HTTP are errors the tool reported, redirects are not followed', async () => {
  const cases: [Trick, object][] = [
    [(response) => response.writeHead(503).end('busy'), { code: -32000, message: 'HTTP 503' }],
    [
      (response) => response.writeHead(307, { location: 'http://example.com/' }).end(),
      { code: -32000, message: 'HTTP 307' },
    ],
    [
      (response, id) =>
        response.writeHead(400, json).end(rpc({ id, error: { code: -1, message: 'no' } })),
      { code: -1, message: 'no' },
    ],
  ];
  for (const [trick, error] of cases) {
    await withServer(trick, async (upstream) => {
      assert.deepEqual(await call(upstream), { kind: 'error', error });
    });
  }
});

test('a session the server says it has ended leaves the call in doubt', async () => {
  let calls = 0;
  const trick: Trick = (response, id) => {
    calls += 1;
    if (calls === 1) response.writeHead(404).end();
    else response.writeHead(200, json).end(rpc({ id, result: fine }));
  };
  await withServer(trick, async (upstream, seen) => {
    const answer = await call(upstream);
    assert.equal(answer.kind === 'silent' && answer.silence, 'died');
    assert.equal(textOf(await call(upstream)), 'fine');
    assert.equal(seen.filter(({ body }) => body.includes('"initialize"')).length, 2);
  });
});

test('answers over the limit are cut off in every form', async () => {
  const long = { content: [{ type: 'text', text: 'x'.repeat(100_000) }] };
  const tricks: Trick[] = [
    (response, id) => response.writeHead(200, json).end(rpc({ id, result: long })),
    (response, id) =>
      response.writeHead(200, stream).write(`data: ${rpc({ id, result: long })}\n\n`),
    (response) => response.writeHead(200, stream).write(`data: ${'x'.repeat(1_000_000)}\n\n`),
  ];
  for (const trick of tricks) {
    await withServer(trick, async (upstream) => {
      const answer = await call(upstream, { outputBytes: 10_000 });
      assert.equal(answer.kind === 'silent' && answer.silence, 'output_too_large');
    });
  }
});

test('a server nobody can reach is a fault, and a call to it was not sent', async () => {
  const trick: Trick = (response) => response.end();
  await withServer(trick, async (upstream) => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    const absent = httpUpstream({ name: 'absent', url: `http://127.0.0.1:${port}/mcp` });
    await assert.rejects(absent.tools(), { code: 'upstream.unreachable' });
    assert.equal(await upstream.quiet(), false, 'what runs elsewhere may still run');
  });
});
