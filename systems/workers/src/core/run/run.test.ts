import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isEnded, queued, type Run, type RunEffect, type RunInput, stepRun } from './run.ts';

const RETURNED: RunInput = { kind: 'ended', end: { kind: 'returned', output: 1 } };
const RAISED: RunInput = {
  kind: 'ended',
  end: { kind: 'raised', code: 'ValueError', message: 'no', trace: 'line 3' },
};
const DIED: RunInput = { kind: 'ended', end: { kind: 'died', code: 'worker.died', message: '' } };
const FAILED: RunInput = { kind: 'failed', code: 'run.deadline', detail: 'too late' };
const KINDS = [
  ...['assigned', 'starting', 'described', 'paused', 'resumed', 'cancelled', 'verified', 'parked'],
  ...['step_taken', 'step_waits', 'step_goes_on'],
].map((kind) => ({ kind }) as RunInput);
const INPUTS = [...KINDS, RETURNED, RAISED, DIED, FAILED];

function after(...inputs: readonly RunInput[]): { run: Run; effects: RunEffect[] } {
  let run = queued(3);
  const effects: RunEffect[] = [];
  for (const input of inputs) {
    const [next, more] = stepRun(run, input);
    run = next;
    effects.push(...more);
  }
  return { run, effects };
}

const named = (...kinds: readonly string[]) => kinds.map((kind) => ({ kind }) as RunInput);
const WORKING = named('assigned', 'starting', 'described');

test('a run is assigned, started, works, is verified and completed', () => {
  const { run, effects } = after(
    ...WORKING,
    ...named('step_taken'),
    RETURNED,
    ...named('verified'),
  );
  assert.equal(run.state, 'completed');
  assert.equal(run.stage, 'terminal');
  const kinds = effects.map(({ kind }) => kind);
  assert.deepEqual(kinds, ['start', 'invoke', 'verify', 'end']);
});

test('while a person is waited for it awaits approval, and a pause outlasts that', () => {
  assert.equal(after(...WORKING, ...named('step_waits')).run.state, 'awaiting_approval');
  const both = named('step_waits', 'step_waits', 'step_goes_on');
  assert.equal(after(...WORKING, ...both).run.state, 'awaiting_approval');
  const paused = after(...WORKING, ...named('step_waits', 'paused', 'step_goes_on'));
  assert.equal(paused.run.state, 'paused');
  assert.equal(
    after(...WORKING, ...named('step_waits', 'paused', 'resumed')).run.state,
    'awaiting_approval',
  );
});

test('let go it keeps its pause and whoever it waits for, and begins anew', () => {
  const gone = after(...WORKING, ...named('step_taken', 'step_waits', 'parked'));
  assert.deepEqual([gone.run.state, gone.run.steps], ['awaiting_approval', 0]);
  const asked = named('step_taken', 'step_waits', 'parked', 'step_goes_on');
  assert.equal(after(...WORKING, ...asked).run.state, 'queued');
  assert.equal(after(...WORKING, ...asked, ...WORKING).run.state, 'running');
  const late = after(...WORKING, ...asked, ...named('step_taken'), RETURNED);
  assert.deepEqual([late.run.state, late.run.steps], ['queued', 0], 'nothing of it counts by now');
  const held = after(...WORKING, ...named('paused', 'step_taken', 'parked', 'assigned'));
  assert.equal(held.run.state, 'paused');
  assert.equal(after(...named('paused', 'assigned')).run.state, 'paused');
  assert.equal(after(...named('paused', 'resumed', 'assigned')).run.state, 'assigned');
  assert.equal(after(...named('cancelled')).run.state, 'cancelled');
});

test('one that asks without an end fails by its budget of steps', () => {
  const { run } = after(
    ...WORKING,
    ...named('step_taken', 'step_taken', 'step_taken', 'step_taken'),
  );
  assert.equal(run.state, 'failed');
  assert.equal(run.code, 'run.too_many_steps');
});

test('what a worker raises is told with where, and nothing it says completes a run', () => {
  const { run } = after(...WORKING, RAISED);
  assert.equal(run.code, 'worker.raised');
  assert.match(run.detail ?? '', /ValueError: no\nline 3/);
  assert.notEqual(after(...WORKING, RETURNED).run.state, 'completed');
});

test('whatever comes in whatever order, it ends at most once and is executed at most once', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...INPUTS), { maxLength: 40 }), (inputs) => {
      const { run, effects } = after(...inputs);
      const count = (kind: string): number => effects.filter((each) => each.kind === kind).length;
      assert.equal(count('end'), isEnded(run.state) ? 1 : 0);
      // Let go it begins anew, and not otherwise.
      const begun = 1 + inputs.filter(({ kind }) => kind === 'parked').length;
      assert.ok(count('invoke') <= begun && count('start') <= begun && count('verify') <= 1);
      if (run.state === 'completed') assert.equal(count('verify'), 1);
      assert.ok(count('hold') - count('release') <= 1);
    }),
    { seed: 34, numRuns: 2000 },
  );
});
