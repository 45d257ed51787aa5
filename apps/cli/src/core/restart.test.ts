import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ending, freshRestarts, planRestart, type RestartPlan } from './restart.ts';

const quick: Ending = { who: 'daemon', exitCode: 1, livedMs: 100 };

function plansOf(endings: readonly Ending[]): RestartPlan[] {
  let state = freshRestarts;
  return endings.map((ending) => {
    const plan = planRestart(state, ending);
    if (plan.kind === 'restart') state = plan.state;
    return plan;
  });
}

test('waits double from one second, and the fifth quick death in a row is the last', () => {
  const plans = plansOf([quick, quick, quick, quick, quick]);
  const waits = plans.map((plan) => (plan.kind === 'restart' ? plan.delayMs : plan.why));
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 'too_many']);
});

test('a life of a minute makes up for what came before', () => {
  const plans = plansOf([quick, quick, { ...quick, livedMs: 60_000 }, quick]);
  const waits = plans.map((plan) => plan.kind === 'restart' && plan.delayMs);
  assert.deepEqual(waits, [1000, 2000, 1000, 2000]);
});

test('a daemon that asks for a person is not started again', () => {
  assert.deepEqual(planRestart(freshRestarts, { ...quick, exitCode: 78 }), {
    kind: 'stop',
    why: 'needs_person',
  });
  const guardian = planRestart(freshRestarts, { who: 'guardian', exitCode: 78, livedMs: 1 });
  assert.equal(guardian.kind, 'restart');
});
