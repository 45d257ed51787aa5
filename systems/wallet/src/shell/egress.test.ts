import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { duplexPair } from 'node:stream';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { until } from '@ioi/basis/testing';
import { makeBed, TestServer } from '../testing/edge-bed.ts';
import { EdgeFault, edgeSend } from './edge-client.ts';
import { serveLine } from './edge-server.ts';

const SECRET = 'planted-secret-0123456789';
const BEARER = { kind: 'bearer', secret: SECRET };
const POST = { method: 'POST', body: '{"id":1}', headers: { 'content-type': 'application/json' } };
const servers: TestServer[] = [];
after(() => servers.forEach((server) => void server.close()));

async function started(answer: Parameters<typeof TestServer.start>[0]): Promise<TestServer> {
  const server = await TestServer.start(answer);
  servers.push(server);
  return server;
}

function faultOf(sent: Promise<unknown>): Promise<EdgeFault> {
  return sent.then(
    () => assert.fail('it was sent'),
    (fault: unknown) => {
      assert.ok(fault instanceof EdgeFault, String(fault));
      return fault;
    },
  );
}

test('the credential is added here, and what the daemon gave in its place is dropped', async () => {
  const server = await started((_, response) => response.end('fine'));
  const bearer = makeBed(server, BEARER);
  const headers = { ...POST.headers, authorization: 'Bearer mine', 'mcp-session-id': 's' };
  const answer = await bearer.send(bearer.url, { ...POST, headers });
  assert.deepEqual([answer.status, await answer.text()], [200, 'fine']);
  const header = makeBed(server, { kind: 'header', header: 'x-api-key', secret: SECRET });
  await header.send(header.url, { headers: { 'x-api-key': 'mine' } });
  const [first, second] = server.seen;
  assert.equal(first?.headers.authorization, `Bearer ${SECRET}`);
  assert.deepEqual([first?.body, first?.path, first?.method], [POST.body, '/mcp', 'POST']);
  assert.equal(first?.headers['mcp-session-id'], 's');
  assert.equal(second?.headers['x-api-key'], SECRET);
  assert.equal(second?.headers.authorization, undefined);
  assert.deepEqual(bearer.vault.asked, [{ name: 'token', server: 'mail', origin: server.origin }]);
});

test('an echo of the credential comes back redacted, in headers and body', async () => {
  const server = await started(async ({ headers }, response) => {
    const echo = String(headers.authorization);
    response.setHeader('x-echo', echo);
    response.setHeader('location', `https://elsewhere.example/?token=${SECRET}`);
    response.setHeader('set-cookie', `a=${SECRET}`);
    response.setHeader('ioi-refusal', '1');
    response.writeHead(200, { 'content-type': 'text/plain' });
    for (const letter of `<${echo}><${echo}>`) {
      response.write(letter);
      await sleep(1);
    }
    response.end();
  });
  const { send, url } = makeBed(server, BEARER);
  const basic = makeBed(server, {
    kind: 'header',
    header: 'authorization',
    secret: `Basic ${SECRET}`,
  });
  assert.equal(
    (await basic.send(basic.url, POST)).headers.get('location')?.includes(SECRET),
    false,
  );
  const answer = await send(url, POST);
  const shown = JSON.stringify([...answer.headers]) + (await answer.text());
  assert.equal(shown.includes(SECRET), false, shown);
  assert.match(shown, /<Bearer \[redacted\]><Bearer \[redacted\]>/);
  assert.equal(answer.headers.get('x-echo'), 'Bearer [redacted]');
  assert.equal(answer.headers.get('set-cookie'), null);
});

test('an echo in a compressed answer is found; an unknown coding is refused', async () => {
  const server = await started(({ headers, body }, response) => {
    const echo = `it was ${headers.authorization}`;
    if (body === 'gzip') response.writeHead(200, { 'content-encoding': 'gzip' });
    else response.writeHead(200, { 'content-encoding': 'rot13' });
    response.end(body === 'gzip' ? gzipSync(echo) : echo);
  });
  const { send, url } = makeBed(server, BEARER);
  const answer = await send(url, { ...POST, body: 'gzip' });
  assert.equal(await answer.text(), 'it was Bearer [redacted]');
  assert.equal(server.seen[0]?.headers['accept-encoding'], 'identity');
  const fault = await faultOf(send(url, { ...POST, body: 'other' }));
  assert.deepEqual([fault.code, fault.isSent], ['upstream.encoded', true]);
});

test('a redirect is an answer, and nobody follows it', async () => {
  const other = await started((_, response) => response.end('stolen'));
  const server = await started((_, response) => {
    response.writeHead(307, { location: `${other.origin}/mcp` }).end();
  });
  const { send, url } = makeBed(server, BEARER);
  assert.equal((await send(url, POST)).status, 307);
  assert.deepEqual(other.seen, []);
});

test('a hostile daemon reaches no other place, and begins no header of its own', async () => {
  const other = await started((_, response) => response.end('stolen'));
  const server = await started((_, response) => response.end('fine'));
  const { send, url, vault, egress } = makeBed(server, BEARER);
  const elsewhere = [
    `${other.origin}/mcp`,
    `${server.origin}/mcp/../admin`,
    `${url}?x`,
    `${url}/x`,
  ];
  for (const wanted of elsewhere) {
    const fault = await faultOf(send(wanted, POST));
    assert.deepEqual([fault.code, fault.isSent], ['edge.other_url', false], wanted);
  }
  assert.deepEqual([vault.asked, server.seen, other.seen], [[], [], []]);
  // Not by the client of this package: straight onto the line.
  for (const header of ['mcp-session-id', 'host', 'ioi-server', ':path']) {
    const [near, far] = duplexPair();
    serveLine(far, egress.carry);
    const session = connect('http://edge', { createConnection: () => near });
    session.on('error', () => {});
    const wanted = { ':method': 'GET', 'ioi-server': 'mail', 'ioi-url': url };
    const stream = session.request({ ...wanted, [header]: 'a\r\nauthorization: mine' });
    await once(stream, 'response').catch(() => 'cut off');
    session.destroy();
  }
  for (const { headers, path } of server.seen) {
    assert.deepEqual([headers.authorization, path], [`Bearer ${SECRET}`, '/mcp']);
    assert.equal(headers['mcp-session-id'], undefined);
  }
});

test('a body that is too large is refused before anything is sent', async () => {
  const server = await started((_, response) => response.end('fine'));
  const { send, url } = makeBed(server, BEARER);
  const fault = await faultOf(send(url, { ...POST, body: 'x'.repeat(33 * 1024 * 1024) }));
  assert.deepEqual([fault.code, fault.isSent], ['edge.too_large', false]);
  const large = await send(url, { ...POST, body: 'x'.repeat(8 * 1024 * 1024) });
  assert.equal(large.status, 200);
  assert.equal(server.seen.length, 1);
});

test('an answer without end is read as fast as the daemon reads, and holds nobody up', async () => {
  let written = 0;
  const server = await started(async ({ body }, response) => {
    if (body !== 'endless') return void response.end('short');
    const piece = Buffer.alloc(256 * 1024, 'x');
    response.setMaxListeners(0);
    while (!response.destroyed) {
      written += piece.length;
      if (!response.write(piece))
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
  });
  const { send, url } = makeBed(server, BEARER);
  const cut = new AbortController();
  const endless = await send(url, { ...POST, body: 'endless', signal: cut.signal });
  await sleep(500);
  const held = written;
  assert.ok(held < 32 * 1024 * 1024, `${held} bytes were taken that nobody read`);
  assert.equal(await (await send(url, { ...POST, body: 'x' })).text(), 'short');
  await sleep(200);
  assert.ok(written - held < 2 * 1024 * 1024);
  const reader = endless.body?.getReader();
  for (let read = 0; read < 64 * 1024 * 1024; ) {
    read += (await reader?.read())?.value?.length ?? assert.fail('it ended');
  }
  cut.abort();
  await assert.rejects(
    async () => {
      while ((await reader?.read())?.done === false);
    },
    { name: 'AbortError' },
  );
  const stopped = written;
  await sleep(300);
  assert.ok(written - stopped < 4 * 1024 * 1024, 'the server is still read from');
});

test('a cancelled request cuts the connection to the server, also while it waits', async () => {
  const closed = Promise.withResolvers<void>();
  const server = await started((_, response) => response.once('close', closed.resolve));
  const { send, url } = makeBed(server, BEARER);
  const cut = new AbortController();
  const sent = send(url, { ...POST, signal: cut.signal });
  await until('it is sent', () => server.seen.length > 0);
  cut.abort();
  await assert.rejects(sent, { name: 'AbortError' });
  await closed.promise;
});

test('a secret that is taken back ends what was sent with it, and is not sent again', async () => {
  const server = await started((_, response) => {
    response.writeHead(200);
    response.write('begun');
  });
  const { send, url, egress, vault } = makeBed(server, BEARER);
  const answer = await send(url, POST);
  const whole = answer.text();
  vault.leased = undefined;
  egress.revoke('another');
  egress.revoke('token');
  await assert.rejects(whole);
  const fault = await faultOf(send(url, POST));
  assert.deepEqual([fault.code, fault.isSent], ['credential.missing', false]);
  assert.equal(server.seen.length, 1);
});

test('a lease is short, and a vault that refuses sends nothing', async () => {
  const server = await started((_, response) => response.end());
  const { send, url, vault, wait } = makeBed(server, BEARER);
  await send(url, POST);
  await send(url, POST);
  assert.equal(vault.asked.length, 1);
  wait(31_000);
  vault.leased = { kind: 'bearer', secret: 'another-secret-9876543210' };
  await send(url, POST);
  assert.equal(vault.asked.length, 2);
  assert.equal(server.seen[2]?.headers.authorization, 'Bearer another-secret-9876543210');
  wait(31_000);
  vault.leased = undefined;
  assert.equal((await faultOf(send(url, POST))).code, 'credential.missing');
  assert.equal(server.seen.length, 3);
});

test('a server that does not take the credential is named, with what to do', async () => {
  const server = await started(({ headers }, response) => {
    response.writeHead(401).end(`not ${headers.authorization}`);
  });
  const { send, url } = makeBed(server, BEARER);
  const answer = await send(url, POST);
  assert.equal(answer.status, 401);
  const { code, message } = (await answer.json()) as { code: string; message: string };
  assert.equal(code, 'upstream.unauthorised');
  assert.match(message, /next: ioi mcp secret set mail$/);
});

test('a server that is not there, or breaks off, is told apart', async () => {
  const gone = await TestServer.start(() => {});
  const bed = makeBed(gone, BEARER);
  gone.close();
  const refused = await faultOf(bed.send(bed.url, POST));
  assert.deepEqual([refused.code, refused.isSent], ['upstream.unreachable', false]);
  assert.deepEqual((refused.cause as { code: string }).code, 'ECONNREFUSED');
  const server = await started((_, response) => response.destroy());
  const { send, url } = makeBed(server, BEARER);
  const died = await faultOf(send(url, POST));
  assert.deepEqual([died.code, died.isSent], ['upstream.died', true]);
  const halfway = await started((_, response) => {
    response.writeHead(200);
    response.write('half', () => response.destroy());
  });
  const half = makeBed(halfway, BEARER);
  await assert.rejects(half.send(half.url, POST).then((answer) => answer.text()));
});

test('without an edge nothing is sent; one that dies in the middle ends no answer', async () => {
  const missing = await faultOf(edgeSend(undefined, 'mail')('https://mcp.example/', POST));
  assert.deepEqual([missing.code, missing.isSent], ['edge.missing', false]);
  const server = await started((_, response) => {
    response.writeHead(200);
    response.write('half');
  });
  const { send, url, ends } = makeBed(server, BEARER);
  const answer = await send(url, POST);
  const waiting = faultOf(
    send(`${url}`, { ...POST, signal: AbortSignal.timeout(60_000) }).then((r) => r.text()),
  );
  await until('both are sent', () => server.seen.length > 1);
  for (const end of ends) end.destroy();
  await assert.rejects(answer.text());
  assert.equal((await waiting).isSent, true);
  const after = await faultOf(send(url, POST));
  assert.deepEqual([after.code, after.isSent], ['edge.gone', false]);
});
