import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs } from '@ioi/basis/testing';
import fc from 'fast-check';
import { clipped, clippedStart, preview, visible, widthOf } from './visible.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom('\u001b[2J', '\r', '\n', '\u202e', '\u200b', '\u0301', '\\', 'x', ' ', '┃'),
    )
    .map((parts) => parts.join('')),
);

// What moves a cursor, hides or reorders; a space is the only blank.
const DANGEROUS = /[\p{C}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs}/u;

test('nothing that moves, hides or reorders is printed', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assert.equal(DANGEROUS.test(visible(text)), false);
    }),
  );
  assert.equal(visible('a\u001b[31mb\u202ec\r\n'), 'a\\u{1b}[31mb\\u{202e}c\\r\\n');
  assert.equal(visible('\u3164\u2800\u00a0'), '\\u{3164}\\u{2800}\\u{a0}');
});

test('different texts look different', () => {
  fc.assert(
    fc.property(hostile, hostile, (one, other) => {
      if (one !== other) assert.notEqual(visible(one), visible(other));
    }),
  );
  assert.notEqual(visible('\\n'), visible('\n'));
});

test('no more than three marks stand on one letter, and none on what was printed before', () => {
  const painted = visible(`e${'\u0301'.repeat(40)}`);
  assert.ok((painted.match(/\p{M}/gu) ?? []).length <= 3);
  assert.equal(/^\p{M}/u.test(visible('\u0301x')), false);
});

test('a clipped line keeps to its columns and says that it was cut', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 2, max: 60 }), (text, columns) => {
      for (const cut of [clipped(text, columns), clippedStart(text, columns)]) {
        assert.ok(widthOf(cut) <= columns);
        assert.ok(cut === visible(text) || cut.includes('…'));
        assert.equal(DANGEROUS.test(cut), false);
      }
    }),
  );
  assert.equal(clippedStart('/very/long/path/to/notes.txt', 12), '…o/notes.txt');
});

test('a preview is bounded, and complete only when it shows everything', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 8 }), (text, most) => {
      const { lines, isComplete } = preview(text, 20, most);
      assert.ok(lines.length <= most);
      for (const line of lines) assert.ok(widthOf(line) <= 21);
      const whole = text.split('\n').map(visible).join('');
      assert.equal(isComplete, lines.join('') === whole && isComplete);
      if (isComplete) assert.equal(lines.join(''), whole);
      if (lines.join('') !== whole) assert.equal(isComplete, false);
    }),
  );
  assert.deepEqual(preview('a\nb\nc', 20, 2), { lines: ['a', 'b'], isComplete: false });
  assert.deepEqual(preview('a\n', 20, 2), { lines: ['a', ''], isComplete: true });
});

test('a huge text is cut before it is looked at', async () => {
  const huge = '\u001b'.repeat(5_000_000);
  const took = await processorMs(() => {
    clipped(huge, 80);
    clippedStart(huge, 80);
    preview(huge, 80, 12);
  });
  assert.ok(took < 500, `${took} ms`);
});
