import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUtf8, encodeUtf8 } from '@ioi/basis';
import * as fc from 'fast-check';
import { LineReader } from './line-reader.ts';

function readAll(chunks: Iterable<Uint8Array>, maxBytes = 1_000): string[] {
  const reader = new LineReader(chunks);
  const read: string[] = [];
  for (;;) {
    const line = reader.next(maxBytes);
    read.push(line.kind === 'line' ? `=${decodeUtf8(line.bytes)}` : line.kind);
    if (line.kind !== 'line') return read;
  }
}

test('lines come out the same however the chunks fall', () => {
  const text = fc.stringMatching(/^[ab\n]{0,30}$/);
  fc.assert(
    fc.property(text, fc.array(fc.nat(30)), (file, cuts) => {
      const bytes = encodeUtf8(file);
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const chunks = places.map((from, index) => bytes.slice(from, places[index + 1] ?? from));
      const pieces = file.split('\n');
      const last = pieces.pop();
      const expected = pieces.map((piece) => `=${piece}`);
      assert.deepEqual(readAll(chunks), [...expected, last === '' ? 'end' : 'unterminated']);
    }),
  );
});

test('a line longer than allowed is given up before it is read whole', () => {
  function* endless(): Generator<Uint8Array> {
    for (;;) yield new Uint8Array(100).fill(0x61);
  }
  assert.deepEqual(readAll(endless(), 1_000), ['too_long']);
  assert.deepEqual(readAll([encodeUtf8('abc\n')], 3), ['=abc', 'end']);
  assert.deepEqual(readAll([encodeUtf8('abcd\n')], 3), ['too_long']);
});

test('a source may fill one buffer again and again', () => {
  const buffer = new Uint8Array(2);
  function* reused(): Generator<Uint8Array> {
    for (const piece of ['ab', 'c\n', 'de', '\nf', 'g\n']) {
      buffer.set(encodeUtf8(piece));
      yield buffer;
    }
  }
  const reader = new LineReader(reused());
  const first = reader.next(10);
  const second = reader.next(10);
  assert.ok(first.kind === 'line' && second.kind === 'line');
  assert.deepEqual([decodeUtf8(first.bytes), decodeUtf8(second.bytes)], ['abc', 'de']);
});
