import assert from 'node:assert/strict';
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
