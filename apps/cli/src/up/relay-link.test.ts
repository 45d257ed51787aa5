import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, mock, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import { generateHybridKey } from '@ioi/crypto/shell';
import { encodeFrame, FrameReader } from '@ioi/frames';
import { type NodeSays, nodeSaysIn, type RelaySays, relayFrame } from '@ioi/law';
import { RelayLink } from './relay-link.ts';

const NAME = 'laptop.relay.example.org';
const key = generateHybridKey();

/** Whoever answers where a relay should be. */
let answer: (socket: Socket, said: NodeSays) => void = () => {};
let server: Server;
let relay = '';
const heard: NodeSays[] = [];

before(async () => {
  server = createServer((socket) => {
    socket.on('error', () => {});
    const frames = new FrameReader();
    socket.on('data', (chunk: Buffer) => {
      const bodies = frames.push(chunk);
      for (const body of bodies.ok ? bodies.value : []) {
        const said = nodeSaysIn(body);
        if (said === undefined) continue;
        heard.push(said);
        answer(socket, said);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  relay = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => void server.close());

function say(socket: Socket, said: RelaySays): void {
  socket.write(encodeFrame(relayFrame(said)));
}

async function linking(
  how: (socket: Socket, said: NodeSays) => void,
  run: (link: RelayLink, accepted: Socket[]) => Promise<void>,
): Promise<void> {
  heard.length = 0;
  answer = how;
  const accepted: Socket[] = [];
  const accept = (socket: Socket): void => void accepted.push(socket);
  const link = new RelayLink({ relay, name: NAME, key, accept });
  try {
    await run(link, accepted);
  } finally {
    link.close();
  }
}

// First of all: intervals that others begin are not stopped by the clock that this one brings.
test('a relay that is gone without a word is noticed, and tried again', async () => {
  let links = 0;
  const silent = (socket: Socket, { kind }: NodeSays): void => {
    if (kind === 'link') {
      links += 1;
      say(socket, { kind: 'linked' });
    } else if (links === 1 && heard.filter((said) => said.kind === 'ping').length === 1) {
      say(socket, { kind: 'pong' });
    }
  };
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    await linking(silent, async (link) => {
      await until('it is linked', () => link.status().state === 'linked');
      for (let count = 1; count <= 3; count += 1) {
        mock.timers.tick(20_000);
        await until('it asks', () => heard.filter(({ kind }) => kind === 'ping').length === count);
        assert.equal(link.status().state, 'linked');
        await sleep(20);
      }
      mock.timers.tick(20_000);
      await until('it says so', () => link.status().state === 'away');
      assert.equal(link.status().message, 'the relay does not answer');
      await until('it is linked anew', () => links === 2 && link.status().state === 'linked');
    });
  } finally {
    mock.timers.reset();
  }
});

test('what answers without being a relay is left, named, and tried again', async () => {
  const wrong = ['HTTP/1.1 400 Bad Request\r\n\r\n', '\0\0\0\x02{}', '\0\xff\xff\xff', '\xff'];
  let tries = 0;
  const hostile = (socket: Socket): void => {
    socket.end(Buffer.from(wrong[tries % wrong.length] ?? '', 'latin1'));
    tries += 1;
  };
  await linking(hostile, async (link) => {
    await until('it is named', () => link.status().code === 'relay.malformed');
    await until('it is tried again', () => tries >= 4);
    assert.equal(link.status().state, 'away');
  });
});

test('a relay that refuses says why, and one that asks on and on has one signature', async () => {
  const refusing = (socket: Socket): void => {
    say(socket, { kind: 'refused', code: 'relay.not_added', message: 'not here' });
    socket.end();
  };
  await linking(refusing, async (link) => {
    await until('it is told', () => link.status().code === 'relay.not_added');
    assert.equal(link.status().message, 'not here');
  });
  const asking = (socket: Socket, { kind }: NodeSays): void => {
    if (kind !== 'link') return;
    for (let count = 0; count < 100; count += 1) {
      say(socket, { kind: 'prove', nonce: 'a1'.repeat(32) });
    }
    say(socket, { kind: 'linked' });
  };
  await linking(asking, async (link) => {
    await until('it is linked', () => link.status().state === 'linked');
    await until('it signed', () => heard.some(({ kind }) => kind === 'proof'));
    assert.equal(heard.filter(({ kind }) => kind === 'proof').length, 1);
  });
});

test('a relay has no more connections opened than a node allows it', async () => {
  const calling = (socket: Socket, { kind }: NodeSays): void => {
    if (kind !== 'link') return;
    say(socket, { kind: 'call', token: '00'.repeat(32) });
    say(socket, { kind: 'linked' });
    for (let count = 0; count < 500; count += 1) {
      say(socket, { kind: 'call', token: 'b2'.repeat(32) });
    }
  };
  const begun = performance.now();
  await linking(calling, async (link, accepted) => {
    await until('some are taken', () => accepted.length >= 32);
    assert.equal(link.status().state, 'linked');
    const seconds = Math.ceil((performance.now() - begun) / 1000) + 1;
    assert.ok(accepted.length <= Math.min(64, 32 * seconds), `${accepted.length}`);
    const taken = heard.filter((said) => said.kind === 'take');
    assert.ok(taken.every(({ token }) => token === 'b2'.repeat(32)));
    link.close();
    await until('all are closed with it', () => accepted.every(({ destroyed }) => destroyed));
  });
});
