import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { printChainTime, readChainTime } from './chain-time.ts';

test('chain time is written and read as the calendar has it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      const text = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
      assert.equal(printChainTime(BigInt(seconds) * 1000n), text);
      assert.equal(readChainTime(text), BigInt(seconds) * 1000n);
    }),
    { numRuns: 2000 },
  );
  assert.equal(readChainTime('2026-11-22T08:00Z'), 1_795_334_400_000n);
  assert.equal(readChainTime('1795334400001'), 1_795_334_400_001n);
});

test('what is no moment is refused', () => {
  const wrong = ['2026-02-30T00:00:00Z', '2026-11-22', '2026-11-22T24:00:00Z', '-1', '01', ''];
  for (const text of [...wrong, '2026-11-22T08:00:00+01:00', '9'.repeat(20), '1969-12-31T00:00Z']) {
    assert.equal(readChainTime(text), undefined, text);
  }
});
