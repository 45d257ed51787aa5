import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSize, sizeText } from './size-text.ts';

test('sizes are told in the unit that fits', () => {
  const told = [0, 1023, 1024, 1536, 150 * 1024, 2 * 1024 ** 3].map(sizeText);
  assert.deepEqual(told, ['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '150 KiB', '2.0 GiB']);
});

test('sizes are read with or without unit, and nothing else is one', () => {
  const read = ['1024', '1B', '2K', '2KiB', '500MB', '2G', '1TiB'].map(readSize);
  assert.deepEqual(read, [1024, 1, 2048, 2048, 524_288_000, 2 * 1024 ** 3, 1024 ** 4]);
  for (const text of ['', 'lots', '-1', '1.5G', '2g', '1PB', '1e3', '9999999999999T', ' 1']) {
    assert.equal(readSize(text), undefined, text);
  }
});
