import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { View } from '@ioi/protocol';
import type { Writer } from '../writer.ts';
import { RunCommits } from './run-commits.ts';

test('of many pushes at once the folders are looked at once more, and not for each', async () => {
  const reader = { get: () => undefined } as unknown as View;
  const about = { run_id: 'run_1', agent_id: 'agent://a/run/sh', session_id: 's' };
  const commits = new RunCommits({ writer: {} as Writer, reader }, about);
  const said: string[] = [];
  commits.listen((line) => {
    said.push(line);
    const { look } = JSON.parse(line) as { readonly look: number };
    setTimeout(() => commits.looked(look), 20);
  });
  const ask = (): Promise<unknown> => commits.receiptsOf({ count: 1, ids: ['ab'.repeat(20)] });
  const first = ask();
  await sleep(5);
  const told = await Promise.all([first, ...Array.from({ length: 50 }, ask)]);
  assert.deepEqual(told[50], { receipts: [], unreceipted: 1 });
  assert.equal(said.length, 2);
  await ask();
  assert.equal(said.length, 3);
});
