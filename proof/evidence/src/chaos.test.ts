import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChaos } from './chaos.ts';

test('sixteen runs while everything is killed: no effect twice, no end unexplained', async () => {
  const { findings, counts } = await runChaos({ runs: 16, seed: 11 });
  assert.deepEqual(findings, [], JSON.stringify(counts));
  assert.ok((counts['completed'] ?? 0) > 0, JSON.stringify(counts));
});
