import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { pagePlaceOf } from '@ioi/guardian';
import { PageSessions } from '@ioi/guardian/shell';
import { pageServer } from './page-server.ts';

const TIMEOUT = { timeout: 120_000 };

test('a request that never ends is over after a while', TIMEOUT, async (t) => {
  const place = pagePlaceOf('http://localhost:4747');
  const times = { requestTimeout: 100, connectionsCheckingInterval: 50 };
  const server = pageServer({ place, sessions: new PageSessions(() => 0), acts: {}, times });
  // As the guardian has it: the server is given its connections.
  const door = createServer((socket) => server.emit('connection', socket)).listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    door.close();
  });
  await once(door, 'listening');
  const address = door.address();
  assert.ok(typeof address === 'object' && address !== null);
  const slow = connect(address.port, '127.0.0.1');
  slow.on('error', () => {});
  slow.write('POST /api/inbox HTTP/1.1\r\nHost: localhost:4747\r\nX: ');
  const drip = setInterval(() => slow.write('x'), 20);
  t.after(() => {
    clearInterval(drip);
    slow.destroy();
  });
  slow.resume();
  // What is written to a closed connection may reset it first, which ends it as well.
  await new Promise((resolve) => slow.once('close', resolve));
});
