import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalAmount, readMoney, scaleAmount } from './money.ts';

test('an amount has one spelling and an exact value', () => {
  assert.equal(canonicalAmount('50.00'), '50');
  assert.equal(canonicalAmount('0.50'), '0.5');
  assert.equal(canonicalAmount('100'), '100');
  assert.equal(canonicalAmount('0.0'), '0');
  assert.equal(scaleAmount('0.000000000000000001'), 1n);
  assert.equal(scaleAmount('12.5'), 12_500_000_000_000_000_000n);
  for (const text of ['-1', '+1', '01', '1.', '.5', '1e3', '', ' 1', '0x1', '1'.repeat(31)]) {
    assert.equal(canonicalAmount(text), undefined, text);
    assert.equal(scaleAmount(text), undefined, text);
  }
});

test('equal amounts, and only those, have equal spellings', () => {
  const amount = fc.tuple(fc.nat(20), fc.stringMatching(/^[0-2]{0,4}$/)).map(([whole, part]) => {
    return part === '' ? `${whole}` : `${whole}.${part}`;
  });
  fc.assert(
    fc.property(amount, amount, (a, b) => {
      assert.equal(canonicalAmount(a) === canonicalAmount(b), scaleAmount(a) === scaleAmount(b));
    }),
    { numRuns: 3000 },
  );
});

test('anything but amount and unit as text is no money', () => {
  assert.deepEqual(readMoney({ amount: '5.0', unit: 'usd' }), {
    money: { amount: '5', unit: 'usd' },
    scaled: 5n * 10n ** 18n,
  });
  for (const value of [null, 5, '5', [], {}, { amount: 5, unit: 'usd' }, { amount: '5' }]) {
    assert.equal(readMoney(value), undefined);
  }
  assert.equal(readMoney({ amount: '5', unit: 'u d' }), undefined);
});
