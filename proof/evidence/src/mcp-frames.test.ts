import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runMcpFrames, SURFACES } from './mcp-frames.ts';

for (const surface of SURFACES) {
  test(`2,000 wrong frames: ${surface}`, { timeout: 240_000 }, async (context) => {
    const run = { frames: 2_000, seed: 1, surfaces: [surface] };
    const { findings, counts } = await runMcpFrames(run);
    assert.deepEqual(findings, []);
    assert.ok((counts['effects'] ?? 0) > 0, 'something happened, so receipts could be missing');
    context.diagnostic(JSON.stringify(counts));
  });
}
