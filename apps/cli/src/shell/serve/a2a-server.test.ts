import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ok } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import type { JsonObject } from '@ioi/jsonrpc';
import type { A2aAgent } from './a2a-agent.ts';
import { A2aServer, type A2aServerOptions } from './a2a-server.ts';

const CALLS = 64;

test('who goes away while they are told something leaves their place to others', async (t) => {
  const gone = Promise.withResolvers<void>();
  let cut = 0;
  async function* events(): AsyncGenerator<JsonObject> {
    yield { task: { status: {} } };
    await gone.promise;
    yield { statusUpdate: { status: {} } };
  }
  const agent = {
    answer: async ({ kind }: { readonly kind: string }, signal: AbortSignal) => {
      signal.addEventListener('abort', () => {
        cut += 1;
      });
      return ok(kind === 'stream' ? { kind, events: events() } : { kind: 'page', page: {} });
    },
  };
  const server = new A2aServer({
    ...{ agent: agent as unknown as A2aAgent, name: 'one', token: 'token' },
    ...({} as Pick<A2aServerOptions, 'served' | 'key'>),
  });
  await server.listen(0);
  t.after(() => server.close());
  const headers = { authorization: 'Bearer token', 'content-type': 'application/json' };
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }] };
  const bodyOf = (method: string, params: object): string =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const body = bodyOf('SendStreamingMessage', { message });
  for (let each = 0; each < CALLS; each += 1) {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const own = `Authorization: Bearer token\r\nContent-Length: ${body.length}`;
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${own}\r\n\r\n${body}`);
    await once(socket, 'data');
    socket.destroy();
  }
  await until('all are known to be gone', async () => cut === CALLS);
  gone.resolve();
  const list = { method: 'POST', headers, body: bodyOf('ListTasks', {}) };
  await until('there is a place', async () => {
    return !(await (await fetch(server.url, list)).text()).includes('too many');
  });
});

test('a body that is said to be no JSON is not looked at', async (t) => {
  const agent = { answer: async () => ok({ kind: 'page', page: {} }) } as unknown as A2aAgent;
  const server = new A2aServer({
    ...{ agent, name: 'one', token: 'token' },
    ...({} as Pick<A2aServerOptions, 'served' | 'key'>),
  });
  await server.listen(0);
  t.after(() => server.close());
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ListTasks', params: {} });
  const answerTo = async (type: string) => {
    const headers = { authorization: 'Bearer token', 'content-type': type };
    const answer = await fetch(server.url, { method: 'POST', headers, body });
    return ((await answer.json()) as { error?: { code: number } }).error?.code;
  };
  assert.equal(await answerTo('text/plain'), -32005);
  assert.equal(await answerTo('application/jsonx'), -32005);
  assert.equal(await answerTo('application/json; charset=utf-8'), undefined);
  assert.equal(await answerTo('application/a2a+json'), undefined);
});
