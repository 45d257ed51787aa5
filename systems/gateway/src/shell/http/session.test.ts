import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type { Answer, Backend } from '../../core/backend.ts';
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

test('an answer is one event, and a stream begins with where a reader can go on', async (t) => {
  const { url } = await serve(t);
  const headers = await session(url);
  const plain = await ask(url, { body: call(1, 'test_simple_text'), headers });
  assert.equal(plain.headers['content-type'], 'text/event-stream');
  assert.match(plain.text, /^id: post\d+_\d+_[0-9a-f]{12}\ndata: [^\n]+\n\n$/);
  const token = { _meta: { progressToken: 7 } };
  const told = await ask(url, { body: call(2, 'test_tool_with_progress', token), headers });
  assert.equal(told.headers['content-type'], 'text/event-stream');
  assert.equal(told.headers['x-accel-buffering'], 'no');
  assert.match(told.text, /^id: post\d+_\d+_[0-9a-f]{12}\nretry: 1000\ndata:\n\n/);
  assert.deepEqual(
    told.lines.map((line) => line.params?.['progress'] ?? line.id),
    [0, 50, 100, 2],
  );
});

test('an answer that is ready goes out in one piece, with its head', async (t) => {
  const { url } = await serve(t);
  const headers = await session(url);
  const socket = connect(Number(url.port), '127.0.0.1');
  t.after(() => socket.destroy());
  const body = JSON.stringify(PING);
  const own = { ...headers, accept: '*/*', 'content-type': 'application/json', host: 'localhost' };
  const given = { ...own, 'content-length': body.length };
  const lines = Object.entries(given).map(([name, value]) => `${name}: ${value}`);
  socket.write(`POST /mcp HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  const [piece] = (await once(socket, 'data')) as [Buffer];
  assert.match(String(piece), /^HTTP\/1\.1 200 [\s\S]*data: \{[^\n]*\}\n\n\r\n0\r\n\r\n$/);
});

/** Answers that are longer than what a connection holds. */
const longAnswer = (): Backend => ({
  ...fixtureBackend(),
  act: async () => {
    const content = [{ type: 'text', text: 'x'.repeat(12_000_000) }];
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { kind: 'result', result: { content } };
  },
});

test('a reader that takes no answer that is there is cut off, and ends nothing', async (t) => {
  const limits = { primeMs: 60, keepAliveMs: 30, stalls: 4 };
  const { url } = await serve(t, { backendFor: longAnswer, limits });
  const opened = await ask(url, { body: initialize({}, '2025-06-18') });
  const older = { 'mcp-session-id': String(opened.headers['mcp-session-id']) };
  for (const headers of [await session(url), older]) {
    const unread = await open(url, { body: call(1, 'any'), headers });
    unread.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await assert.rejects(all(unread), /aborted/);
  }
});

test('a stream is held for one reader at a time, also when it is over', async (t) => {
  const { url } = await serve(t, { backendFor: longAnswer, limits: { primeMs: 1 } });
  const headers = await session(url);
  const posted = await open(url, { body: call(1, 'any'), headers });
  const [chunk] = (await once(posted, 'data')) as [Buffer];
  const id = /^id: (.+)$/m.exec(String(chunk))?.[1] ?? '';
  posted.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const own = { method: 'GET', headers: { ...headers, 'last-event-id': id } };
  const unread = await open(url, own);
  unread.pause();
  assert.equal((await ask(url, own)).lines[0]?.id, 1);
  await assert.rejects(all(unread), /aborted/);
});

test('older clients are answered in JSON, and given no event without data', async (t) => {
  const { url } = await serve(t, { limits: { primeMs: 1 } });
  const body = initialize({}, '2025-06-18');
  const opened = await ask(url, { body });
  assert.equal(opened.headers['content-type'], 'application/json');
  const headers = { 'mcp-session-id': String(opened.headers['mcp-session-id']) };
  const plain = await ask(url, { body: PING, headers });
  assert.equal(plain.headers['content-type'], 'application/json');
  const token = { _meta: { progressToken: 7 } };
  const told = await ask(url, { body: call(2, 'test_tool_with_progress', token), headers });
  assert.match(told.text, /^id: post\d+_\d+_[0-9a-f]{12}\ndata: \{/);
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

/** A tool that answers when it is told to. */
function slowTool() {
  const answered = Promise.withResolvers<Answer>();
  const calls = { begun: 0, cancelled: 0 };
  const backendFor = (): Backend => ({
    ...fixtureBackend(),
    act: (_act, { signal }) => {
      calls.begun += 1;
      signal.addEventListener('abort', () => {
        calls.cancelled += 1;
      });
      return answered.promise;
    },
  });
  const done = { content: [{ type: 'text', text: 'done' }] };
  return { backendFor, calls, answer: () => answered.resolve({ kind: 'result', result: done }) };
}

test('a client that is cut off in a call gets its answer when it comes back', async (t) => {
  const { backendFor, calls, answer } = slowTool();
  const { url } = await serve(t, { backendFor, limits: { primeMs: 5 } });
  const headers = await session(url);
  const posted = await open(url, { body: call(1, 'any'), headers });
  const [chunk] = (await once(posted, 'data')) as [Buffer];
  const id = /^id: (.+)$/m.exec(String(chunk))?.[1] ?? '';
  posted.destroy();
  const back = () => open(url, { method: 'GET', headers: { ...headers, 'last-event-id': id } });
  const lost = await back();
  const second = await back();
  assert.deepEqual(await all(events(lost)), [], 'one reader at a time');
  answer();
  assert.deepEqual(
    (await all(events(second))).map((line) => line.id),
    [1],
    'live',
  );
  assert.deepEqual(
    (await all(events(await back()))).map((line) => line.id),
    [1],
    'kept',
  );
  assert.deepEqual(calls, { begun: 1, cancelled: 0 });
});

test('what is worth nothing late does not cost a reader that is away its answer', async (t) => {
  const away = Promise.withResolvers<void>();
  const backendFor = (): Backend => ({
    ...fixtureBackend(),
    act: async (_act, { onProgress }) => {
      await away.promise;
      for (let done = 0; done < 100; done += 1) onProgress({ done, message: '' });
      return { kind: 'result', result: { content: [] } };
    },
  });
  const { url } = await serve(t, { backendFor, limits: { primeMs: 5, replayEvents: 8 } });
  const headers = await session(url);
  const token = { _meta: { progressToken: 7 } };
  const posted = await open(url, { body: call(1, 'any', token), headers });
  const [chunk] = (await once(posted, 'data')) as [Buffer];
  const id = /^id: (.+)$/m.exec(String(chunk))?.[1] ?? '';
  posted.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  away.resolve();
  const got = await ask(url, { method: 'GET', headers: { ...headers, 'last-event-id': id } });
  const seen = got.lines.map((line) => line.params?.['progress'] ?? `answer ${line.id}`);
  assert.deepEqual(seen, [0, 1, 2, 3, 'answer 1']);
});

test('a reader that says it was where it was not is refused by name', async (t) => {
  const { url } = await serve(t, { limits: { replayEvents: 2 } });
  const headers = await session(url);
  const others = await session(url);
  const token = { _meta: { progressToken: 7 } };
  const idsIn = (text: string): string[] =>
    [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id ?? '');
  const mine = await ask(url, { body: call(1, 'test_tool_with_progress', token), headers });
  const [first = ''] = idsIn(mine.text);
  const theirs = await ask(url, {
    body: call(1, 'test_tool_with_progress', token),
    headers: others,
  });
  const alone = await ask(url, { body: call(2, 'test_simple_text'), headers });
  const cases: readonly (readonly [string, number, string])[] = [
    [first, 410, 'gateway.events_dropped'],
    [idsIn(mine.text).at(-1) ?? '', 410, 'gateway.stream_over'],
    [idsIn(alone.text)[0] ?? '', 410, 'gateway.stream_over'],
    [idsIn(theirs.text)[0] ?? '', 400, 'gateway.event_unknown'],
    ['post1_1_000000000000', 400, 'gateway.event_unknown'],
    ['', 400, 'gateway.event_unknown'],
  ];
  for (const [id, status, code] of cases) {
    const own = { ...headers, 'last-event-id': id };
    const got = await ask(url, { method: 'GET', headers: own });
    assert.deepEqual([got.status, got.lines[0]?.error?.data?.code], [status, code], id);
  }
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
