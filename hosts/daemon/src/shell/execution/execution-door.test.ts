import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { connectPinned, tlsIdentity } from '@ioi/crypto/tls/shell';
import { encodeFrame } from '@ioi/frames';
import { AskPipe } from '@ioi/frames/shell';
import type { ExecutorHead } from '@ioi/law';
import type { Executed } from '@ioi/protocol';
import { ExecutionDoor } from './execution-door.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-door-'));
const identity = tlsIdentity(join(folder, 'one.pem'), 'one');
const admitted: ExecutorHead = {
  ...{ state: 'admitted', name: 'one', sequence: '1' },
  key_hash: identity.keyHash,
};
let known: readonly ExecutorHead[] = [admitted];

const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const { port } = probe.address() as AddressInfo;
probe.close();
const reader = { allOf: () => known, get: () => undefined };
const door = new ExecutionDoor({
  ...{ folder, config: { port }, log: () => {} },
  reader: reader as never,
  writer: { submit: () => Promise.reject(new Error('nothing is sealed here')) },
});
await door.listen();
after(() => {
  door.close();
  rmSync(folder, { recursive: true, force: true });
});

function connected() {
  const pinned = door.status().listening?.key_hash ?? '';
  return connectPinned({ host: '127.0.0.1', port, identity, pinned });
}

const renew = { kind: 'renew', run_id: `run_${'7a'.repeat(16)}`, fence: '1' };
const isConnected = () => door.status().executors.some((each) => each.connected);

test('an open connection of a dismissed key has nothing, whoever has its name', async () => {
  const socket = await connected();
  const pipe = new AskPipe(socket, async () => ({}));
  const codeOf = async () => {
    const said = (await pipe.ask(renew)) as Executed;
    return said.kind === 'refused' ? said.refusal.code : said.kind;
  };
  assert.equal(await codeOf(), 'lease.fenced');
  known = [{ ...admitted, key_hash: `sha256:${'00'.repeat(32)}`, sequence: '3' }];
  assert.equal(await codeOf(), 'executor.not_admitted');
  known = [admitted];
  socket.destroy();
  await until('it is gone', () => !isConnected() || undefined);
});

test('one that asks and never reads is cut off before it fills the memory', async () => {
  const socket = await connected();
  socket.pause();
  await until('it is there', () => isConnected() || undefined);
  const ask = 'x'.repeat(4_000_000);
  const frame = encodeFrame(Buffer.from(JSON.stringify({ ask, body: renew })));
  for (let sent = 0; sent < 40 && isConnected(); sent += 1) {
    await new Promise((resolve) => socket.write(frame, resolve));
  }
  await until('it is cut off', () => !isConnected() || undefined);
  socket.destroy();
});
