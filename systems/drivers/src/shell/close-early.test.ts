import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { minimalEnvironment } from './launch.ts';
import { httpUpstream } from './upstream-http.ts';
import { stdioUpstream } from './upstream-stdio.ts';

/** Longer than any test may take. */
const FOREVER_MS = 3_000_000;
const MUTE = ['-e', 'process.stderr.write("here"); setInterval(() => {}, 9e5)'];

test('a program that never introduces itself is closed at once', async () => {
  const env = minimalEnvironment(process.env);
  const times = { handshakeMs: FOREVER_MS, probeMs: FOREVER_MS };
  const options = { name: 'mute', command: process.execPath, args: MUTE, env, ...times };
  for (const era of ['stateful', 'stateless', undefined] as const) {
    const upstream = stdioUpstream({ ...options, ...(era === undefined ? {} : { era }) });
    const fault = assert.rejects(upstream.describe(), { name: 'UpstreamFault' });
    await until('the program runs', () => upstream.diagnostics().includes('here'));
    await upstream.close();
    await fault;
  }
});

test('a program that dies again and again is closed between two tries', async () => {
  const env = minimalEnvironment(process.env);
  const args = ['-e', 'process.exit(1)'];
  const upstream = stdioUpstream({ name: 'dying', command: process.execPath, args, env });
  for (let tries = 0; tries < 3; tries += 1) {
    await assert.rejects(upstream.describe(), { code: 'upstream.handshake_failed' });
  }
  const fault = assert.rejects(upstream.describe(), { code: 'upstream.closed' });
  await upstream.close();
  await fault;
});

test('a server that never answers is closed at once, on either transport', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const options = { name: 'mute', url: `http://127.0.0.1:${port}/mcp`, handshakeMs: FOREVER_MS };
  for (const transport of ['streamable', 'sse'] as const) {
    const upstream = httpUpstream({ ...options, transport });
    const asked = once(server, 'request');
    const fault = assert.rejects(upstream.describe(), { name: 'UpstreamFault' });
    await asked;
    await upstream.close();
    await fault;
  }
  server.closeAllConnections();
  server.close();
});
