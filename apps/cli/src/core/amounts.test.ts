import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageText, bytesText, countText } from './amounts.ts';

test('bytes, ages and counts are short and in their largest unit', () => {
  assert.deepEqual([0, 1023, 1024, 1536, 250 * 1024, 5 * 1024 ** 3].map(bytesText), [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '250 KiB',
    '5.0 GiB',
  ]);
  const ago = (seconds: number): string =>
    ageText(String(1_000_000_000 - seconds * 1000), 1_000_000_000);
  assert.deepEqual([-5, 0, 119, 120, 7_199, 7_200, 172_800].map(ago), [
    '0s',
    '0s',
    '119s',
    '2min',
    '120min',
    '2h',
    '2d',
  ]);
  assert.equal(ageText(undefined, 0), '');
  assert.deepEqual([0, 999, 1000, 1234567].map(countText), ['0', '999', '1,000', '1,234,567']);
});
