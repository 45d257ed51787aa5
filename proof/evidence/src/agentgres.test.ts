import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runKills } from './agentgres.ts';

test('a domain killed again and again loses nothing that was acknowledged', async () => {
  const { findings, counts } = await runKills({ kills: 15, seed: Date.now() % 1_000_000 });
  assert.deepEqual(findings, []);
  assert.ok((counts['acknowledged'] ?? 0) > 0, 'the lives between the kills did some work');
});
