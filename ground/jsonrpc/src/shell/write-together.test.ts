import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { writeTogether } from './write-together.ts';

test('what is said in one turn is one write, in order, and an end loses none of it', async () => {
  const written: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    writev: (chunks, done) => {
      written.push(chunks.map(({ chunk }) => String(chunk)).join(''));
      done();
    },
  });
  for (const text of ['a', 'b', 'c']) writeTogether(stream, text);
  assert.deepEqual(written, []);
  await nextTurn();
  assert.deepEqual(written, ['abc']);
  writeTogether(stream, 'd');
  stream.end();
  await nextTurn();
  assert.deepEqual(written, ['abc', 'd']);
});
