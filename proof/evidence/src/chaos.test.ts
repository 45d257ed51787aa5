import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChaos } from './chaos.ts';

test('fifty runs while everything is killed: no effect twice, no end unexplained', async () => {
  const { findings, counts } = await runChaos({ runs: 50, runsALife: 4, seed: 11 });
  assert.deepEqual(findings, [], JSON.stringify(counts));
  assert.ok((counts['completed'] ?? 0) > 0, JSON.stringify(counts));
  for (const who of ['daemon', 'both', 'worker', 'model', 'stop']) {
    assert.ok((counts[`kills_${who}`] ?? 0) > 0, `${who} was never killed`);
  }
});
