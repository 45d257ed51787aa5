import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSweep } from './verifier-sweep.ts';

test('a byte here and there is changed, told of, and never accepted', async () => {
  const told: string[] = [];
  const { findings, counts } = await runSweep(499, (done, of) => told.push(`${done}/${of}`));
  assert.deepEqual(findings, []);
  assert.ok(Number(counts['changed']) > 50 && Number(counts['bytes']) > 20_000);
  assert.deepEqual(told, [`${counts['changed']}/${counts['changed']}`]);
});
