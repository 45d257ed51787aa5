import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Runs, type RunsOptions } from './runs.ts';

test('a door that does not open takes the place of no other', async () => {
  const present = new Set<string>();
  const boundary = {
    arrived: (session: string) => present.add(session),
    left: (session: string) => present.delete(session),
  };
  const about = { nodeId: 'node://local/test', folder: '/nowhere', boundary };
  const runs = new Runs(about as unknown as RunsOptions);
  for (let at = 0; at < 70; at += 1) await assert.rejects(runs.open({ name: 'sh', hosts: [] }));
  assert.equal(present.size, 0);
});
