import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair, PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Json } from '@ioi/canon';
import type { Act, Backend } from '../core/backend.ts';
import { serveSession } from './serve-session.ts';

const OFFER = {
  capabilities: { tools: { listChanged: true }, logging: {} },
  serverInfo: { name: 'ioi', version: '0' },
};
const HELLO = { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: 'x' } };

const listing = (items: Json[]) => ({ items, ttlMs: 0, cacheScope: 'private' }) as const;
const nameOf = ({ params }: Act) => String(params['name']);

function handlers(changes: Partial<Backend> = {}): Backend {
  return {
    offer: async () => OFFER,
    list: async () => listing([]),
    act: async () => ({ kind: 'result', result: {} }),
    drop: async () => {},
    fault: (error) => assert.fail(error as Error),
    ...changes,
  };
}

function connect(given: Backend) {
  const [client, server] = duplexPair();
  const session = serveSession({ input: server, output: server }, given);
  let buffered = '';
  const lines: Json[] = [];
  client.setEncoding('utf8').on('data', (text: string) => {
    buffered += text;
    const parts = buffered.split('\n');
    buffered = parts.pop() ?? '';
    for (const part of parts) lines.push(JSON.parse(part) as Json);
    client.emit('lines');
  });
  const send = (message: unknown) => client.write(`${JSON.stringify(message)}\n`);
  const wait = async (count: number): Promise<Json[]> => {
    while (lines.length < count) await once(client, 'lines');
    return lines;
  };
  return { client, session, send, wait };
}

const call = (id: number, name: string, extra = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, ...extra },
});

test('calls run side by side over one stream, with progress and a changed list', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const given = handlers({
    list: async () => listing([{ name: 'a', extra: true }]),
    act: async (act, { onProgress }) => {
      const name = nameOf(act);
      onProgress({ done: 1, message: 'm' });
      if (name === 'slow') await held;
      return { kind: 'result', result: { name } };
    },
  });
  const { session, send, wait } = connect(given);
  send(HELLO);
  send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  send(call(1, 'slow', { _meta: { progressToken: 't' } }));
  send(call(2, 'fast'));
  send({ jsonrpc: '2.0', id: 3, method: 'tools/list' });
  await wait(4);
  session.notify({ kind: 'list_changed', list: 'tools' });
  await wait(5);
  release();
  const lines = await wait(6);
  const ids = lines.map(
    (line) => (line as { id?: number; method?: string }).id ?? (line as { method: string }).method,
  );
  assert.deepEqual(ids, [0, 'notifications/progress', 2, 3, 'notifications/tools/list_changed', 1]);
  assert.deepEqual(lines[3], {
    jsonrpc: '2.0',
    id: 3,
    result: { tools: [{ name: 'a', extra: true, execution: { taskSupport: 'optional' } }] },
  });
  session.close();
  await session.closed;
});

test('a handler that fails is an internal error, and a fault for the daemon', async () => {
  const faults: unknown[] = [];
  const boom = new Error('disk');
  const given = handlers({
    act: () => Promise.reject(boom),
    fault: (error) => faults.push(error),
  });
  const { send, wait, session } = connect(given);
  send(HELLO);
  send(call(1, 'x'));
  const lines = await wait(2);
  assert.deepEqual((lines[1] as { error: { data: unknown } }).error.data, {
    code: 'gateway.internal',
  });
  assert.deepEqual(faults, [boom]);
  session.close();
});

test('a client that cancels or leaves aborts the call with the cause', async () => {
  const causes: unknown[] = [];
  const given = handlers({
    act: (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          causes.push((signal.reason as { cause: string }).cause);
          resolve({ kind: 'result', result: {} });
        });
      }),
  });
  const { client, send, wait, session } = connect(given);
  send(HELLO);
  send(call(1, 'a'));
  send(call(2, 'b'));
  send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
  send({ jsonrpc: '2.0', id: 3, method: 'ping' });
  await wait(2);
  client.end();
  await session.closed;
  assert.deepEqual(causes, ['client_cancelled', 'client_closed']);
});

test('unreadable input waits for its receipt before anything after it is read', async () => {
  const order: string[] = [];
  const given = handlers({
    drop: async ({ detail }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(detail);
    },
    act: async () => {
      order.push('call');
      return { kind: 'result', result: {} };
    },
  });
  const { client, send, wait, session } = connect(given);
  send(HELLO);
  client.write('{"a":1,"a":2}\n');
  send(call(1, 'x'));
  await wait(3);
  assert.deepEqual(order, ['canon.duplicate_key', 'call']);
  session.close();
  await session.closed;
});

test('a message of 100 MB is refused by name and the next one is served', async () => {
  const dropped: string[] = [];
  const given = handlers({
    drop: async ({ code, byteCount }) => {
      dropped.push(`${code} ${byteCount}`);
    },
  });
  const { client, send, wait, session } = connect(given);
  send(HELLO);
  const head = '{"method":"tools/call","params":{"name":"w","arguments":{"text":"';
  const tail = '"}},"jsonrpc":"2.0","id":7}';
  const megabyte = Buffer.alloc(1024 * 1024, 'x');
  client.write(head);
  for (let count = 0; count < 100; count += 1) {
    if (!client.write(megabyte)) await once(client, 'drain');
  }
  client.write(`${tail}\n`);
  send({ jsonrpc: '2.0', id: 8, method: 'ping' });
  const [, refused, pong] = (await wait(3)) as { id: number; error?: { data: unknown } }[];
  assert.deepEqual([refused?.id, pong?.id], [7, 8]);
  assert.deepEqual(refused?.error?.data, { code: 'request.too_large' });
  assert.deepEqual(dropped, [
    `request.too_large ${head.length + 100 * megabyte.length + tail.length}`,
  ]);
  session.close();
});

test('a client that does not read is not read from', async () => {
  const input = new PassThrough({ highWaterMark: 1024 });
  const output = new PassThrough({ highWaterMark: 1024 });
  const session = serveSession({ input, output }, handlers());
  const ping = `${JSON.stringify({ jsonrpc: '2.0', id: 'p'.repeat(200), method: 'ping' })}\n`;
  let written = 0;
  while (written < 10_000 && input.write(ping)) {
    written += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(written < 100, `${written} frames went in unread`);
  input.end();
  const answers: string[] = [];
  output.setEncoding('utf8').on('data', (text: string) => answers.push(text));
  await session.closed;
  assert.equal(answers.join('').trimEnd().split('\n').length, written + 1);
});

test('a broken stream ends the session without an exception', async () => {
  const faults: unknown[] = [];
  const { client, send, wait, session } = connect(
    handlers({ fault: (error) => faults.push(error) }),
  );
  send(HELLO);
  await wait(1);
  client.on('error', () => {});
  client.destroy(new Error('reset'));
  session.close();
  await session.closed;
  assert.equal(session.state().phase, 'closed');
});
