import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  MOST_ATTEMPTS,
  MOST_STEPS,
  nonceOf,
  placeOf,
  type Recorded,
  stepHash,
  tagOf,
  takeStep,
} from './journal.ts';

const step = { index: 2, target: 'fs::read', params: { path: 'a.txt' } };

function tag(of = step): string {
  const hash = stepHash(of);
  assert.ok(hash.ok);
  return tagOf(hash.value);
}

function taken(recorded: Recorded | undefined, asked = step): string {
  const record = recorded && { tag: tag(), recorded };
  const result = takeStep(record, asked, tag(asked));
  return result.ok ? result.value.kind : result.error.code;
}

test('a step on record is answered from it, another one in its place is not', () => {
  const answered: Recorded = { kind: 'answered', answer: { kind: 'done', output: 'text' } };
  assert.equal(taken(undefined), 'ask');
  assert.equal(taken(answered), 'tell');
  assert.equal(taken(answered, { ...step, params: { path: 'b.txt' } }), 'run.not_replayable');
  assert.equal(taken(answered, { ...step, target: 'fs::list' }), 'run.not_replayable');
});

test('what waits is joined, what never happened asked for, what is not kept ends the run', () => {
  assert.equal(taken({ kind: 'pending' }), 'join');
  assert.equal(taken({ kind: 'undone' }), 'ask');
  assert.equal(taken({ kind: 'lost' }), 'run.record_lost');
});

test('the order of members makes no other step', () => {
  const one = { ...step, params: { a: 1, b: { c: 2, d: 3 } } };
  const other = { ...step, params: { b: { d: 3, c: 2 }, a: 1 } };
  assert.equal(tag(one as unknown as typeof step), tag(other as unknown as typeof step));
});

test('a nonce says which step it is of, and is never that of an edited request', () => {
  const places = fc.record({
    index: fc.integer({ min: 0, max: MOST_STEPS - 1 }),
    attempt: fc.integer({ min: 0, max: MOST_ATTEMPTS - 1 }),
    tag: fc.bigInt({ min: 0n, max: (1n << 47n) - 1n }).map((bits) => bits.toString(16)),
  });
  fc.assert(
    fc.property(places, (place) => {
      const nonce = nonceOf(place);
      assert.deepEqual(placeOf(nonce), { ...place });
      assert.ok(BigInt(nonce) < 1n << 63n);
    }),
    { seed: 34, numRuns: 500 },
  );
});
