import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSimulation } from './run.ts';
import { PLANTED } from './variants.ts';

/** A simulator that cannot fail proves nothing: each of these is found within so many seeds. */
const SEEDS = 200;

for (const variant of PLANTED) {
  test(`finds a node that would ${variant.name}`, async (context) => {
    const { foundBy: first = 1 } = variant;
    for (let tried = 0; tried < SEEDS; tried += 1) {
      const seed = ((first - 1 + tried) % SEEDS) + 1;
      const { broken } = await runSimulation({ seed, variant });
      if (broken === undefined) continue;
      context.diagnostic(`seed ${seed}, step ${broken.step}: ${broken.message}`);
      return;
    }
    assert.fail(`not found in ${SEEDS} seeds`);
  });
}
