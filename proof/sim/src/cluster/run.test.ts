import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addCounts } from '../sum.ts';
import { runClusterSimulation } from './run.ts';
import { PLANTED } from './shared-log.ts';

/** Two thousand and more are lived by `npm run evidence -- cluster-sim`. */
const SEEDS = 60;

test('the same seed is the same life of a cluster, and another is another', async () => {
  const one = await runClusterSimulation({ seed: 7 });
  assert.deepEqual(await runClusterSimulation({ seed: 7 }), one);
  assert.notEqual((await runClusterSimulation({ seed: 8 })).digest, one.digest);
});

test(`no rule of a cluster is broken in ${SEEDS} lives, and what can go wrong did`, async () => {
  const total = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { broken, counts } = await runClusterSimulation({ seed });
    const told = broken && `step ${broken.step}: ${broken.message}\n${broken.trace.join('\n')}`;
    assert.equal(told, undefined, `npm run sim -- cluster --seed ${seed}`);
    addCounts(total, counts);
  }
  const missing = EXPECTED.filter((what) => !total.has(what));
  assert.deepEqual(missing, [], 'what never happened shows nothing');
});

const EXPECTED = [
  'act.crash',
  'act.cut',
  'act.loseWitness',
  'act.setBackWitness',
  'act.stepDown',
  'act.stop',
  'answer.operation.duplicate',
  'answer.sealed',
  'stop.log.fenced',
  'stop.store.unreachable',
  'takeover',
  'two believe to write',
  'witness.away',
  'witness.cosigned',
  'witness.waited for',
];

for (const variant of PLANTED) {
  test(`finds a store that would ${variant.name}`, async (context) => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { broken } = await runClusterSimulation({ seed, variant });
      if (broken === undefined) continue;
      context.diagnostic(`seed ${seed}, step ${broken.step}: ${broken.message}`);
      return;
    }
    assert.fail(`not found in ${SEEDS} seeds`);
  });
}
