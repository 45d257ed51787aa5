import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frontier } from '@ioi/merkle';
import { frontierAt } from './growth.ts';

test('entries that are heard of before they are written are waited for', async () => {
  const written = Array.from({ length: 3 }, (_, at) => new Uint8Array(32).fill(at));
  let there = 1;
  const source = {
    get size(): number {
      return there;
    },
    leaves: (from: number, to: number) => written.slice(from, Math.min(to, there)),
  };
  const found = frontierAt(source, 3);
  // Whoever writes them has its turn first.
  setTimeout(() => {
    there = 3;
  }, 20);
  assert.deepEqual((await found).root(), Frontier.empty.extend(written).frontier.root());
});
