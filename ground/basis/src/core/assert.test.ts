import { throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault, assert, unreachable } from './assert.ts';

test('a broken assumption is thrown as a bug', () => {
  assert(true, 'holds');
  throws(() => assert(false, 'one is two'), new AssertionFault('bug: one is two'));
});

test('a switch that was to be exhaustive says what it met', () => {
  throws(
    () => unreachable('surprise' as never),
    new AssertionFault('bug: unreachable value of type string'),
  );
});
