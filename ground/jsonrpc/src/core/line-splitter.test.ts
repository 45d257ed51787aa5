import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import fc from 'fast-check';
import { LineSplitter } from './line-splitter.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test('lines come out whole, however the stream is cut', () => {
  const line = fc.string({ maxLength: 40 }).map((s) => s.replaceAll(/[\r\n]/g, ''));
  const cases = fc.record({
    lines: fc.array(line, { maxLength: 20 }),
    cuts: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 }),
  });
  fc.assert(
    fc.property(cases, ({ lines, cuts }) => {
      const bytes = utf8(lines.map((each) => `${each}\n`).join(''));
      const splitter = new LineSplitter({ maxBytes: 256 });
      const seen: string[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = cuts[turn % cuts.length] ?? 1;
        for (const frame of splitter.push(bytes.subarray(at, at + size))) {
          assert.equal(frame.kind, 'line');
          if (frame.kind === 'line') seen.push(text(frame.bytes));
        }
        at += size;
      }
      assert.deepEqual(
        seen,
        lines.filter((each) => each !== ''),
      );
      assert.equal(splitter.end(), undefined);
    }),
    { numRuns: 500 },
  );
});

test('a line of exactly the limit passes, one byte more is skipped and reported once', () => {
  for (const step of [1, 3, 8, 64]) {
    const splitter = new LineSplitter({ maxBytes: 8 });
    const bytes = utf8('12345678\n123456789\nafter\n');
    const frames = [];
    for (let at = 0; at < bytes.length; at += step) {
      frames.push(...splitter.push(bytes.subarray(at, at + step)));
    }
    assert.deepEqual(
      frames.map((frame) => (frame.kind === 'line' ? text(frame.bytes) : frame)),
      [
        '12345678',
        { kind: 'oversized', byteCount: 9, prefixDigest: digestBytes('123456789') },
        'after',
      ],
    );
  }
});

test('an over-long line is reported with its length and the digest of its first 64 KiB', () => {
  const line = `{"pad":"${'x'.repeat(200_000)}","method":"m","id":77}`;
  for (const step of [1000, 65_536, 300_000]) {
    const splitter = new LineSplitter({ maxBytes: 100_000 });
    const bytes = utf8(`${line}\n`);
    const frames = [];
    for (let at = 0; at < bytes.length; at += step) {
      frames.push(...splitter.push(bytes.subarray(at, at + step)));
    }
    const prefixDigest = digestBytes(line.slice(0, 65_536));
    assert.deepEqual(frames, [{ kind: 'oversized', byteCount: line.length, prefixDigest, id: 77 }]);
  }
});

test('the identifier of an over-long line is only taken from its outermost level', () => {
  const pad = 'x'.repeat(100);
  const cases: [string, unknown][] = [
    [`{"id":"abc","pad":"${pad}"}`, 'abc'],
    [`{"jsonrpc":"2.0","id":5,"pad":"${pad}"}`, 5],
    [`{"pad":"${pad}","params":{"id":5}}`, undefined],
    [`{"pad":"${pad}","id":1.5}`, undefined],
    [`{"pad":"${pad}","id":99999999999999999999}`, undefined],
    [`[{"pad":"${pad}","id":5}]`, undefined],
    [`{"pad":"${pad}`, undefined],
  ];
  for (const [line, id] of cases) {
    const [frame] = new LineSplitter({ maxBytes: 64 }).push(utf8(`${line}\n`));
    assert.equal(frame?.kind === 'oversized' ? frame.id : 'no frame', id, line);
  }
});

test('a stream that ends inside an over-long line still reports it', () => {
  const splitter = new LineSplitter({ maxBytes: 4 });
  assert.deepEqual(splitter.push(utf8('123456')), []);
  const frame = splitter.end();
  assert.equal(frame?.kind === 'oversized' ? frame.byteCount : 0, 6);
  assert.equal(splitter.end(), undefined);
});

test('empty lines and a carriage return before the newline are passed over', () => {
  const frames = new LineSplitter().push(utf8('\n\r\na\r\n\n'));
  assert.deepEqual(
    frames.map((frame) => (frame.kind === 'line' ? text(frame.bytes) : '')),
    ['a'],
  );
  const kept = new LineSplitter({ emptyLines: true }).push(utf8('\r\na\n\n'));
  assert.deepEqual(
    kept.map((frame) => (frame.kind === 'line' ? text(frame.bytes) : '')),
    ['', 'a', ''],
  );
});

test('one byte at a time costs linear work, not a copy of the line each time', () => {
  const splitter = new LineSplitter();
  const byte = utf8('x');
  for (let count = 0; count < 1_000_000; count += 1) splitter.push(byte);
  const [frame] = splitter.push(utf8('\n'));
  assert.equal(frame?.kind === 'line' ? frame.bytes.length : 0, 1_000_000);
});
