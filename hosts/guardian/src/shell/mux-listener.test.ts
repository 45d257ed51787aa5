import assert from 'node:assert/strict';
import { type Duplex, PassThrough } from 'node:stream';
import { test } from 'node:test';
import { encodeFrame, encodeMux } from '@ioi/frames';
import { acceptMuxed } from './mux-listener.ts';

const PIECE = new Uint8Array(64 * 1024);

test('a connection that sends on while nobody reads it is cut, and the others go on', async () => {
  const below = new PassThrough();
  const connections: Duplex[] = [];
  acceptMuxed(below, (connection) => connections.push(connection));
  const send = (message: Parameters<typeof encodeMux>[0]) =>
    below.write(encodeFrame(encodeMux(message)));
  for (const channel of [1, 2]) send({ kind: 'open', channel });
  for (let count = 0; count < 20 * 16; count += 1) {
    send({ kind: 'data', channel: 1, bytes: PIECE });
    if (count % 16 === 0) await new Promise(setImmediate);
  }
  send({ kind: 'data', channel: 2, bytes: PIECE });
  await new Promise(setImmediate);
  const [flood, other] = connections;
  assert.ok(flood?.destroyed);
  assert.equal(other?.destroyed, false);
});
