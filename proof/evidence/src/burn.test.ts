import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runBurn } from './burn.ts';

test('racing callers and kills: each grant of one call is burned exactly once', async (context) => {
  const { findings, counts } = await runBurn({ kills: 4, seed: Date.now() % 1_000_000 });
  assert.deepEqual(findings, []);
  assert.ok((counts['grants'] ?? 0) > 1 && counts['committed'] === counts['grants']);
  context.diagnostic(JSON.stringify(counts));
});
