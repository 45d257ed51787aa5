import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLOCK, readEntry } from './archive-entry.ts';

type Header = { readonly name: string; readonly type?: string; readonly prefix?: string };

function header({ name, type = '0', prefix = '' }: Header): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (text: string, at: number): void => block.set(new TextEncoder().encode(text), at);
  put(name, 0);
  put('0000755\0', 100);
  put('00000000003\0', 124);
  put('        ', 148);
  put(type, 156);
  put('ustar\0', 257);
  put(prefix, 345);
  const sum = block.reduce((all, byte) => all + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

test('files and folders of a release are read', () => {
  const file = { kind: 'file', path: 'lib/x/a.js', size: 3, isProgram: true };
  assert.deepEqual(readEntry(header({ name: './lib/x/a.js' })), { ok: true, value: file });
  assert.deepEqual(readEntry(header({ name: 'a.js', prefix: 'lib/x' })), { ok: true, value: file });
  const folder = { ...file, kind: 'folder', path: '', size: 0 };
  assert.deepEqual(readEntry(header({ name: './', type: '5' })), { ok: true, value: folder });
  assert.deepEqual(readEntry(new Uint8Array(BLOCK)), { ok: true, value: undefined });
});

test('links, devices, and paths that lead elsewhere are refused', () => {
  for (const type of ['1', '2', '3', '4', '6', 'L', 'x', 'g']) {
    assert.ok(!readEntry(header({ name: 'a', type })).ok, type);
  }
  for (const name of ['/etc/passwd', '../a', 'a/../../b', 'a//b', 'a/./b', 'a\\b', 'a\nb']) {
    assert.ok(!readEntry(header({ name })).ok, JSON.stringify(name));
  }
});

test('a damaged header is refused', () => {
  const block = header({ name: 'a' });
  block[3] = 65;
  assert.ok(!readEntry(block).ok);
  assert.ok(!readEntry(new Uint8Array(BLOCK).fill(1)).ok);
});
