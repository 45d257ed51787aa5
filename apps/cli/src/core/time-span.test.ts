import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTimeSpan, timeSpanText } from './time-span.ts';

test('a span of time is read with its unit, and nothing else is', () => {
  assert.equal(readTimeSpan('30d'), 2_592_000_000n);
  assert.equal(readTimeSpan('12h'), 43_200_000n);
  assert.equal(readTimeSpan('90s'), 90_000n);
  assert.equal(readTimeSpan('5ms'), 5n);
  for (const text of ['', '30', 'd', '-1d', '1.5h', '30 d', '1y']) {
    assert.equal(readTimeSpan(text), undefined, text);
  }
});

test('a span of time is told in the largest unit of which there are two', () => {
  assert.equal(timeSpanText(2_592_000_000n), '30 d');
  assert.equal(timeSpanText(86_400_000n), '24 h');
  assert.equal(timeSpanText(7_199_999n), '119 min');
  assert.equal(timeSpanText(2_500n), '2 s');
  assert.equal(timeSpanText(1_999n), '1999 ms');
});
