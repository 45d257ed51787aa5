import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faultyLife } from './fault-life.ts';
import { runFaults } from './faults.ts';
import { type FileCall, tracingProblem } from './file-calls.ts';
import { Homes } from './homes.ts';
import { runKills } from './kills.ts';

const seed = 7;
let homes: Homes;

before(async () => {
  homes = await Homes.open();
});

after(() => homes.close());

test('a domain killed again and again loses nothing that was acknowledged', async (context) => {
  const { findings, counts } = await runKills(homes, { kills: 100, seed }, () => {});
  assert.deepEqual(findings, []);
  assert.ok((counts['acknowledged'] ?? 0) > 0, 'the lives between the kills did some work');
  context.diagnostic(JSON.stringify({ seed, ...counts }));
});

const skip = tracingProblem() ?? false;

test('a call that fails loses and repeats nothing, and stops nothing without a word', {
  skip,
}, async (context) => {
  const { findings, counts } = await runFaults(homes, { every: 1, seed, most: 6 }, () => {});
  assert.deepEqual(findings, []);
  assert.equal(counts['faults'], 6);
  assert.ok((counts['faults_hit'] ?? 0) >= 3, 'most of the calls were made again, and failed');
  context.diagnostic(JSON.stringify({ seed, ...counts }));
});

const inDomain = 'data/domains/evidence.example';

test('a domain that could not be opened opens when it is asked for again', { skip }, async () => {
  const at: FileCall = { process: 'daemon', call: 'openat', path: `${inDomain}/log.db`, nth: 1 };
  const { findings, counts } = await faultyLife(homes.fresh(), at, 'EIO');
  assert.deepEqual(findings, []);
  assert.deepEqual([counts['faults_hit'], counts['went_on']], [1, 1]);
});
