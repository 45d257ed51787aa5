import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytesOf, seedCommitOf } from '@ioi/law';
import type { TestNode } from './test-node.ts';

/** The second step of the one run of a log was told what its seed gives, and the log verifies. */
export async function assertChance(node: TestNode, told: unknown): Promise<void> {
  const { entries } = await node.daemon.log({ limit: 200 });
  const sealed = (operation: string) =>
    entries.find((entry) => entry.operation === operation)?.payload as Record<string, string>;
  const { run_id = '', seed_commit } = sealed('workers/open');
  const of = { run_id, seed: String(sealed('workers/end')['seed']) };
  assert.equal(seedCommitOf(of), seed_commit);
  assert.equal(told, Buffer.from(randomBytesOf(of, 1, 8)).toString('base64'));
  const log = join(node.folder, 'chance.ioi');
  assert.equal((await node.ioi('export', '--out', log)).code, 0);
  assert.match((await node.ioi('verify', log)).stdout, /^chance +1 seeds committed, 1 revealed/m);
}

/** What the run was given is told to nobody while it is open: its seed stands in that. */
export async function assertUnread(node: TestNode, runId: string, why: string): Promise<void> {
  const { entries } = await node.daemon.log({ limit: 200 });
  const opened = entries.find(({ operation, payload }) => {
    return operation === 'workers/open' && payload['run_id'] === runId;
  });
  const given = String(opened?.payload['input_commitment']);
  assert.equal(await node.daemon.payload(given), undefined, why);
  const log = join(node.folder, 'open.ioi');
  assert.equal((await node.ioi('export', '--out', log)).code, 0);
  // The entry that names it, and no content.
  const naming = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes(given));
  assert.equal(naming.length, 1, why);
}
