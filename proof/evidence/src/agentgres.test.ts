import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runFaults } from './faults.ts';
import { tracingProblem } from './file-calls.ts';
import { Homes } from './homes.ts';
import { runKills } from './kills.ts';

const seed = Date.now() % 1_000_000;
let homes: Homes;

before(async () => {
  homes = await Homes.open();
});

after(() => homes.close());

test('a domain killed again and again loses nothing that was acknowledged', async (context) => {
  const { findings, counts } = await runKills(homes, { kills: 20, seed }, () => {});
  assert.deepEqual(findings, []);
  assert.ok((counts['acknowledged'] ?? 0) > 0, 'the lives between the kills did some work');
  context.diagnostic(JSON.stringify({ seed, ...counts }));
});

const problem = tracingProblem();

test('a call that fails loses and repeats nothing, and stops nothing without a word', {
  skip: problem ?? false,
}, async (context) => {
  const { findings, counts } = await runFaults(homes, { every: 1, seed, most: 10 }, () => {});
  assert.deepEqual(findings, []);
  assert.equal(counts['faults'], 10);
  assert.ok((counts['faults_hit'] ?? 0) >= 5, 'most of the calls were made again, and failed');
  context.diagnostic(JSON.stringify({ seed, ...counts }));
});
