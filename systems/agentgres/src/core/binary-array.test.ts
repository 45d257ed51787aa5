import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeHex } from '@ioi/basis';
import { binaryArray } from './binary-array.ts';

test('byte strings stand in the binary form of bytea[]', () => {
  const items = [new Uint8Array([1, 2]), new Uint8Array()];
  const header = '00000001' + '00000000' + '00000011' + '00000002' + '00000001';
  assert.equal(encodeHex(binaryArray(items)), `${header}00000002010200000000`);
});

test('what is not bytes is a bug', () => {
  assert.throws(() => binaryArray([{ not: 'bytes' } as unknown as Uint8Array]), /a byte string/);
});
