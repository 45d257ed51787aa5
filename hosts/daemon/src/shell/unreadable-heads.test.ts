import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { answeringUnreadable } from './unreadable-heads.ts';

const server = answeringUnreadable(createServer((_, response) => response.end('read')));

before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

after(() => server.close());

async function said(text: string): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(text);
  let heard = '';
  for await (const chunk of socket) heard += chunk;
  return heard;
}

test('what cannot be read as a request is refused as everything else is', async () => {
  const long = await said(`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`);
  assert.match(long, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  assert.match(long, /\r\ncontent-type: application\/problem\+json\r\n/);
  const { code, status } = JSON.parse(long.slice(long.indexOf('\r\n\r\n')));
  assert.deepEqual([code, status], ['request.head_too_large', 431]);
  const broken = await said('no request at all\r\n\r\n');
  assert.match(broken, /^HTTP\/1\.1 400 Bad Request\r\n(?:.|\s)*"code":"request\.malformed"/);
  assert.match(await said('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'), /read$/);
});
