import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchNode } from './watch-node.ts';

type Node = { readonly socket: string; asked(): Promise<ServerResponse>; count(): number };

async function withNode(run: (node: Node) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-watch-'));
  const socket = join(folder, 'api.sock');
  let count = 0;
  const server = createServer(() => {
    count += 1;
  }).listen(socket);
  await once(server, 'listening');
  const asked = async () => (await once(server, 'request'))[1] as ServerResponse;
  try {
    await run({ socket, asked, count: () => count });
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  }
}

test('who no longer watches asks no more, also where an answer was on its way', async () => {
  await withNode(async ({ socket, asked, count }) => {
    const goneFault = (): void => assert.fail('it is not gone');
    const first = asked();
    const watching = watchNode(socket, goneFault);
    (await first).end();
    const watch = await watching;
    const late = await asked();
    watch?.close();
    late.end();
    await sleep(2_500);
    assert.equal(count(), 2);
  });
});

test('a node that no longer answers is gone, and one that never did is not watched', async () => {
  await withNode(async ({ socket, asked }) => {
    const first = asked();
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const watching = watchNode(socket, resolve);
    (await first).end();
    assert.ok(await watching);
    (await asked()).destroy();
    await gone;
    assert.equal(await watchNode(`${socket}.none`, () => {}), undefined);
  });
});

test('a node silent for a while is not gone, and one silent for ever is', async () => {
  await withNode(async ({ socket, asked, count }) => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    let isGone = false;
    const watching = watchNode(
      socket,
      () => {
        isGone = true;
        resolve();
      },
      60,
    );
    // The first is not answered in time, the second is.
    await asked();
    (await asked()).end();
    assert.ok(await watching);
    for (const _ of [1, 2, 3]) await asked();
    (await asked()).end();
    assert.equal(isGone, false);
    const before = count();
    await gone;
    assert.equal(count() - before, 6);
  });
});
