import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@ioi/basis/testing';
import { Patience } from './patience.ts';

test('while it is paused no time passes, and pauses may overlap', async () => {
  const patience = new Patience({ timeoutMs: 60 });
  const ends: string[] = [];
  patience.whenOver((over) => ends.push(over));
  patience.pause();
  patience.pause();
  await sleep(100);
  patience.resume();
  await sleep(100);
  assert.equal(patience.over, undefined);
  patience.resume();
  await until('it is over', () => patience.over);
  assert.deepEqual([patience.over, ends], ['timeout', ['timeout']]);
  assert.equal(patience.pausesEver, 2);
});

test('a signal ends it also while it is paused, once', async () => {
  const abort = new AbortController();
  const patience = new Patience({ timeoutMs: 10, signal: abort.signal });
  const ends: string[] = [];
  patience.whenOver((over) => ends.push(over));
  patience.pause();
  abort.abort();
  patience.resume();
  await sleep(40);
  assert.deepEqual(ends, ['cancelled']);
  patience.whenOver((over) => ends.push(over));
  assert.deepEqual(ends, ['cancelled', 'cancelled'], 'told at once');
  assert.equal(new Patience({ timeoutMs: 10, signal: abort.signal }).over, 'cancelled');
});

test('stopped, it tells nobody', async () => {
  const patience = new Patience({ timeoutMs: 10 });
  patience.whenOver(() => assert.fail('told'));
  patience.stop();
  await sleep(40);
  assert.equal(patience.over, undefined);
});
