import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import { Rereading } from './rereading.ts';

test('however often a server says that it changed, one reading is under way at once', async () => {
  const readings: string[][] = [];
  let under = 0;
  const rereading = new Rereading<string>(async (changes) => {
    under += 1;
    assert.equal(under, 1);
    readings.push([...changes]);
    await sleep(20);
    under -= 1;
  });
  for (let time = 0; time < 10_000; time += 1) rereading.ask(time % 2 === 0 ? 'tools' : 'prompts');
  await until('both are read', () => !rereading.isRunning);
  assert.deepEqual(readings, [['tools'], ['prompts', 'tools']]);
  rereading.ask('tools');
  await until('it is read again', () => !rereading.isRunning);
  assert.equal(readings.length, 3);
});
