import { equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './until.ts';

const answers = <T>(...given: T[]): (() => T | undefined) => {
  return () => given.shift();
};

test('what is asked for is given as soon as it is there', async () => {
  equal(await until('a number', answers<number | false | null>(false, null, 7, 8)), 7);
  const isSo: true = await until('a yes', answers(true) as () => boolean);
  equal(isSo, true);
  equal(await until('nothing at all is not nothing', answers(0)), 0);
});

test('promises are waited for', async () => {
  const later = answers(undefined, 'late');
  equal(await until('a word', async () => later()), 'late');
  await rejects(
    until('a fault', () => Promise.reject(new Error('broken'))),
    /^Error: broken$/,
  );
});

test('what never happens is said to when patience ends', async () => {
  await rejects(
    until('a miracle', () => false, 50),
    /^Error: never happened: a miracle$/,
  );
});

test('what happened during a stall is seen, though patience ended', async () => {
  let asked = 0;
  equal(await until('it', () => (asked++ === 0 ? undefined : 'it'), 10), 'it');
});
