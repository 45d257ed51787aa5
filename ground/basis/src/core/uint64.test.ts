import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssertionFault } from './assert.ts';
import { formatUint64, parseUint64 } from './uint64.ts';

const MAX = 2n ** 64n - 1n;

test('every uint64 has one decimal spelling that reads back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: MAX }), (value) => {
      deepEqual(parseUint64(formatUint64(value)), { ok: true, value });
    }),
  );
  deepEqual(parseUint64(MAX.toString()), { ok: true, value: MAX });
});

test('anything but plain decimal digits is malformed', () => {
  const hostile = [
    '',
    ' 1',
    '1 ',
    '+1',
    '-1',
    '-0',
    '00',
    '01',
    '1e3',
    '0x1',
    '1.0',
    '1_000',
    '١',
    '1\n',
  ];
  for (const text of hostile) {
    const parsed = parseUint64(text);
    equal(parsed.ok ? 'accepted' : parsed.error.code, 'uint64.malformed', JSON.stringify(text));
  }
});

test('a number from 2^64 up is out of range', () => {
  for (const text of [(MAX + 1n).toString(), '99999999999999999999', '1'.repeat(400)]) {
    const parsed = parseUint64(text);
    equal(parsed.ok ? 'accepted' : parsed.error.code, 'uint64.out_of_range', text);
  }
});

test('formatting a number that is no uint64 is a bug', () => {
  throws(() => formatUint64(-1n), AssertionFault);
  throws(() => formatUint64(MAX + 1n), AssertionFault);
});
