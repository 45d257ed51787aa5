import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFrame, sealFrame } from './frame.ts';

const filled = (size: number, byte: number): Uint8Array => new Uint8Array(size).fill(byte);
const file = { key: filled(32, 1), salt: filled(16, 2), header: filled(32, 3) };
const text = filled(100, 4);

test('a frame opens at its place of its file only, and unchanged', () => {
  const sealed = sealFrame(file, 5, text);
  assert.deepEqual(openFrame(file, 5, sealed), text);
  assert.equal(openFrame(file, 6, sealed), undefined);
  assert.equal(openFrame({ ...file, header: filled(32, 9) }, 5, sealed), undefined);
  assert.equal(openFrame({ ...file, salt: filled(16, 9) }, 5, sealed), undefined);
  assert.equal(openFrame({ ...file, key: filled(32, 9) }, 5, sealed), undefined);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = sealed.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x80;
    assert.equal(openFrame(file, 5, changed), undefined);
  }
});
