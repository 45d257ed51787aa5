import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoCluster } from '@ioi/agentgres/testing';
import { runCluster } from './cluster.ts';
import { runNodes } from './nodes/run-nodes.ts';

test('a domain goes on where its primary crashed', { skip: whyNoCluster() ?? false }, async () => {
  const { findings, counts } = await runCluster({ failovers: 1 });
  assert.deepEqual(findings, []);
  assert.equal(counts['failovers'], 1);
  assert.ok(Number(counts['acknowledged']) > 16);
});

test('nodes go on where their writer is killed, and where it is cut off and comes back', {
  skip: whyNoCluster() ?? false,
}, async () => {
  const { findings, counts } = await runNodes({ failovers: 1, partitions: 1 });
  assert.deepEqual(findings, []);
  assert.deepEqual([counts['acknowledged_lost'], counts['forks']], [0, 0]);
  assert.ok(Number(counts['acknowledged']) > 8);
  assert.deepEqual([counts['node_failovers'], counts['partitions']], [1, 1]);
  const { writers_fenced: fenced, writers_gave_up: gaveUp } = counts;
  assert.equal(Number(fenced) + Number(gaveUp), 1, 'it is refused by name, or gave up before');
});
