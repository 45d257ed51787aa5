import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import * as oldHttp from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as OldTransport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Notice } from '../core/backend.ts';
import { fixtureBackend } from '../testing/fixture-backend.ts';
import { serve } from '../testing/http.ts';
import { serveSession } from './serve-session.ts';

type Link = { readonly notify: (notice: Notice) => void; readonly transport: unknown };
type Connect = (t: TestContext, older: boolean) => Promise<Link>;

const PERSON = { action: 'accept' as const, content: { username: 'u', email: 'e', name: 'n' } };

test('the official client of the older revisions uses everything over a stream', (t) =>
  older(t, overStream));
test('the official client of the older revisions uses everything over HTTP', (t) =>
  older(t, overHttp));
test('the official client of 2026-07-28 uses everything over a stream', (t) =>
  newer(t, overStream));
test('the official client of 2026-07-28 uses everything over HTTP', (t) => newer(t, overHttp));
test('the official client that speaks both finds the newer', async (t) => {
  await both(t, overStream);
  await both(t, overHttp);
});

async function older(t: TestContext, connect: Connect): Promise<void> {
  const { transport, notify } = await connect(t, true);
  const client = new OldClient(
    { name: 'old', version: '1' },
    { capabilities: { elicitation: {}, sampling: {} } },
  );
  client.setRequestHandler(ElicitRequestSchema, () => PERSON);
  const logged: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    logged.push(params.data);
  });
  await client.connect(transport as OldTransport);
  t.after(() => client.close());
  assert.equal(client.getServerVersion()?.name, 'fixture');
  await readsEverything(client);
  const progress: number[] = [];
  const slow = { name: 'test_tool_with_progress' };
  await client.callTool(slow, undefined, { onprogress: (each) => progress.push(each.progress) });
  assert.deepEqual(progress, [0, 50, 100]);
  await client.setLoggingLevel('info');
  await client.callTool({ name: 'test_tool_with_logging' });
  assert.equal(logged.length, 3);
  const asked = await client.callTool({ name: 'test_elicitation', arguments: { message: '?' } });
  assert.ok(JSON.stringify(asked).includes('username'));
  const unable = client.callTool({ name: 'test_input_required_result_list_roots' });
  await assert.rejects(unable, /-32601/);

  const updated = Promise.withResolvers<string>();
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    updated.resolve(params.uri);
  });
  await client.subscribeResource({ uri: 'test://watched-resource' });
  // The stream for what concerns no request is opened by the client, in its own time.
  const again = setInterval(() => notify(UPDATED), 20);
  assert.equal(await updated.promise, 'test://watched-resource');
  clearInterval(again);
}

async function newer(t: TestContext, connect: Connect): Promise<void> {
  const { transport, notify } = await connect(t, false);
  const client = new Client(
    { name: 'new', version: '1' },
    {
      capabilities: { elicitation: {}, sampling: {}, roots: {} },
      versionNegotiation: { mode: { pin: '2026-07-28' } },
    },
  );
  client.setRequestHandler('elicitation/create', () => PERSON);
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///here' }] }));
  await client.connect(transport as Parameters<Client['connect']>[0]);
  t.after(() => client.close());
  await readsEverything(client);
  const progress: number[] = [];
  const slow = { name: 'test_tool_with_progress' };
  await client.callTool(slow, { onprogress: (each) => progress.push(each.progress) });
  assert.deepEqual(progress, [0, 50, 100]);
  const asked = await client.callTool({ name: 'test_input_required_result_elicitation' });
  assert.ok(JSON.stringify(asked).includes('accept'));
  const rooted = await client.callTool({ name: 'test_input_required_result_list_roots' });
  assert.ok(JSON.stringify(rooted).includes('file:///here'));
  await client.callTool({ name: 'test_header_mirror', arguments: { region: 'zürich' } });

  const updated = Promise.withResolvers<string>();
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    updated.resolve(params.uri);
  });
  await client.listen({ resourceSubscriptions: ['test://watched-resource'] });
  notify(UPDATED);
  assert.equal(await updated.promise, 'test://watched-resource');
}

async function both(t: TestContext, connect: Connect): Promise<void> {
  const { transport } = await connect(t, false);
  const client = new Client(
    { name: 'both', version: '1' },
    { versionNegotiation: { mode: 'auto' } },
  );
  await client.connect(transport as Parameters<Client['connect']>[0]);
  t.after(() => client.close());
  assert.equal(client.getNegotiatedProtocolVersion(), '2026-07-28');
  await readsEverything(client);
}

const UPDATED: Notice = { kind: 'resource_updated', params: { uri: 'test://watched-resource' } };

async function readsEverything(client: OldClient | Client): Promise<void> {
  const { tools } = await client.listTools();
  assert.ok(tools.some(({ name }) => name === 'test_simple_text'));
  const called = await client.callTool({ name: 'test_simple_text' });
  assert.ok(JSON.stringify(called).includes('simple text response'));
  const { resources } = await client.listResources();
  const { resourceTemplates } = await client.listResourceTemplates();
  const { prompts } = await client.listPrompts();
  assert.deepEqual([resources.length, resourceTemplates.length, prompts.length], [3, 1, 5]);
  const { contents } = await client.readResource({ uri: 'test://static-text' });
  assert.equal(contents.length, 1);
  const given = { name: 'test_prompt_with_arguments', arguments: { arg1: 'a', arg2: 'b' } };
  assert.ok(JSON.stringify(await client.getPrompt(given)).includes("arg2='b'"));
  const ref = { type: 'ref/prompt', name: 'test_prompt_with_arguments' } as const;
  const { completion } = await client.complete({ ref, argument: { name: 'arg1', value: 'p' } });
  assert.deepEqual(completion.values, ['paris', 'park']);
}

async function overHttp(t: TestContext, older: boolean): Promise<Link> {
  const { url, endpoint } = await serve(t);
  const transport = older
    ? new oldHttp.StreamableHTTPClientTransport(url)
    : new StreamableHTTPClientTransport(url);
  return { transport, notify: (notice) => endpoint.notify(notice) };
}

async function overStream(t: TestContext): Promise<Link> {
  const [client, server] = duplexPair();
  const served = serveSession({ input: server, output: server }, fixtureBackend());
  t.after(() => served.close());
  return { transport: new LineTransport(client), notify: (notice) => served.notify(notice) };
}

/** What both generations of the SDK call a transport, over lines. */
class LineTransport {
  onmessage?: (message: unknown) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #stream: Duplex;
  #text = '';

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  async start(): Promise<void> {
    this.#stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#text + text).split('\n');
      this.#text = lines.pop() ?? '';
      for (const line of lines) this.onmessage?.(JSON.parse(line));
    });
    this.#stream.on('close', () => this.onclose?.());
  }

  async send(message: unknown): Promise<void> {
    if (!this.#stream.write(`${JSON.stringify(message)}\n`)) await once(this.#stream, 'drain');
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }
}
