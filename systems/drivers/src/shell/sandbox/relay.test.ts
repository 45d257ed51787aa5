import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const RELAY = fileURLToPath(new URL('./relay.ts', import.meta.url));
const CONNECTIONS = 60;
const PORT = 47_171;

/** Asks all at once, says more than is read, and counts who was answered. */
const PROGRAM = `
const { connect } = require('node:net');
const ask = () => new Promise((resolve) => {
  let said = '';
  const near = connect(${PORT}, '127.0.0.1', () => near.write('x'.repeat(200_000)));
  near.on('data', (chunk) => (said += chunk)).on('error', () => {});
  near.on('close', () => resolve(said === 'answered' ? 1 : 0));
});
Promise.all(Array.from({ length: ${CONNECTIONS} }, ask)).then((all) => {
  console.log(all.reduce((sum, each) => sum + each, 0));
});
`;

test('whoever asks while no more can wait is answered later, and not cut off', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-relay-'));
  const socket = join(folder, 'socket');
  const server = createServer((near) => {
    near.on('error', () => {}).once('data', () => near.end('answered'));
    // Busy: meanwhile but one can wait.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  });
  await new Promise<void>((resolve) => server.listen({ path: socket, backlog: 1 }, resolve));
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const forward = `${PORT}=${socket}`;
  const words = [RELAY, '-', forward, '-', process.execPath, '-e', PROGRAM];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  assert.equal((await text(child.stdout)).trim(), String(CONNECTIONS));
});
