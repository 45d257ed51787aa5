import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoNetwork } from './organisation/network.ts';
import { runOrganisation } from './organisation.ts';

const skip = whyNoNetwork() ?? false;
/** Two nodes are made, and seven times something is away: longer than other tests take. */
const timeout = 600_000;

test('an organisation goes on where a part of it is away', { skip, timeout }, async () => {
  const { findings, counts } = await runOrganisation({ nodes: 2, rounds: 1, isPatient: false });
  assert.deepEqual(findings, []);
  assert.ok(Number(counts['versions_published']) >= 6);
  assert.ok(Number(counts['events_told']) > 20);
  assert.equal(counts['events_lost'], 0);
});
