import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoPostgres } from '@ioi/agentgres/testing';
import { runReplicas } from './replicas.ts';

const skip = whyNoPostgres() ?? false;

test('a writer that dies while it is brought operations loses and doubles none', {
  skip,
}, async () => {
  const { findings, counts } = await runReplicas({ deaths: 3 });
  assert.deepEqual(findings, []);
  assert.equal(counts['deaths'], 3);
  assert.ok(Number(counts['brought']) > 30);
});
