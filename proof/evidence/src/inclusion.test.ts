import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inclusionEvidence } from './inclusion.ts';

test('inclusion agrees with brute force, and decisions with Cedar and the reference', () => {
  const sizes = { universes: 150, questions: 0, decisions: 5000 };
  const { findings, counts } = inclusionEvidence(sizes, () => {});
  assert.deepEqual(findings, []);
  assert.equal(counts['decisions'], 5000);
});
