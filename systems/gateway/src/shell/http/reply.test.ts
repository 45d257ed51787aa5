import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { HTTP_LIMITS } from './limits.ts';
import { Reply } from './reply.ts';

test('nothing goes on for a reader that left before its answer was begun', async (t) => {
  const cleared = t.mock.method(globalThis, 'clearInterval');
  const set = t.mock.method(globalThis, 'setInterval');
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  const limits = { ...HTTP_LIMITS, primeMs: 1, keepAliveMs: 1 };
  const of = { limits, headers: () => ({}), gone: () => {} };
  const resumable = { isEvent: () => true, name: () => '', remember: () => '', first: () => '' };
  for (const each of [of, { ...of, resumable }]) new Reply(response, each);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(cleared.mock.callCount(), set.mock.callCount());
});
