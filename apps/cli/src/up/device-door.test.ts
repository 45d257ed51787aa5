import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { DeviceDoor } from './device-door.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function opened(accept: (socket: Socket) => void = () => {}) {
  const accepted: Socket[] = [];
  const take = (socket: Socket): void => {
    accepted.push(socket);
    accept(socket);
  };
  const door = new DeviceDoor(take, () => undefined);
  // Somebody else may take the port that was free.
  const port = await until('it listens', async () => {
    const free = await freePort();
    const { code } = await door.answer({ kind: 'listen', port: free, address: '127.0.0.1' });
    return code === undefined && free;
  });
  const close = (): void => {
    for (const socket of accepted) socket.destroy();
    door.close();
  };
  return { accepted, port, close };
}

/** Resolves once the other side answered by a byte or an end. */
async function tried(port: number, accepted: Socket[]): Promise<Socket> {
  const before = accepted.length;
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  const gone = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  const came = until('it is taken', () => accepted.length > before || socket.destroyed);
  await Promise.race([gone, came]);
  return socket;
}

test('one address takes only some of the room', async () => {
  const { accepted, port, close } = await opened();
  const sockets: Socket[] = [];
  for (let count = 0; count < 20; count += 1) sockets.push(await tried(port, accepted));
  assert.equal(accepted.length, 16);
  for (const socket of sockets) socket.destroy();
  close();
});

test('who connects again and again does not keep the guardian busy', async () => {
  const { accepted, port, close } = await opened((socket) => void socket.destroy());
  const begun = performance.now();
  for (let count = 0; count < 200; count += 1) (await tried(port, accepted)).destroy();
  const seconds = Math.ceil((performance.now() - begun) / 1000) + 1;
  assert.ok(accepted.length <= 32 * seconds, `${accepted.length} in ${seconds} s`);
  close();
});
