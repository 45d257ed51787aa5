import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AssertionFault } from '@ioi/basis';
import fc from 'fast-check';
import type { CanonCode } from './codes.ts';
import { findFault } from './scanner.ts';
import { parseStrict } from './strict.ts';

const encoder = new TextEncoder();

function codeOf(input: string | Uint8Array): CanonCode | undefined {
  const result = parseStrict(input);
  return result.ok ? undefined : result.error.code;
}

/** Texts near JSON: well-formed pieces put together with some that are not. */
const pieces = fc.constantFrom(
  ...['{', '}', '[', ']', ',', ':', ' ', '\n', '"a"', '"b"', '"a":1', '"a":2', '":"', '"\\u003a"'],
  ...[
    '"\\u003A:"',
    '1',
    '-0',
    '1e400',
    '9007199254740993',
    '1e30',
    'true',
    'null',
    '"\\ud800"',
    '\ud83d',
  ],
  ...[
    '\ude00',
    '"\\uD83d\\uDE00"',
    '"\\\\ud800"',
    '\ufeff',
    '01',
    '.5',
    '"\t"',
    '\u00a0',
    '{"a":',
    '[[',
    ']]',
  ],
);
const nearText = fc.array(pieces, { maxLength: 9 }).map((parts) => parts.join(''));
const name = fc.constantFrom('a', 'b', ':', '\\u003a', 'a:', '\\u0061', '__proto__', '');
const nearJson = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.constantFrom(
      '1',
      '-1.5e3',
      '"x:y"',
      '"\\u003A"',
      'null',
      '1e999',
      '12345678901234567890',
      '"\\uDC00"',
    ),
    fc.array(tie('text'), { maxLength: 3 }).map((items) => `[${items.join(' , ')}]`),
    fc
      .array(fc.tuple(name, tie('text')), { maxLength: 4 })
      .map((members) => `{${members.map(([key, value]) => `"${key}" :${value}`).join(',')}}`),
  ),
})).text;

test('what is accepted is exactly what the scanner finds no fault in', () => {
  fc.assert(
    fc.property(fc.oneof(nearText, nearJson, fc.string({ unit: 'binary' })), (text) => {
      const fault = text.startsWith('\ufeff') ? undefined : findFault(text, 128);
      const result = parseStrict(text);
      if (text.startsWith('\ufeff')) equal(result.ok ? '' : result.error.code, 'canon.bom');
      else if (fault === undefined) deepEqual(result, { ok: true, value: JSON.parse(text) });
      else deepEqual(result, { ok: false, error: fault });
    }),
    { numRuns: 5000 },
  );
});

test('the scanner calls a text no JSON exactly when the engine does', () => {
  fc.assert(
    fc.property(
      fc.oneof(nearText, fc.json()),
      fc.nat(),
      fc.string({ maxLength: 2 }),
      (text, at, noise) => {
        const cut = at % (text.length + 1);
        const mutated = text.slice(0, cut) + noise + text.slice(cut + 1);
        const isSyntax = findFault(mutated, 128)?.code === 'canon.syntax';
        let throwsSyntax = false;
        try {
          JSON.parse(mutated);
        } catch {
          throwsSyntax = true;
        }
        equal(isSyntax, throwsSyntax, mutated);
      },
    ),
    { numRuns: 3000 },
  );
});

test('plain JSON text of any kind is accepted as it is', () => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false }), (text) => {
      const result = parseStrict(encoder.encode(text));
      if (result.ok) deepEqual(result.value, JSON.parse(text));
      else ok(['canon.lone_surrogate', 'canon.unsafe_integer'].includes(result.error.code), text);
    }),
  );
});

describe('refused with place and offset', () => {
  const cases: [string, CanonCode, string, number][] = [
    ['{"a":1,"a":2}', 'canon.duplicate_key', '/a', 7],
    ['{"a":1,"\\u0061":2}', 'canon.duplicate_key', '/a', 7],
    ['[{"x":{"k":":","k":"\\u003a"}}]', 'canon.duplicate_key', '/0/x/k', 15],
    ['{"a":1,"a":"\\u003a"}', 'canon.duplicate_key', '/a', 7],
    ['{"__proto__":1,"__proto__":2}', 'canon.duplicate_key', '/__proto__', 15],
    ['{"":1,"":2}', 'canon.duplicate_key', '/', 6],
    ['["\\ud800"]', 'canon.lone_surrogate', '/0', 1],
    ['["\ud800"]', 'canon.lone_surrogate', '/0', 1],
    ['{"\\udc00":1}', 'canon.lone_surrogate', '', 1],
    ['["\\uDE00\\uD83D"]', 'canon.lone_surrogate', '/0', 1],
    ['[9007199254740992]', 'canon.unsafe_integer', '/0', 1],
    ['[-9007199254740992]', 'canon.unsafe_integer', '/0', 1],
    ['{"a/b":[0,1e20]}', 'canon.unsafe_integer', '/a~1b/1', 10],
    ['1000000000000000000000000000000', 'canon.unsafe_integer', '', 0],
    ['[1e400]', 'canon.not_finite', '/0', 1],
    ['[-1e400]', 'canon.not_finite', '/0', 1],
    ['{"a":1,}', 'canon.syntax', '', 7],
    ['[1,2', 'canon.syntax', '', 4],
    ['', 'canon.syntax', '', 0],
    ['nul', 'canon.syntax', '', 0],
    ['[01]', 'canon.syntax', '', 2],
    ['{"a":1,"a":2', 'canon.syntax', '', 12],
    ['"\\x"', 'canon.syntax', '', 1],
    ['["a\tb"]', 'canon.syntax', '/0', 3],
  ];
  for (const [text, code, pointer, offset] of cases) {
    test(`${JSON.stringify(text)} is refused as ${code}`, () => {
      const result = parseStrict(text);
      ok(!result.ok, 'accepted');
      const { error } = result;
      deepEqual([error.code, error.pointer, error.offset], [code, pointer, offset]);
    });
  }
});

test('numbers that are doubles, not integers, are accepted', () => {
  for (const text of [
    '[1e30]',
    '[1E21]',
    '[-0]',
    '[9007199254740991]',
    '[1e-400]',
    '[0.1e1]',
    '[2e0]',
  ]) {
    equal(codeOf(text), undefined, text);
  }
});

test('bytes that are not UTF-8 and byte order marks are refused', () => {
  equal(codeOf(Uint8Array.of(0x22, 0xff, 0x22)), 'canon.not_utf8');
  equal(codeOf(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)), 'canon.not_utf8');
  equal(codeOf(Uint8Array.of(0xff, 0xfe, 0x31, 0x00)), 'canon.not_utf8');
  equal(codeOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)), 'canon.bom');
  equal(codeOf('\ufeff1'), 'canon.bom');
});

test('nesting is bounded, whatever the engine would take', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  equal(codeOf(nested(128)), undefined);
  equal(codeOf(nested(129)), 'canon.too_deep');
  equal(codeOf('['.repeat(5_000_000)), 'canon.too_deep');
  equal(codeOf('{"a":'.repeat(1_000_000)), 'canon.too_deep');
  equal(parseStrict(nested(3), { maxDepth: 2 }).ok, false);
  equal(parseStrict(nested(1000), { maxDepth: 1000 }).ok, true);
  throws(() => parseStrict('1', { maxDepth: 1001 }), AssertionFault);
});

test('size is counted in bytes of UTF-8', () => {
  equal(parseStrict('"€€"', { maxBytes: 8 }).ok, true);
  equal(parseStrict('"€€"', { maxBytes: 7 }).ok, false);
  equal(parseStrict(encoder.encode('"€€"'), { maxBytes: 7 }).ok, false);
  const huge = ' '.repeat(16 * 1024 * 1024);
  equal(codeOf(`${huge}1`), 'canon.too_large');
  equal(codeOf(new Uint8Array(16 * 1024 * 1024 + 1)), 'canon.too_large');
});

test('large hostile texts are judged in time linear in their size', () => {
  const long = 'x'.repeat(4_000_000);
  equal(codeOf(`{"a":"${long}","a":1}`), 'canon.duplicate_key');
  equal(codeOf(`["${':'.repeat(2_000_000)}",{"k":1,"k":1}]`), 'canon.duplicate_key');
  equal(codeOf(`["${'\\u003a'.repeat(500_000)}"]`), undefined);
  equal(codeOf(`[${'1,'.repeat(1_000_000)}9007199254740993]`), 'canon.unsafe_integer');
  equal(codeOf(`${' '.repeat(4_000_000)}x`), 'canon.syntax');
});

test('a member called __proto__ becomes an own member and no prototype', () => {
  const result = parseStrict('{"__proto__":{"admin":true}}');
  ok(result.ok);
  const value = result.value as Record<string, unknown>;
  ok(Object.hasOwn(value, '__proto__'));
  equal(Object.getPrototypeOf(value), Object.prototype);
  equal(value['admin'], undefined);
});
