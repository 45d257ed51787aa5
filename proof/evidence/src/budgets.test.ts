import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runBudgets } from './budgets.ts';

test('no sequence of acts, policies and crashes passes the cap of its first policy', (context) => {
  const { findings, counts } = runBudgets(600, 7);
  assert.deepEqual(findings, []);
  assert.ok((counts['swaps'] ?? 0) > 200 && (counts['admitted'] ?? 0) > 3000);
  context.diagnostic(JSON.stringify(counts));
});
