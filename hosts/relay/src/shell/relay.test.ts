import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { until } from '@ioi/basis/testing';
import { relayAddressIn } from '@ioi/law';
import { helloFor } from '../testing/client-hello.ts';
import { NodeSide } from '../testing/node-side.ts';
import { Register } from './register.ts';
import { Relay } from './relay.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-relay-'));
const register = new Register(folder);
const events: object[] = [];
const relay = new Relay({ register, say: (event) => events.push(event) });
let address = '';
let port = 0;
let names = 0;

before(async () => {
  ({ address } = await relay.listen({ host: '127.0.0.1', port: 0 }));
  port = relayAddressIn(address)?.port ?? 0;
});

after(() => {
  relay.close();
  rmSync(folder, { recursive: true });
});

/** A node with a name of its own that is linked. */
async function linked(): Promise<{ node: NodeSide; name: string }> {
  const node = new NodeSide(port);
  names += 1;
  const name = `n${names}.relay.example.org`;
  assert.ok(register.add(name, node.key.keyId).ok);
  await node.link(address, name);
  await node.hears('linked');
  return { node, name };
}

function caller(): Socket {
  return connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
}

/** The first bytes of a client of TLS, from which the relay takes the name. */
async function hello(name: string): Promise<Socket> {
  const socket = caller();
  socket.write(await helloFor(name));
  return socket;
}

/** The relay has nothing more to say there, in peace or not. */
async function gone(socket: Socket): Promise<void> {
  socket.resume();
  await until('it is over', () => socket.closed || socket.readableEnded);
  socket.destroy();
}

async function refused(node: NodeSide, code: string): Promise<void> {
  assert.equal((await node.hears('refused')).code, code);
  await gone(node.socket);
}

test('only the key that was added proves a name, for this relay, each time anew', async () => {
  const { node, name } = await linked();
  const stranger = new NodeSide(port);
  stranger.tell({ kind: 'link', name, key: stranger.key.publicKey });
  await refused(stranger, 'relay.not_added');
  const posing = new NodeSide(port);
  posing.tell({ kind: 'link', name, key: node.key.publicKey });
  const { nonce } = await posing.hears('prove');
  assert.match(nonce, /^[0-9a-f]{64}$/);
  const elsewhere = new NodeSide(port, node.key);
  const proof = await elsewhere.link('other.example.org:8443', name);
  await refused(elsewhere, 'relay.not_proven');
  posing.tell(proof);
  await refused(posing, 'relay.not_proven');
  const other = await linked();
  other.node.tell(proof);
  await gone(other.node.socket);
  node.tell({ kind: 'ping' });
  await node.hears('pong');
  assert.equal(
    node.heard.some(({ kind }) => kind === 'refused'),
    false,
  );
});

test('bytes go both ways unread, and one side may end before the other', async () => {
  const { node, name } = await linked();
  const socket = await hello(name);
  const { token } = await node.hears('call');
  const end = node.take(token);
  const [first] = (await once(end, 'data')) as [Buffer];
  assert.equal(first[0], 0x16);
  let question = '';
  end.on('data', (chunk: Buffer) => {
    question += chunk.toString('latin1');
  });
  socket.end('question');
  await once(end, 'end');
  assert.match(question, /question$/);
  const answer = Buffer.alloc(3_000_000, 7);
  end.end(answer);
  const got = await buffer(socket);
  assert.ok(got.equals(answer));
});

test('a call is taken once, by who was told its token', async () => {
  const { node, name } = await linked();
  const wrong = node.take('00'.repeat(32));
  await gone(wrong);
  const socket = await hello(name);
  const { token } = await node.hears('call');
  const end = node.take(token);
  await once(end, 'data');
  await gone(node.take(token));
  end.destroy();
  await gone(socket);
});

test('who comes for a name that nobody has hears it in words of TLS', async () => {
  const client = connectTls({ port, host: '127.0.0.1', servername: 'nobody.relay.example.org' });
  const [fault] = (await once(client, 'error')) as [Error];
  assert.match(fault.message, /unrecognized name/i);
});

test('one address takes only some of the room of a name, and none of another', async () => {
  const { node, name } = await linked();
  const { node: other, name: otherName } = await linked();
  const sockets = await Promise.all(Array.from({ length: 24 }, () => hello(name)));
  await until('sixteen are told', () => node.heard.length >= 17);
  const left = sockets.map((socket) => gone(socket));
  await Promise.race(left);
  await hello(otherName);
  await other.hears('call');
  assert.equal(node.heard.filter(({ kind }) => kind === 'call').length, 16);
  for (const socket of sockets) socket.destroy();
});

test('who does not read holds up nobody but itself', async () => {
  const { node, name } = await linked();
  const socket = await hello(name);
  const { token } = await node.hears('call');
  const end = node.take(token);
  await once(end, 'data');
  const piece = Buffer.alloc(1024 * 1024);
  for (let count = 0; count < 64; count += 1) end.write(piece);
  const before = process.memoryUsage().arrayBuffers;
  node.tell({ kind: 'ping' });
  await node.hears('pong');
  // What is written waits where it was written; the relay holds its own small buffers.
  assert.ok(end.writableLength > 16 * piece.length, `${end.writableLength}`);
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 * piece.length);
  socket.destroy();
  await gone(end);
});

test('the same key that comes again takes the place of its old connection', async () => {
  const { node, name } = await linked();
  const again = new NodeSide(port, node.key);
  await again.link(address, name);
  await again.hears('linked');
  await refused(node, 'relay.replaced');
  await hello(name);
  await again.hears('call');
});

test('a name that is removed is cut, with what is open for it', async () => {
  const { node, name } = await linked();
  const socket = await hello(name);
  const { token } = await node.hears('call');
  const end = node.take(token);
  await once(end, 'data');
  assert.ok(register.remove(name).ok);
  await refused(node, 'relay.not_added');
  await Promise.all([gone(socket), gone(end)]);
  assert.deepEqual(events.at(-1), { event: 'removed', name });
});

test('a name that is removed while its node is away is cut all the same', async () => {
  const { node, name } = await linked();
  const socket = await hello(name);
  const { token } = await node.hears('call');
  const end = node.take(token);
  await once(end, 'data');
  node.socket.destroy();
  const isAway = { event: 'away', name };
  await until('it is away', () => events.some((each) => isDeepStrictEqual(each, isAway)));
  assert.ok(register.remove(name).ok);
  await Promise.all([gone(socket), gone(end)]);
  assert.deepEqual(events.at(-1), { event: 'removed', name });
});

test('a name that is another node’s at once is cut for the one before', async () => {
  const { node, name } = await linked();
  const socket = await hello(name);
  const { token } = await node.hears('call');
  const end = node.take(token);
  await once(end, 'data');
  const other = new NodeSide(port);
  assert.ok(register.remove(name).ok);
  assert.ok(register.add(name, other.key.keyId).ok);
  await other.link(address, name);
  await other.hears('linked');
  await Promise.all([gone(socket), gone(end), gone(node.socket)]);
});

test('bytes that mean nothing, and too many of them, end their own connection', async () => {
  const { node } = await linked();
  const bad = ['GET / HTTP/1.1\r\n\r\n', '\xff'.repeat(100_000), '\0\0\0\x02{}', '\0\xff\xff\xff'];
  for (const bytes of bad) {
    const socket = caller();
    socket.write(Buffer.from(bytes, 'latin1'));
    await gone(socket);
  }
  const strange = await linked();
  strange.node.socket.write(Buffer.alloc(64, 0xff));
  await gone(strange.node.socket);
  node.tell({ kind: 'ping' });
  await node.hears('pong');
});

test('a name is one node’s, and what is no name or key is refused', () => {
  const key = new NodeSide(port).key.keyId;
  const add = (name: string, keyId: string) => {
    const added = register.add(name, keyId);
    return added.ok ? 'added' : added.error.code;
  };
  assert.equal(add('twice.relay.example.org', key), 'added');
  assert.equal(add('twice.relay.example.org', key), 'relay.name_taken');
  assert.equal(add('../twice.example.org', key), 'relay.bad_name');
  assert.equal(add('other.relay.example.org', 'sha256:00'), 'relay.bad_key');
  assert.equal(register.remove('../names').ok, false);
  assert.ok(register.list().some(({ name }) => name === 'twice.relay.example.org'));
  assert.equal(register.keyOf('twice.relay.example.org'), key);
});
