import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCim } from './cim.ts';

test('on texts from templates never looked at, hardly anything is missed or wrong', (context) => {
  const { findings, counts, shares = {} } = runCim(1600, 5);
  assert.deepEqual(findings, []);
  assert.ok((counts['labelled'] ?? 0) > 1000);
  assert.ok((shares['precision_all'] ?? 0) >= 0.99 && (shares['recall_all'] ?? 0) >= 0.99);
  context.diagnostic(JSON.stringify(counts));
});
