import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesInHome } from './uninstall.ts';

test('of a home only what is the node’s goes: keys first, the lock last', () => {
  const names = ['run', 'data', 'photos', 'guardian', 'next.12.part', 'next.x', 'service.lock-wal'];
  assert.deepEqual(namesInHome(names), {
    own: ['guardian', 'data', 'next.12.part', 'service.lock-wal', 'run'],
    others: ['photos', 'next.x'],
  });
});
