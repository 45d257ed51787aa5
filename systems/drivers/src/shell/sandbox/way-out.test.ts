import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import { openWayOut, type WayOut } from './way-out.ts';

/** A server that answers whatever it is asked with these words, and the way out to it. */
async function between(t: TestContext, answer: string): Promise<[WayOut, number]> {
  const far: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(answer));
  });
  far.listen(0, '127.0.0.1');
  await once(far, 'listening');
  const { port } = far.address() as AddressInfo;
  const wayOut = openWayOut([`127.0.0.1:${port}`]);
  t.after(() => {
    wayOut.close();
    far.close();
  });
  return [wayOut, port];
}

/** What comes back until the other side ends or it is as wanted; else what comes in a moment. */
async function said(socketPath: string, words: string, wanted?: RegExp): Promise<string> {
  const socket = connect(socketPath, () => socket.write(words));
  let answer = '';
  socket
    .on('error', () => {})
    .on('data', (chunk) => {
      answer += chunk;
    });
  if (wanted) await until(`${wanted}`, () => socket.closed || wanted.test(answer));
  else await Promise.race([once(socket, 'close'), sleep(500)]);
  socket.destroy();
  return answer;
}

const PLAIN = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** Node throws at each where nobody looks, which would end the process with the proxy in it. */
const STRANGE_HEADERS: Readonly<Record<string, string>> = {
  'a trailer without chunks': 'Trailer: x',
  'a trailer that is expected': 'Trailer: x\r\nExpect: 100-continue',
  'another protocol': 'Connection: upgrade\r\nUpgrade: websocket',
};

for (const [name, headers] of Object.entries(STRANGE_HEADERS)) {
  test(`a program cannot end what lets it out: ${name}`, async (t) => {
    const [{ socket }, port] = await between(t, PLAIN);
    const asking = (more: string) =>
      `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
    await said(socket, asking(`${headers}\r\n`));
    assert.match(await said(socket, asking(''), /ok$/), /ok$/);
  });
}

const STRANGE_ANSWERS: Readonly<Record<string, string>> = {
  'no status that there is': 'HTTP/1.1 099 x\r\ncontent-length: 0\r\n\r\n',
  'a trailer without chunks': 'HTTP/1.1 200 OK\r\nTrailer: x\r\nContent-Length: 0\r\n\r\n',
  'another protocol': 'HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello',
};

for (const [name, answer] of Object.entries(STRANGE_ANSWERS)) {
  test(`a server cannot end what leads to it: ${name}`, async (t) => {
    const [{ socket }, port] = await between(t, answer);
    const ask = `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    await said(socket, ask);
    const refused = /403 Forbidden/;
    assert.match(await said(socket, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', refused), refused);
  });
}

test('a tunnel ends when the way out closes', async (t) => {
  const [wayOut, port] = await between(t, 'heard');
  const near = connect(wayOut.socket);
  near.on('error', () => {});
  near.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\n\r\nearly`);
  let heard = '';
  near.on('data', (chunk) => {
    heard += chunk;
  });
  const goesAlong = /established\r\n\r\nheard$/;
  await until('what came with the request goes along', () => goesAlong.test(heard));
  wayOut.close();
  await until('it is closed', () => near.closed);
});
