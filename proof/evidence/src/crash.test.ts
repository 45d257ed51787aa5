import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCrash } from './crash.ts';

test('twenty kills: nothing acknowledged is lost, nothing unsealed is performed', async () => {
  const { findings, counts } = await runCrash({ kills: 20, seed: 7 });
  assert.deepEqual(findings, []);
  assert.ok((counts['acknowledged'] ?? 0) > 0, 'the lives between the kills did some work');
});
