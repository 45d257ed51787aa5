import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStrict } from '@ioi/canon';
import * as fc from 'fast-check';
import { toPlainJson } from './jsonc.ts';
import { lineStarts, locate, positionOf } from './locate.ts';

function read(text: string): unknown {
  const parsed = parseStrict(toPlainJson(text));
  return parsed.ok ? parsed.value : parsed.error.code;
}

test('comments and trailing commas are taken out, and nothing else', () => {
  assert.deepEqual(read('// a\n{"a": 1, /* b */ "c": [1, 2, ], // d\n}'), { a: 1, c: [1, 2] });
  assert.deepEqual(read('{"a": "// no /* comment */ ,]", "b": "\\"//",}'), {
    a: '// no /* comment */ ,]',
    b: '"//',
  });
  assert.deepEqual(read('[1, /* x */ // y\n ]'), [1]);
  const refused = ['[,]', '{,}', '[1,,]', '[1 /* ', '{"a":,}', '/', '[1]/', '"a', '', '[1,', ','];
  for (const text of refused) assert.equal(read(text), 'canon.syntax', text);
});

test('the plain text has the length and the lines of the authored one', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[],:"\\/*\n\r a1') }), (text) => {
      const plain = toPlainJson(text);
      assert.equal(plain.length, text.length);
      assert.equal(plain.replace(/[^\n\r]/g, ''), text.replace(/[^\n\r]/g, ''));
    }),
    { numRuns: 3000 },
  );
});

test('plain JSON is left alone', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.equal(toPlainJson(text), text);
    }),
  );
});

test('every pointer of a document is found where its value stands', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value, undefined, 1);
      const members: [string, unknown][] = [];
      collect(value, '', members);
      const spans = locate(
        text,
        members.map(([pointer]) => pointer),
      );
      for (const [pointer, member] of members) {
        const span = spans.get(pointer);
        assert.ok(span, pointer);
        assert.deepEqual(JSON.parse(text.slice(span.start, span.end)), member);
      }
    }),
    { numRuns: 500 },
  );
});

function collect(value: unknown, pointer: string, members: [string, unknown][]): void {
  members.push([pointer, JSON.parse(JSON.stringify(value))]);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    collect(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, members);
  }
}

test('positions count lines and columns from one', () => {
  const starts = lineStarts('ab\ncd\n');
  assert.deepEqual(positionOf(0, starts), { line: 1, column: 1 });
  assert.deepEqual(positionOf(4, starts), { line: 2, column: 2 });
  assert.deepEqual(positionOf(6, starts), { line: 3, column: 1 });
});
