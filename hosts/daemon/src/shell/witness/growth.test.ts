import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frontier } from '@ioi/merkle';
import { EntriesMissing, frontierAt } from './growth.ts';

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

test('entries that never come are waited for no longer than is said', async () => {
  const written = [new Uint8Array(32)];
  const source = { size: 3, leaves: (from: number, to: number) => written.slice(from, to) };
  await assert.rejects(frontierAt(source, 3, Frontier.empty, 20), (fault) => {
    assert.ok(fault instanceof EntriesMissing);
    assert.match(fault.message, /3 entries were sealed, the store has 1: ioi agentgres doctor/);
    return fault.code === 'witness.entries_missing';
  });
});
