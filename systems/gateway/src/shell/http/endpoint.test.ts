import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { Backend } from '../../core/backend.ts';
import { fixtureBackend } from '../../testing/fixture-backend.ts';
import { ask, open, serve, session } from '../../testing/http.ts';
import { initialize, modern } from '../../testing/play.ts';
import type { Authorisation } from './options.ts';

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: modern() };
const YOUNG = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };

test('pages of elsewhere and foreign names do not get in', async (t) => {
  const { url } = await serve(t);
  const port = url.port;
  const cases: [object, number][] = [
    [{}, 200],
    [{ host: `localhost:${port}` }, 200],
    [{ host: 'LOCALHOST' }, 200],
    [{ host: `[::1]:${port}` }, 200],
    [{ host: 'evil.example' }, 403],
    [{ host: 'localhost.evil.example' }, 403],
    [{ host: 'localhost@evil.example' }, 403],
    [{ origin: `http://127.0.0.1:${port}` }, 200],
    [{ origin: 'http://localhost:5173' }, 200],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'file://localhost' }, 403],
  ];
  for (const [headers, status] of cases) {
    const got = await ask(url, { body: initialize(), headers: { ...headers } });
    assert.equal(got.status, status, JSON.stringify(headers));
  }
  const named = await serve(t, { allowedHosts: ['node.example'], allowedOrigins: ['https://a'] });
  const at = async (headers: Record<string, string>): Promise<number> =>
    (await ask(named.url, { body: initialize(), headers })).status;
  assert.equal(await at({ host: 'node.example', origin: 'https://a' }), 200);
  assert.equal(await at({ host: 'node.example', origin: 'https://node.example' }), 403);
  assert.equal(await at({ host: 'localhost' }), 403);
});

test('what is no JSON, or may not be answered in both ways, is refused', async (t) => {
  const { url } = await serve(t);
  const cases: [Record<string, string | undefined>, number][] = [
    [{ 'content-type': 'application/json; charset=utf-8' }, 200],
    [{ accept: '*/*' }, 200],
    [{ 'content-type': 'text/plain' }, 415],
    [{ 'content-type': undefined }, 415],
    [{ 'content-encoding': 'gzip' }, 415],
    [{ accept: 'application/json' }, 406],
    [{ accept: undefined }, 406],
  ];
  for (const [headers, status] of cases) {
    const got = await ask(url, { body: initialize(), headers });
    assert.equal(got.status, status, JSON.stringify(headers));
  }
  for (const method of ['PUT', 'OPTIONS', 'PATCH']) {
    assert.equal((await ask(url, { method })).status, 405);
  }
  assert.equal((await ask(new URL('/other', url), { body: initialize() })).status, 404);
});

test('unreadable and oversized bodies leave a drop, and an error', async (t) => {
  const dropped: string[] = [];
  const drop = async ({ code, byteCount }: { code: string; byteCount: number }): Promise<void> => {
    dropped.push(`${code} ${byteCount}`);
  };
  const backendFor = () => ({ ...fixtureBackend(), drop });
  const { url } = await serve(t, { backendFor, limits: { bodyBytes: 100_000 } });
  const twice = '{"jsonrpc":"2.0","id":4,"id":4,"method":"ping"}';
  const broken = await ask(url, { body: twice });
  assert.deepEqual([broken.status, broken.lines[0]?.error?.code], [400, -32700]);
  const batch = await ask(url, { body: `[${JSON.stringify(LIST)}]`, headers: YOUNG });
  assert.deepEqual([batch.status, batch.lines[0]?.error?.code], [400, -32600]);
  const large = await ask(url, { body: `"${'x'.repeat(300_000)}"` });
  assert.equal(large.lines[0]?.error?.data?.code, 'request.too_large');
  assert.deepEqual(dropped, [
    `canon.refused ${twice.length}`,
    `request.invalid ${JSON.stringify(LIST).length + 2}`,
    'request.too_large 300002',
  ]);
});

test('a body that does not come is not waited for', async (t) => {
  const { url } = await serve(t, { limits: { bodyMs: 50 } });
  const socket = connect(Number(url.port), '127.0.0.1');
  socket.on('error', () => {});
  const head = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  socket.write(`${head}Accept: */*\r\nContent-Length: 100\r\n\r\n{`);
  socket.resume();
  await once(socket, 'close');
});

test('bodies that are being read are bounded together', async (t) => {
  const { url } = await serve(t, { limits: { readingBytes: 50_000 } });
  const got = await ask(url, { body: `"${'x'.repeat(90_000)}"` });
  assert.deepEqual([got.status, got.headers.connection], [503, 'close']);
  assert.equal((await ask(url, { body: LIST, headers: YOUNG })).status, 200);
});

test('a reader that takes nothing is cut off', async (t) => {
  const { url, endpoint } = await serve(t, { limits: { unreadBytes: 100_000 } });
  const headers = await session(url);
  const stream = await open(url, { method: 'GET', headers });
  stream.pause();
  stream.on('error', () => {});
  const data = 'x'.repeat(1_000_000);
  const closed = new Promise((resolve) => stream.on('close', resolve));
  for (let at = 0; at < 20; at += 1) {
    endpoint.notify({ kind: 'message', params: { level: 'info', data } });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stream.resume();
  await closed;
  assert.equal(stream.complete, false);
});

test('a reader that stands still is cut off, however little it has not taken', async (t) => {
  const { url, endpoint } = await serve(t, { limits: { keepAliveMs: 20, stalls: 3 } });
  const headers = await session(url);
  const stream = await open(url, { method: 'GET', headers });
  stream.on('error', () => {});
  const closed = new Promise((resolve) => stream.on('close', resolve));
  const data = 'x'.repeat(20_000_000);
  endpoint.notify({ kind: 'message', params: { level: 'info', data } });
  stream.pause();
  // Turns of the loop, not time: a stall of this process is no turn of the endpoint's timer.
  for (let turn = 0; turn < 15; turn += 1) await sleep(20);
  stream.resume();
  await closed;
  assert.equal(stream.complete, false);
});

test('who may not come in is told what is needed, and where to learn of it', async (t) => {
  const authorise = async (bearer?: string): Promise<Authorisation> => {
    if (bearer === undefined) return { refusal: 'missing', scope: 'mcp' };
    if (bearer === 'weak') return { refusal: 'insufficient_scope', scope: 'mcp admin' };
    return bearer === 'good' ? { ok: 'anna' } : { refusal: 'invalid' };
  };
  const resourceMetadata = { resource: 'http://localhost/mcp', authorization_servers: [] };
  const { url } = await serve(t, { authorise, resourceMetadata });
  const where = `resource_metadata="http://${url.host}/.well-known/oauth-protected-resource/mcp"`;
  const cases: [string | undefined, number, string | undefined][] = [
    [undefined, 401, `Bearer scope="mcp", ${where}`],
    ['Basic good', 401, `Bearer scope="mcp", ${where}`],
    ['Bearer bad', 401, `Bearer error="invalid_token", ${where}`],
    ['Bearer weak', 403, `Bearer error="insufficient_scope", scope="mcp admin", ${where}`],
    ['bearer good', 200, undefined],
  ];
  for (const [authorization, status, challenge] of cases) {
    const got = await ask(url, { body: LIST, headers: { ...YOUNG, authorization } });
    assert.deepEqual([got.status, got.headers['www-authenticate']], [status, challenge]);
  }
  const queried = new URL('?access_token=good', url);
  assert.equal((await ask(queried, { body: LIST, headers: YOUNG })).status, 401);
  for (const path of ['', '/mcp']) {
    const at = new URL(`/.well-known/oauth-protected-resource${path}`, url);
    const got = await ask(at, { method: 'GET' });
    assert.deepEqual(JSON.parse(got.text), resourceMetadata);
  }
});

test("somebody else's session is not there", async (t) => {
  const authorise = async (bearer = ''): Promise<Authorisation> => ({ ok: bearer });
  const { url } = await serve(t, { authorise });
  const own = await session(url, {}, { authorization: 'Bearer anna' });
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  assert.equal((await ask(url, { body: list, headers: own })).status, 200);
  const stolen = { ...own, authorization: 'Bearer bob' };
  assert.equal((await ask(url, { body: list, headers: stolen })).status, 404);
  assert.equal((await ask(url, { method: 'GET', headers: stolen })).status, 404);
  assert.equal((await ask(url, { method: 'DELETE', headers: stolen })).status, 404);
});

test('what a principal has open ends at once when it is revoked, and no other', async (t) => {
  const authorise = async (bearer = ''): Promise<Authorisation> => ({ ok: bearer });
  const { url, endpoint } = await serve(t, { authorise });
  const [anna, bob] = await Promise.all(
    ['anna', 'bob'].map((name) => session(url, {}, { authorization: `Bearer ${name}` })),
  );
  const listening = (bearer: string) =>
    open(url, {
      body: {
        jsonrpc: '2.0',
        id: 2,
        method: 'subscriptions/listen',
        params: modern({ notifications: { toolsListChanged: true } }),
      },
      headers: {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'subscriptions/listen',
        authorization: `Bearer ${bearer}`,
      },
    });
  const streams = await Promise.all([
    open(url, { method: 'GET', headers: anna ?? {} }),
    listening('anna'),
    open(url, { method: 'GET', headers: bob ?? {} }),
  ]);
  const ended = streams.map(async (stream) => {
    stream.resume();
    const timer = AbortSignal.timeout(300);
    return once(stream, 'end', { signal: timer }).then(
      () => true,
      () => false,
    );
  });
  endpoint.revoke('anna');
  assert.deepEqual(await Promise.all(ended), [true, true, false]);
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  assert.equal((await ask(url, { body: list, headers: anna ?? {} })).status, 404);
  assert.equal((await ask(url, { body: list, headers: bob ?? {} })).status, 200);
});

test('a node that fails before there is a backend says so, and no more', async (t) => {
  const faults: string[] = [];
  const fault = (error: unknown): unknown => faults.push(String(error));
  const authorise = (): Promise<Authorisation> => Promise.reject(new Error('disk /secret'));
  const { url } = await serve(t, { authorise, fault });
  const got = await ask(url, { body: LIST, headers: YOUNG });
  assert.deepEqual([got.status, got.text.includes('secret')], [500, false]);
  const offer = (): Promise<never> => Promise.reject(new Error('no offer'));
  const late = await serve(t, { backendFor: () => ({ ...fixtureBackend(), offer }), fault });
  assert.equal((await ask(late.url, { body: LIST, headers: YOUNG })).status, 500);
  assert.equal((await ask(late.url, { body: initialize() })).status, 500);
  assert.equal(late.endpoint.sessions, 0);
  assert.equal(faults.length, 3);
  let asked = 0;
  const backendFor = (): Backend => {
    asked += 1;
    if (asked === 1) throw new Error('not yet');
    return fixtureBackend();
  };
  const early = await serve(t, { backendFor, fault });
  assert.equal((await ask(early.url, { body: LIST, headers: YOUNG })).status, 500);
  assert.equal((await ask(early.url, { body: LIST, headers: YOUNG })).status, 200);
});

const SEEDS = [
  initialize(),
  LIST,
  { jsonrpc: '2.0', id: 2, method: 'tools/call', params: modern({ name: 'a', arguments: {} }) },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
].map((message) => JSON.stringify(message));
const OWN_HEADERS = ['mcp-session-id', 'mcp-method', 'mcp-name', 'origin', 'last-event-id'];

test('mutated requests always have an answer, and never end the endpoint', async (t) => {
  const { url } = await serve(t);
  const value = fc.oneof(
    fc.constantFrom('2026-07-28', '2025-11-25', 'tools/list'),
    fc.base64String(),
  );
  const name = fc.constantFrom('mcp-protocol-version', ...OWN_HEADERS);
  const headers = fc.dictionary(name, value, { maxKeys: 3 });
  const edits = fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 2 })), { maxLength: 2 });
  const method = fc.constantFrom('POST', 'POST', 'POST', 'DELETE', 'PUT');
  const run = fc.asyncProperty(
    fc.constantFrom(...SEEDS),
    edits,
    headers,
    method,
    async (seed, changes, own, verb) => {
      let body = seed;
      for (const [at, text] of changes) {
        const cut = at % body.length;
        body = `${body.slice(0, cut)}${text}${body.slice(cut + 1)}`;
      }
      const got = await ask(url, { method: verb, body, headers: { ...own } });
      assert.ok(got.status >= 200 && got.status < 500, `${got.status} ${got.text}`);
      const isSilent = got.status === 202 || got.status === 204;
      assert.ok(isSilent || got.lines.length === 1);
    },
  );
  await fc.assert(run, { numRuns: 400 });
});
