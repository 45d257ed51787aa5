import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WorkbenchDoor } from './door.ts';

type Asked = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};
type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; body: string };

const folder = mkdtempSync(join(tmpdir(), 'ioi-workbench-'));
const reached: string[] = [];
const door = new WorkbenchDoor({
  folder,
  api: (asked, response) => {
    reached.push(`${asked.method} ${asked.url}`);
    response.end('{}');
  },
});
let origin = '';

before(async () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'assets', 'a.js'), 'let a = 1;\n'.repeat(100));
  assert.equal(await door.open(), undefined, 'nothing is built');
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Workbench</title>');
  writeFileSync(join(folder, 'secret.pem'), 'secret');
  origin = new URL((await door.open())?.url ?? '').origin;
});

after(() => {
  door.close();
  rmSync(folder, { recursive: true });
});

function ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((done, fail) => {
    const asked = request(`${origin}${path}`, { method, headers, agent: false }, (response) => {
      const { statusCode: status = 0, headers: got } = response;
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => done({ status, headers: got, body: text }));
    });
    asked.on('error', fail);
    asked.end(body);
  });
}

async function linked(): Promise<string> {
  const opened = await door.open();
  return new URL(opened?.url ?? '').hash.slice('#key='.length);
}

async function visited(): Promise<string> {
  const headers = { origin, 'sec-fetch-site': 'same-origin' };
  return (await ask('/visit', { method: 'POST', headers, body: await linked() })).body;
}

test('a browser with a link reads, pauses, stops, drafts, backs up, and no more', async () => {
  const own = { 'x-ioi-workbench': await visited(), 'sec-fetch-site': 'same-origin' };
  assert.equal((await ask('/v1/status', { headers: own })).status, 200);
  assert.deepEqual(reached.splice(0), ['GET /v1/status']);
  const session = `/v1/sessions/${encodeURIComponent(`sha256:${'a'.repeat(64)}`)}`;
  const writing = { ...own, origin };
  const refused: [string, string][] = ['POST', 'PUT', 'DELETE', 'PATCH'].map((method) => [
    method,
    '/v1/workbench',
  ]);
  const run = `/v1/runs/run_${'b'.repeat(32)}`;
  const graph = `/v1/workflow-runs/graph_${'b'.repeat(32)}`;
  refused.push(['POST', `${run}/resume`], ['POST', `${graph}/resume`], ['DELETE', run]);
  refused.push(['DELETE', '/v1/stop'], ['POST', '/v1/stop/'], ['POST', '/v1/stop/lift']);
  refused.push(['DELETE', '/v1/backup'], ['POST', '/v1/backup?to=x'], ['PUT', '/v1/backup']);
  refused.push(['POST', `${session}/resume`], ['DELETE', `${session}/pause`]);
  refused.push(
    ['POST', `${session}/pause/../resume`],
    ['POST', '/v1/sessions'],
    ['POST', '/v1/runs'],
  );
  refused.push(['POST', '/v1/sessions/one/pause'], ['POST', `/v1/x/..%2F..${session}/pause`]);
  for (const [method, path] of refused) {
    const answer = await ask(path, { method, headers: writing });
    assert.equal(answer.status, 405, `${method} ${path}`);
    assert.match(answer.body, /workbench\.tightens_only/);
  }
  assert.deepEqual(reached, []);
  refused.length = 0;
  refused.push(['DELETE', '/v1/workflows/notes'], ['PUT', '/v1/workflows/../stop']);
  refused.push(['POST', '/v1/workflows/notes'], ['PUT', '/v1/workflows/notes/..%2F..%2Fstop']);
  for (const [method, path] of refused) {
    assert.equal((await ask(path, { method, headers: writing })).status, 405, `${method} ${path}`);
  }
  assert.deepEqual(reached, []);
  for (const [method, path] of [
    ['POST', '/v1/stop'],
    ['POST', `${session}/pause`],
    ['POST', `${run}/pause`],
    ['POST', `${run}/cancel`],
    ['POST', `${graph}/cancel`],
    ['POST', '/v1/backup'],
    ['POST', '/v1/policy/proposal/dismiss'],
    ['POST', '/v1/workflows/check'],
    ['PUT', '/v1/workflows/notes'],
  ] as const) {
    for (const headers of [
      own,
      { ...writing, 'sec-fetch-site': 'cross-site' },
      { ...writing, origin: 'http://127.0.0.1:1' },
      { origin },
    ]) {
      assert.ok([401, 403].includes((await ask(path, { method, headers })).status));
    }
    assert.deepEqual(reached, []);
    assert.equal((await ask(path, { method, headers: writing })).status, 200);
    assert.deepEqual(reached.splice(0), [`${method} ${path}`]);
  }
});

test('without a link, with a used one or with a session of nobody, nothing is told', async () => {
  const link = await linked();
  const headers = { origin };
  const first = await ask('/visit', { method: 'POST', headers, body: link });
  assert.equal(first.status, 200);
  assert.match(first.body, /^[0-9a-f]{64}$/);
  assert.equal(first.headers['cache-control'], 'no-store');
  for (const body of [link, '', 'x'.repeat(10_000)]) {
    assert.equal((await ask('/visit', { method: 'POST', headers, body })).status, 401);
  }
  assert.equal((await ask('/v1/status')).status, 401);
  for (const session of ['', '0'.repeat(64), await linked()]) {
    const strange = { 'x-ioi-workbench': session };
    assert.equal((await ask('/v1/status', { headers: strange })).status, 401);
  }
  assert.deepEqual(reached, []);
});

test('a session comes in its own header, and in nothing a browser sends by itself', async () => {
  const session = await visited();
  const cookie = `ioi_workbench=${session}; x-ioi-workbench=${session}`;
  const basic = `Basic ${Buffer.from(`x-ioi-workbench:${session}`).toString('base64')}`;
  for (const headers of [
    { cookie },
    { authorization: basic },
    { referer: `${origin}/#${session}` },
  ]) {
    assert.equal((await ask('/v1/status', { headers })).status, 401);
  }
  assert.equal((await ask(`/v1/status?x-ioi-workbench=${session}`)).status, 401);
  const answers = [
    await ask('/visit', { method: 'POST', headers: { origin }, body: await linked() }),
    await ask('/v1/status', { headers: { 'x-ioi-workbench': session } }),
    await ask('/'),
  ];
  for (const { headers } of answers) {
    assert.equal(headers['set-cookie'], undefined);
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
  assert.deepEqual(reached.splice(0), ['GET /v1/status']);
});

test('nobody elsewhere is told in advance that it may ask with a session', async () => {
  const headers = {
    origin: 'http://127.0.0.1:1',
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'x-ioi-workbench',
  };
  for (const path of ['/v1/status', '/visit', '/']) {
    const answer = await ask(path, { method: 'OPTIONS', headers });
    assert.equal(answer.status, 403, path);
    assert.ok(Object.keys(answer.headers).every((name) => !name.startsWith('access-control')));
  }
});

test('pages of others and names that lead here are told nothing, let in or not', async () => {
  const session = await visited();
  const foreign: Readonly<Record<string, string>>[] = [
    { host: 'workbench.example' },
    { host: `localhost:${new URL(origin).port}` },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of foreign) {
    for (const path of ['/v1/status', '/', '/assets/a.js']) {
      const answer = await ask(path, { headers: { 'x-ioi-workbench': session, ...headers } });
      assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`);
    }
  }
  assert.equal((await ask('/visit', { method: 'POST', body: await linked() })).status, 403);
  assert.deepEqual(reached, []);
});

test('pages let no foreign script run, and nothing else is served', async () => {
  const page = await ask('/atlas/7');
  assert.equal(page.status, 200);
  assert.match(page.body, /<title>Workbench/);
  const rules = String(page.headers['content-security-policy']);
  assert.match(rules, /^default-src 'none'; script-src 'self';/);
  assert.match(rules, /frame-ancestors 'none'/);
  assert.equal(page.headers['cache-control'], 'no-cache');
  const script = await ask('/assets/a.js', { headers: { 'accept-encoding': 'br' } });
  assert.equal(script.headers['content-encoding'], 'br');
  assert.match(String(script.headers['cache-control']), /immutable/);
  for (const path of ['/secret.pem', '/assets/b.js', '/../secret.pem', '/%2e%2e/secret.pem']) {
    const answer = await ask(path);
    assert.ok(!answer.body.includes('secret'), path);
    assert.equal(answer.status, 404, path);
  }
});

test('addresses that are none are refused, and the next request is answered', async () => {
  for (const target of ['http://[', '//', '*', 'http://evil.example/v1/status']) {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    socket.on('error', () => {});
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = once(socket, 'close');
    socket.write(`GET ${target} HTTP/1.1\r\nhost: ${new URL(origin).host}\r\n`);
    socket.write('connection: close\r\n\r\n');
    await ended;
    assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 (400|401|404|200)/, target);
  }
  assert.equal((await ask('/')).status, 200);
  assert.deepEqual(reached, []);
});

test('whoever asks at the same moment gets the same door, which closes as one', async (t) => {
  const listened = t.mock.method(Server.prototype, 'listen');
  const opening = new WorkbenchDoor({ folder, api: (_, response) => response.end('{}') });
  t.after(() => opening.close());
  const urls = await Promise.all([opening.open(), opening.open(), opening.open()]);
  assert.equal(listened.mock.callCount(), 1);
  opening.close();
  const closing = opening.open();
  opening.close();
  for (const opened of [...urls, await closing]) {
    await assert.rejects(fetch(new URL('/', opened?.url)), TypeError);
  }
});

test('a page of an id with a dot is a page, and pages that are being built are none', async () => {
  assert.equal((await ask('/atlas/invoices.pay')).status, 200);
  mkdirSync(join(folder, 'assets', 'moving.js'));
  assert.equal(await door.open(), undefined);
  assert.equal((await ask('/')).status, 200, 'who is in stays in');
  rmSync(join(folder, 'assets', 'moving.js'), { recursive: true });
  assert.ok(await door.open());
});

test('whoever closes it lets nobody in any more', async () => {
  const headers = { 'x-ioi-workbench': await visited() };
  door.close();
  origin = new URL((await door.open())?.url ?? '').origin;
  assert.equal((await ask('/v1/status', { headers })).status, 401);
});

test('people come back from a provider to the page alone, and in by a session', async (t) => {
  const people = new WorkbenchDoor({
    folder,
    people: { port: 0 },
    api: (_, response) => response.end('answered'),
  });
  t.after(() => people.close());
  const at = await people.listen();
  assert.equal(people.peopleUrl, at);
  const navigating = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  const told = async (path: string, headers: object, method = 'GET'): Promise<string> => {
    const own = { host: new URL(at).host, ...headers };
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const asked = request(`${at}${path}`, { method, headers: own, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      answer.on('end', () => resolve(`${answer.statusCode} ${text}`));
    });
    asked.on('error', reject).end();
    return promise;
  };
  assert.match(await told('/signed-in?code=c&state=s', navigating), /^200 .*Workbench/);
  for (const path of ['/', '/v1/status', '/visit']) {
    assert.match(await told(path, navigating), /^403/, path);
  }
  assert.match(await told('/signed-in', { ...navigating, host: 'evil.example' }), /^403/);
  const session = { 'x-ioi-role-session': 'any' };
  assert.equal(await told('/v1/status', session), '200 answered');
  assert.equal(await told('/v1/stop', { ...session, origin: at }, 'DELETE'), '200 answered');
  assert.match(await told('/v1/stop', session, 'DELETE'), /^403/);
  assert.equal(await told('/v1/sign-ins', { origin: at }, 'POST'), '200 answered');
  for (const path of ['/v1/sign-ins?a', '/v1/sign-ins/x', '/v1/status']) {
    assert.match(await told(path, { origin: at }, 'POST'), /^405/, path);
  }
  assert.match(await told('/v1/status', {}), /^401/);
});
