import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSimulation } from './run.ts';
import { addCounts } from './sum.ts';

/** Two thousand are lived by `npm run evidence -- agentgres`; in so many all of it happens. */
const SEEDS = 60;

test('the same seed is the same run, byte for byte, and another is another', async () => {
  const [one, again] = [await runSimulation({ seed: 7 }), await runSimulation({ seed: 7 })];
  assert.deepEqual(again, one);
  const other = await runSimulation({ seed: 8 });
  assert.notEqual(other.digest, one.digest);
});

test(`no rule is broken in ${SEEDS} runs, and all that can go wrong did`, async (context) => {
  const total = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { broken, counts } = await runSimulation({ seed });
    const told = broken && `step ${broken.step}: ${broken.message}\n${broken.trace.join('\n')}`;
    assert.equal(told, undefined, `npm run sim -- agentgres --seed ${seed}`);
    addCounts(total, counts);
  }
  for (const what of EXPECTED) {
    const seen = [...total.keys()].some((name) => name.startsWith(what));
    assert.ok(seen, `${what} never happened`);
  }
  context.diagnostic(JSON.stringify(Object.fromEntries([...total].sort())));
});

/** Beginnings of what must have been counted: a run in which nothing happens finds nothing. */
const EXPECTED = [
  'answer.sealed',
  'answer.operation.duplicate',
  'answer.precondition.failed',
  'answer.object.version_conflict',
  'fault.EIO read',
  'fault.EIO write, none',
  'fault.EIO write, ghost',
  'fault.ENOSPC write, whole',
  'fault.crash in a write, none',
  'fault.crash in a write, ghost',
  'fault.crash in a write, whole',
  'flip.db noticed',
  'flip.bin',
  'noticed.log.behind_seal',
  'noticed.log.seal_rolled_back',
  'read.objects',
  'read.listing',
  'read.entries',
  'read.cached_projection',
  'read.linearized_domain',
  'stop.log.fenced',
  'stop.overtaken',
  'stop.expired',
];
