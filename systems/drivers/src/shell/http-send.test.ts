import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { sendPlainly } from './http-send.ts';

async function withServer(
  listener: RequestListener,
  run: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await run(`http://127.0.0.1:${port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('what is sent arrives, and the answer comes back with its headers', async () => {
  const echo: RequestListener = async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const seen = { verb: request.method, kept: request.headers['x-kept'], body };
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(seen));
  };
  await withServer(echo, async (url) => {
    const sent = { method: 'POST', body: 'é', headers: { 'X-Kept': 'yes' } };
    const response = await sendPlainly(url, sent);
    assert.equal(response.status, 201);
    assert.deepEqual(await response.json(), { verb: 'POST', kept: 'yes', body: 'é' });
    assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
  });
});

test('redirects are shown and not followed, and an empty answer is empty', async () => {
  const empty: RequestListener = (request, response) =>
    request.url === '/moved'
      ? response.writeHead(307, { location: 'http://example.com/' }).end()
      : response.writeHead(204).end();
  await withServer(empty, async (url) => {
    assert.equal((await sendPlainly(`${url}moved`, {})).status, 307);
    const response = await sendPlainly(url, {});
    assert.deepEqual([response.status, response.body], [204, null]);
  });
});

test('who closes the answer closes the connection, before and after it began', async () => {
  const closed: Promise<unknown>[] = [];
  const waiting: RequestListener = (request, response) => {
    closed.push(once(response, 'close'));
    if (request.url === '/begun') response.writeHead(200).write('x');
  };
  await withServer(waiting, async (url) => {
    for (const path of ['begun', 'silent']) {
      const abort = new AbortController();
      const sent = sendPlainly(`${url}${path}`, { signal: abort.signal });
      const read = sent.then((response) => response.text());
      const seen = closed.length;
      await until('it is asked', () => closed.length > seen);
      abort.abort();
      await assert.rejects(read);
      await closed.at(-1);
    }
    const cancelled = await sendPlainly(`${url}begun`, {});
    await cancelled.body?.cancel();
    await closed.at(-1);
  });
});

test('a place where nobody listens is told by its code', async () => {
  let url = '';
  await withServer(
    () => {},
    async (given) => {
      url = given;
    },
  );
  await assert.rejects(sendPlainly(url, {}), { code: 'ECONNREFUSED' });
});
