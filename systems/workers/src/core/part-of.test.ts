import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginningOf, endingOf } from './part-of.ts';

test('a secret at the place where a text is cut is no part of what is kept', () => {
  const secret = `ghp_${'a1B2c3D4'.repeat(4)}e5F6`;
  for (let at = 0; at <= 45; at += 1) {
    const [before, after] = [`${'x '.repeat(500 + at)}`, `${' y'.repeat(500 + at)}`];
    const text = `${before}${secret}${after}`;
    const told = `${beginningOf(text, 1040)} ${endingOf(text, 1040)}`;
    for (let from = 0; from + 8 <= secret.length; from += 1) {
      assert.ok(!told.includes(secret.slice(from, from + 8)), `${at} ${from}`);
    }
  }
  assert.equal(beginningOf('plain', 3), 'pla');
  assert.equal(endingOf('plain', 3), 'ain');
});
