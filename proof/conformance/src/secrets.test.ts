import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Finder } from './secrets/finder.ts';
import { FOLDER, run } from './secrets/run.ts';

/** Every way of giving a secret away meets some kind, and every kind several ways. */
const SOME = 64;

test('the search finds a piece of a secret however it is spelt', () => {
  const secret = 'q8Zr0Tn4VbYw2KxLm6PdEa9Hs3';
  const finder = new Finder([['another-one-that-is-nowhere'], [secret]]);
  const piece = secret.slice(5, 25);
  const hex = Buffer.from(piece).toString('hex');
  const spelt = [
    piece,
    Buffer.from(`ab${secret}c`).toString('base64'),
    hex,
    hex.replaceAll(/../g, '%$&'),
    hex.replaceAll(/../g, '\\u00$&'),
  ];
  for (const each of spelt) {
    assert.deepEqual([...finder.find(Buffer.from(`before ${each} after`))], [1], each);
    assert.deepEqual([...finder.find(gzipSync(each))], [1]);
  }
  assert.equal(finder.find(Buffer.from('nothing of the kind')).size, 0);
});

test('no planted secret can be read anywhere around a node', { timeout: 420_000 }, async () => {
  const { failed, more } = await run(FOLDER, SOME);
  assert.deepEqual(failed, []);
  assert.equal(new Map(more).get('readable'), 0);
});
