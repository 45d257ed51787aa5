import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectLocal } from './local-socket.ts';

const LISTENING = `require('node:net').createServer((socket) => socket.resume())
  .listen({ path: process.argv[1], backlog: 1 }, () => console.log('ready'));`;

/** Connections until the system says that too many wait. */
async function fillUp(path: string): Promise<readonly Socket[]> {
  const opened: Socket[] = [];
  for (;;) {
    const socket = connect(path);
    opened.push(socket);
    try {
      await once(socket, 'connect');
    } catch (fault) {
      assert.equal((fault as NodeJS.ErrnoException).code, 'EAGAIN');
      return opened;
    }
  }
}

const skip = process.platform === 'linux' ? false : 'only Linux says EAGAIN here';

test('a socket at which too many wait is tried again, one that is not there is not', {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-socket-'));
  const path = join(folder, 'x.sock');
  await assert.rejects(connectLocal(path), { code: 'ENOENT' });
  const server = spawn(process.execPath, ['-e', LISTENING, path]);
  try {
    await once(server.stdout, 'data');
    server.kill('SIGSTOP');
    const opened = await fillUp(path);
    const waiting = connectLocal(path);
    const early = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 50))]);
    assert.equal(early, undefined);
    server.kill('SIGCONT');
    for (const socket of [await waiting, ...opened]) socket.destroy();
  } finally {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});
