import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runBurn } from './burn.ts';

/** Two lives whose grant is given before the kill, two whose is still being given. */
const SEED = 7;

test('racing callers and kills: each grant of one call is burned exactly once', async (context) => {
  const { findings, counts } = await runBurn({ kills: 4, seed: SEED });
  assert.deepEqual(findings, []);
  assert.ok((counts['grants'] ?? 0) > 1 && counts['committed'] === counts['grants']);
  context.diagnostic(JSON.stringify(counts));
});
