import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoCluster } from '@ioi/agentgres/testing';
import { runCluster } from './cluster.ts';

test('a domain goes on where its primary crashed', { skip: whyNoCluster() ?? false }, async () => {
  const { findings, counts } = await runCluster({ failovers: 1 });
  assert.deepEqual(findings, []);
  assert.equal(counts['failovers'], 1);
  assert.ok(Number(counts['acknowledged']) > 16);
});
