import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { Events } from './events.ts';
import { withoutBodies } from './head-requests.ts';

test('whoever asks for no body follows no events, however often', async (t) => {
  const events = new Events();
  const app = new Hono().use('*', withoutBodies());
  app.get('/events', () => {
    const stream = events.stream(0);
    return stream ? new Response(stream) : new Response('too many', { status: 429 });
  });
  const server = createServer(getRequestListener(app.fetch)).listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  for (let asked = 0; asked < 70; asked += 1) {
    assert.equal((await fetch(url, { method: 'HEAD' })).status, 200);
  }
  const followed = await fetch(url);
  assert.equal(followed.status, 200);
  await followed.body?.cancel();
});
