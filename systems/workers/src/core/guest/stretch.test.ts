import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stretch } from './stretch.ts';

test('a thread that has the processor for itself is over at its limit, by the clock', () => {
  const stretch = new Stretch(800, 5_000);
  assert.equal(stretch.isWorthALook(5_099), false);
  assert.equal(stretch.isWorthALook(5_100), true);
  for (let at = 100; at < 800; at += 100) {
    assert.equal(stretch.isOver(5_000 + at, 70_000 + at), false, `${at}`);
  }
  assert.equal(stretch.isOver(5_800, 70_800), true);
});

test('one that others keep from the processor is given its time later', () => {
  const stretch = new Stretch(800, 0);
  assert.equal(stretch.isOver(3_000, 10), false, 'the first look came late');
  assert.equal(stretch.isOver(6_000, 700), false);
  assert.equal(stretch.isOver(6_500, 710), true, 'what nobody saw counts as spent');
});

test('one of which nobody knows what it spends is over by the clock', () => {
  const stretch = new Stretch(800, 0);
  assert.equal(stretch.isOver(7_999, undefined), false);
  assert.equal(stretch.isOver(8_000, undefined), true);
  assert.equal(stretch.isOver(8_000, 0), true, 'and so is one that waits for nothing');
});
