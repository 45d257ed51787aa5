import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { decodeMux, encodeFrame, encodeMux, FrameReader, type MuxMessage } from '@ioi/frames';
import fc from 'fast-check';
import { newFolder, removeFolder } from '../testing/run-ioi.ts';
import { type SpliceLimits, spliceListener } from './splice.ts';

/** The guardian's end of the stream, as far as a splice can tell. */
class FarEnd {
  readonly messages: MuxMessage[] = [];
  readonly #stream: Duplex;

  constructor(stream: Duplex, onMessage: (message: MuxMessage, end: FarEnd) => void = () => {}) {
    this.#stream = stream;
    const reader = new FrameReader();
    stream.on('data', (chunk: Buffer) => {
      const bodies = reader.push(chunk);
      assert.ok(bodies.ok);
      for (const body of bodies.value) {
        const message = decodeMux(body);
        assert.ok(message.ok);
        this.messages.push(message.value);
        onMessage(message.value, this);
      }
    });
  }

  send(message: MuxMessage): void {
    this.#stream.write(encodeFrame(encodeMux(message)));
  }
}

async function splicing(
  run: (spliced: { path: string; near: Duplex; far: Duplex }) => Promise<void>,
  limits?: SpliceLimits,
): Promise<void> {
  const folder = newFolder();
  const [near, far] = duplexPair();
  const server: Server = spliceListener(near, limits);
  const path = join(folder, 's');
  server.listen(path);
  await once(server, 'listening');
  try {
    await run({ path, near, far });
  } finally {
    near.destroy();
    server.close();
    removeFolder(folder);
  }
}

/** Sends back whatever comes, and ends when the other side did. */
function echo(message: MuxMessage, end: FarEnd): void {
  if (message.kind !== 'open') end.send(message);
}

function open(path: string): Socket {
  return connect({ path, allowHalfOpen: true });
}

test('bytes of many connections come back to each, unread and in order', async () => {
  await splicing(async ({ path, far }) => {
    new FarEnd(far, echo);
    const bytes = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 5 }), async (connections) => {
        const answers = connections.map(async (pieces) => {
          const socket = open(path);
          for (const piece of pieces) socket.write(piece);
          socket.end();
          assert.deepEqual(await buffer(socket), Buffer.concat(pieces));
        });
        await Promise.all(answers);
      }),
      { numRuns: 30 },
    );
  });
});

test('one side may end while the other still speaks', async () => {
  await splicing(async ({ path, far }) => {
    const late = new FarEnd(far, ({ kind, channel }, end) => {
      if (kind !== 'end') return;
      setTimeout(() => {
        end.send({ kind: 'data', channel, bytes: Buffer.from('late answer') });
        end.send({ kind: 'end', channel });
      }, 30);
    });
    const socket = open(path);
    socket.end('question');
    assert.equal((await buffer(socket)).toString(), 'late answer');
    assert.deepEqual(
      late.messages.map(({ kind }) => kind),
      ['open', 'data', 'end'],
    );
  });
});

test('a connection that breaks off ends its channel, and frames for it are dropped', async () => {
  await splicing(async ({ path, far }) => {
    const end = new FarEnd(far);
    const socket = open(path);
    socket.write('x');
    await until('data arrived', () => end.messages.length === 2);
    socket.destroy();
    await until('the channel ended', () => end.messages.at(-1)?.kind === 'end');
    end.send({ kind: 'data', channel: 1, bytes: Buffer.from('for nobody') });
    end.send({ kind: 'data', channel: 999, bytes: Buffer.from('for nobody') });
    const other = open(path);
    other.write('y');
    await until('others go on', () => end.messages.at(-1)?.channel === 2);
    other.destroy();
  });
});

test('who does not read holds the others up for a while, and is then cut', async () => {
  const limits = { stallMs: 200, heldBytes: 64 * 1024 };
  await splicing(async ({ path, far }) => {
    const end = new FarEnd(far, echo);
    const slow = open(path);
    slow.pause();
    slow.write('x');
    await until('it is there', () => end.messages.length === 2);
    const big = Buffer.alloc(1024 * 1024);
    for (let count = 0; count < 8; count += 1) end.send({ kind: 'data', channel: 1, bytes: big });
    const other = open(path);
    other.end('still served');
    assert.equal((await buffer(other)).toString(), 'still served');
    await until('it was cut', () => end.messages.some((m) => m.kind === 'end' && m.channel === 1));
    slow.destroy();
  }, limits);
});

test('a stream that is not frames is given up, with every connection', async () => {
  await splicing(async ({ path, near, far }) => {
    new FarEnd(far);
    const socket = connect(path);
    await once(socket, 'connect');
    near.on('error', () => {});
    const closed = once(socket, 'close');
    far.write(Buffer.alloc(64, 0xff));
    socket.resume();
    await closed;
    assert.ok(near.destroyed);
  });
});

test('what a full stream cannot take stays with whoever sent it', async () => {
  await splicing(async ({ path, far }) => {
    // Nobody reads the far end: the near end fills up.
    const socket = open(path);
    const piece = Buffer.alloc(256 * 1024);
    let taken = 0;
    for (let count = 0; count < 64; count += 1) {
      socket.write(piece, () => {
        taken += 1;
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.ok(taken < 64);
    const end = new FarEnd(far);
    await until('all of it arrived', () => {
      const bytes = end.messages.map((m) => (m.kind === 'data' ? m.bytes.length : 0));
      return bytes.reduce((sum, each) => sum + each, 0) === 64 * piece.length;
    });
    socket.destroy();
  });
});
