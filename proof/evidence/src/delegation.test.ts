import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runDelegation } from './delegation.ts';

test('no generated tree of delegation exceeds an ancestor', (context) => {
  const { findings, counts } = runDelegation(100, 7);
  assert.deepEqual(findings, []);
  assert.ok((counts['committed'] ?? 0) > 300 && (counts['refused'] ?? 0) > 300);
  context.diagnostic(JSON.stringify(counts));
});
