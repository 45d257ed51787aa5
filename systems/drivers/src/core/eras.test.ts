import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statelessMeta } from './eras.ts';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const told = (given: Parameters<typeof statelessMeta>[1]) =>
  statelessMeta('2026-07-28', given, {})[CAPABILITIES];

test('of its capabilities a client can tell a server only what it can be asked for', () => {
  const given = {
    elicitation: { form: { note: 'the secret is 7' }, url: {}, more: 'x' },
    sampling: { tools: {}, context: 'no' },
    roots: { listChanged: true, at: '/home' },
    experimental: { note: 'the secret is 7' },
    extensions: { 'example/x': { note: 'the secret is 7' } },
  };
  // This side follows tasks, whether or not its client does.
  const waits = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
  assert.deepEqual(told(given), {
    ...waits,
    elicitation: { form: {}, url: {} },
    sampling: { tools: {} },
    roots: { listChanged: true },
  });
  assert.deepEqual(told({ elicitation: {}, roots: null }), { ...waits, elicitation: {} });
  assert.deepEqual(told({}), waits);
});
