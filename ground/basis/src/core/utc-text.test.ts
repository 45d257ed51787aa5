import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utcText } from './utc-text.ts';

test('a moment is told as the calendar tells it', () => {
  const latest = Date.parse('9999-12-31T23:59:59Z');
  const anyMoment = fc.integer({ min: 0, max: latest });
  fc.assert(
    fc.property(anyMoment, (moment) => {
      const told = new Date(moment).toISOString().slice(0, 19).replace('T', ' ');
      assert.equal(utcText(BigInt(moment)), told);
    }),
    { numRuns: 2_000 },
  );
  assert.equal(utcText(BigInt(Date.parse('2400-02-29T12:00:00Z'))), '2400-02-29 12:00:00');
});
