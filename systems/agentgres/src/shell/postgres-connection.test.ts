import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { Connection } from './postgres-connection.ts';

const WARNING = 'SWARNING\0C01000\0Mdatabase has a collation version mismatch\0\0';
const sockets = new Set<Socket>();
const server = createServer({ allowHalfOpen: true }, (socket) => {
  sockets.add(socket);
  socket.on('error', () => {});
  // It lets everybody in, with a warning, and says nothing after that.
  socket
    .on('data', () => {})
    .once('data', () => {
      const welcome = [message('R', '\0\0\0\0'), message('N', WARNING), message('Z', 'I')];
      socket.write(Buffer.concat(welcome));
    });
});
let url = '';

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `postgresql://ioi@127.0.0.1:${(server.address() as AddressInfo).port}/ioi`;
});

after(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

function message(type: string, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, Buffer.from(body, 'latin1')]);
}

test('a warning at the door is of no write, and a silent server is left all the same', async () => {
  const connection = await Connection.open({ url });
  assert.equal(connection.warning, undefined);
  const begun = performance.now();
  await connection.close();
  assert.ok(performance.now() - begun < 10_000);
});

test('a URL that cannot be read is refused, and not repeated', async () => {
  for (const bad of ['postgresql://ioi:sec/ret@h/x', 'postgresql://ioi:sec?ret@h1,h2/x']) {
    const refused = (fault: Error & { code?: string }) => {
      assert.equal(fault.code, 'store.refused');
      assert.doesNotMatch(`${fault.message} ${fault.cause}`, /sec|ret@/);
      return true;
    };
    await assert.rejects(Connection.open({ url: bad }), refused);
  }
});
