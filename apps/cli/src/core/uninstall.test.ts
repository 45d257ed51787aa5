import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesInHome, UNINSTALLING } from './uninstall.ts';

test('of a home only what is the node’s goes: keys first, the lock and the mark last', () => {
  const ours = [UNINSTALLING, 'run', 'data', 'guardian', 'next.12.part', 'service.lock-wal'];
  const names = [...ours, 'photos', 'next.x'];
  assert.deepEqual(namesInHome(names), {
    own: ['guardian', 'data', 'next.12.part', 'service.lock-wal', 'run', UNINSTALLING],
    others: ['photos', 'next.x'],
  });
});
