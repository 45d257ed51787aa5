import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeFault } from './edge-client.ts';
import { transmit } from './transmit.ts';

const SENDING = {
  outgoing: {
    target: { server: 'mail', url: 'https://mcp.example/' },
    method: 'POST',
    headers: [],
  },
  body: new Uint8Array(),
  signal: new AbortController().signal,
};

test('a host that goes away behind a connection may have what was sent', async (context) => {
  for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'ECONNREFUSED']) {
    const told = [];
    for (const syscall of ['connect', 'read', 'write']) {
      const cause = Object.assign(new Error(code), { code, syscall });
      const failing = () => Promise.reject(new TypeError('fetch failed', { cause }));
      context.mock.method(globalThis, 'fetch', failing);
      const answered = await transmit(SENDING);
      assert.ok(!answered.ok);
      told.push(answered.error.isSent);
      context.mock.restoreAll();
    }
    assert.deepEqual(told, [false, true, true], code);
  }
});

test('what does not say that nothing was sent does not mean it', () => {
  const refusal = { code: 'edge.other', message: 'of a version to come' };
  const fault = new EdgeFault(JSON.parse(JSON.stringify(refusal)));
  assert.deepEqual([fault.isSent, fault.cause], [true, undefined]);
});
