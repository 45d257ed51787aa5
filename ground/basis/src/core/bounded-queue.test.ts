import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssertionFault } from './assert.ts';
import { BoundedQueue } from './bounded-queue.ts';

test('a queue behaves like an array with a limit', () => {
  const action = fc.oneof(
    { weight: 5, arbitrary: fc.constant('push' as const) },
    { weight: 4, arbitrary: fc.constant('shift' as const) },
    { weight: 1, arbitrary: fc.constant('drain' as const) },
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(action, { maxLength: 600 }),
      (limit, actions) => {
        const queue = new BoundedQueue<number>(limit);
        let model: number[] = [];
        actions.forEach((name, step) => {
          if (name === 'push') {
            equal(queue.push(step), model.length < limit);
            if (model.length < limit) model.push(step);
          } else if (name === 'shift') {
            equal(queue.shift(), model.shift());
          } else {
            deepEqual(queue.drain(), model);
            model = [];
          }
          equal(queue.size, model.length);
        });
      },
    ),
  );
});

test('a full queue refuses and keeps what it has', () => {
  const queue = new BoundedQueue<string>(1);
  equal(queue.push('first'), true);
  equal(queue.push('second'), false);
  deepEqual(queue.drain(), ['first']);
});

test('a queue without room is a bug', () => {
  for (const capacity of [0, -1, 1.5, Number.NaN])
    throws(() => new BoundedQueue(capacity), AssertionFault);
});
