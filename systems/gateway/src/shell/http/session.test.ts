import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { fixtureBackend } from '../../testing/fixture-backend.ts';
import { all, ask, call, events, open, type Served, serve, session } from '../../testing/http.ts';
import { initialize } from '../../testing/play.ts';

const PING = { jsonrpc: '2.0', id: 'p', method: 'ping' };

test('a session begins with initialize, and ends with DELETE or unknown', async (t) => {
  const { url, endpoint } = await serve(t);
  const opened = await ask(url, { body: initialize() });
  const id = String(opened.headers['mcp-session-id']);
  assert.match(id, /^[\x21-\x7e]{32}$/);
  assert.equal(opened.lines[0]?.result?.['protocolVersion'], '2025-11-25');
  const own = { 'mcp-session-id': id };
  assert.deepEqual((await ask(url, { body: PING, headers: own })).lines[0]?.result, {});
  const note = { jsonrpc: '2.0', method: 'notifications/initialized' };
  assert.equal((await ask(url, { body: note, headers: own })).status, 202);
  assert.equal((await ask(url, { body: PING })).status, 400);
  assert.equal((await ask(url, { body: PING, headers: { 'mcp-session-id': 'x' } })).status, 404);
  const wrong = { ...own, 'mcp-protocol-version': '2031-01-01' };
  assert.equal((await ask(url, { body: PING, headers: wrong })).status, 400);
  assert.equal(endpoint.sessions, 1);
  assert.equal((await ask(url, { method: 'DELETE', headers: own })).status, 204);
  assert.equal((await ask(url, { body: PING, headers: own })).status, 404);
  const refused = await ask(url, { body: { ...initialize(), params: {} } });
  assert.equal(refused.headers['mcp-session-id'], undefined);
  assert.deepEqual([refused.lines[0]?.error?.code, endpoint.sessions], [-32602, 0]);
});

test('an answer is JSON by itself, and a stream where something precedes it', async (t) => {
  const { url } = await serve(t);
  const headers = await session(url);
  const plain = await ask(url, { body: call(1, 'test_simple_text'), headers });
  assert.equal(plain.headers['content-type'], 'application/json');
  const token = { _meta: { progressToken: 7 } };
  const told = await ask(url, { body: call(2, 'test_tool_with_progress', token), headers });
  assert.equal(told.headers['content-type'], 'text/event-stream');
  assert.equal(told.headers['x-accel-buffering'], 'no');
  assert.match(told.text, /^id: post\d+_\d+\ndata:\n\n/);
  assert.deepEqual(
    told.lines.map((line) => line.params?.['progress'] ?? line.id),
    [0, 50, 100, 2],
  );
});

test('a request of ours goes out on the stream of the call that asks', async (t) => {
  const { url } = await serve(t);
  const headers = await session(url, { elicitation: {} });
  const body = call(1, 'test_elicitation', { arguments: { message: 'Who?' } });
  const stream = events(await open(url, { body, headers }));
  const asked = (await stream.next()).value;
  assert.equal(asked?.method, 'elicitation/create');
  const result = { action: 'accept', content: { username: 'u', email: 'e' } };
  const answered = await ask(url, { body: { jsonrpc: '2.0', id: asked?.id, result }, headers });
  assert.equal(answered.status, 202);
  const last = (await stream.next()).value;
  assert.ok(JSON.stringify(last?.result).includes('accept'));
});

test('what concerns no request goes to the newest stream of a GET', async (t) => {
  const { url, endpoint } = await serve(t);
  const headers = await session(url);
  endpoint.notify({ kind: 'list_changed', list: 'tools' });
  const lost = await open(url, { method: 'GET', headers });
  const stream = events(await open(url, { method: 'GET', headers }));
  assert.deepEqual(await all(events(lost)), []);
  endpoint.notify({ kind: 'list_changed', list: 'prompts' });
  const first = (await stream.next()).value;
  assert.equal(first?.method, 'notifications/prompts/list_changed');
  const wrong = { ...headers, accept: 'application/json' };
  assert.equal((await ask(url, { method: 'GET', headers: wrong })).status, 406);
});

test('a stream that broke is gone on with where it was left', async (t) => {
  const { url, endpoint } = await serve(t);
  const headers = await session(url);
  const first = await open(url, { method: 'GET', headers });
  const stream = events(first);
  endpoint.notify({ kind: 'message', params: { level: 'info', data: 1 } });
  const seen = (await stream.next()).value;
  first.destroy();
  const other = events(await open(url, { method: 'GET', headers }));
  endpoint.notify({ kind: 'message', params: { level: 'info', data: 2 } });
  assert.equal((await other.next()).value?.params?.['data'], 2, 'nothing comes twice');
  const again = { ...headers, 'last-event-id': seen?.eventId };
  const rest = events(await open(url, { method: 'GET', headers: again }));
  assert.equal((await rest.next()).value?.params?.['data'], 2);

  const token = { _meta: { progressToken: 7 } };
  const posted = await open(url, { body: call(1, 'test_tool_with_progress', token), headers });
  const begun = (await events(posted).next()).value;
  posted.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const resumed = { ...headers, 'last-event-id': begun?.eventId };
  const got = await ask(url, { method: 'GET', headers: resumed });
  assert.deepEqual(
    got.lines.map((line) => line.params?.['progress'] ?? line.id),
    [50, 100, 1],
  );
});

test('an answer that takes long becomes a stream that says it is there', async (t) => {
  const { url } = await serve(t, { limits: { keepAliveMs: 20 } });
  const headers = await session(url);
  const waiting = await open(url, { body: call(1, 'test_wait'), headers });
  let text = '';
  for await (const chunk of waiting.setEncoding('utf8')) {
    text += chunk as string;
    if (text.includes(':\n\n:\n\n')) break;
  }
  assert.equal(waiting.headers['content-type'], 'text/event-stream');
});

test('a client that takes a request back ends its stream without an answer', async (t) => {
  const { url } = await serve(t);
  const headers = await session(url);
  let isOver = false;
  const waiting = open(url, { body: call(1, 'test_wait'), headers }).finally(() => {
    isOver = true;
  });
  const params = { requestId: 1 };
  const body = { jsonrpc: '2.0', method: 'notifications/cancelled', params };
  // Over another connection: the first may come before what it takes back.
  await until('it is taken back', async () => {
    assert.equal((await ask(url, { body, headers })).status, 202);
    return isOver;
  });
  const response = await waiting;
  assert.deepEqual(await all(response), []);
});

test('sessions are bounded, and those that nobody uses make room or expire', async (t) => {
  const ended: string[] = [];
  const backendFor = (principal: string) => ({
    ...fixtureBackend(),
    ended: () => ended.push(principal),
  });
  const limits = { sessions: 2, idleMs: 2000 };
  const { url, endpoint } = await serve(t, { backendFor, limits });
  const first = await session(url);
  const second = await session(url);
  const reading = await open(url, { method: 'GET', headers: first });
  const third = await session(url);
  assert.deepEqual([endpoint.sessions, ended.length], [2, 1]);
  assert.equal((await ask(url, { body: PING, headers: second })).status, 404);
  const busy = await open(url, { method: 'GET', headers: third });
  const full = await ask(url, { body: initialize() });
  assert.deepEqual([full.status, full.headers['retry-after']], [503, '5']);
  busy.destroy();
  await until('one expires', () => endpoint.sessions === 1);
  assert.equal((await ask(url, { body: PING, headers: first })).status, 200);
  reading.destroy();
});

test('an endpoint that closes ends its sessions, and serves nobody', async (t) => {
  const { url, endpoint }: Served = await serve(t);
  const headers = await session(url);
  const stream = await open(url, { method: 'GET', headers });
  endpoint.close();
  assert.deepEqual(await all(events(stream)), []);
  assert.equal((await ask(url, { body: initialize() })).status, 503);
});
