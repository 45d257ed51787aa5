import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canonicalBytes, canonicalJson } from './canonical.ts';
import type { CanonCode } from './codes.ts';
import { canonicalReference } from './reference.ts';
import { parseStrict } from './strict.ts';

function textOf(value: unknown): string {
  const result = canonicalJson(value);
  ok(result.ok, result.ok ? '' : result.error.message);
  return result.value;
}

function refusal(value: unknown): [CanonCode, string | undefined] | undefined {
  const result = canonicalJson(value);
  return result.ok ? undefined : [result.error.code, result.error.pointer];
}

const hostileKey = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom(
    '__proto__',
    'toJSON',
    'constructor',
    '0',
    '1',
    '10',
    '9',
    '01',
    '-1',
    '',
    '\ud800',
  ),
  fc.constantFrom('\ufb33', '\u{1f602}', '\u20ac', '\u0080', 'length', 'a', 'b', 'aa'),
);
const hostileString = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\\ud800', '\udfff', '"', '\\', '\u0000\u001f', '\u2028\u2029', '</script>'),
);
const hostileNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(
    -0,
    Number.NaN,
    Infinity,
    2 ** 53,
    -(2 ** 53),
    2 ** 53 - 1,
    1e21,
    1e20,
    5e-324,
    1e-7,
  ),
);
const hostileValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    hostileNumber,
    hostileString,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(hostileKey, tie('value'), { maxKeys: 6, noNullPrototype: false }),
  ),
})).value;

test('the fast writer agrees with the reference on every value', () => {
  fc.assert(
    fc.property(hostileValue, (value) => {
      deepEqual(canonicalJson(value), canonicalReference(value));
    }),
    { numRuns: 3000 },
  );
});

test('the fast writer agrees with the reference on what is no JSON at all', () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  });
  fc.assert(
    fc.property(anything, (value) => {
      deepEqual(canonicalJson(value), canonicalReference(value));
    }),
    { numRuns: 2000 },
  );
});

test('canonical text reads back strictly and is its own canonical form', () => {
  fc.assert(
    fc.property(hostileValue, (value) => {
      const text = canonicalJson(value);
      if (!text.ok) return;
      const parsed = parseStrict(text.value);
      ok(parsed.ok, text.value);
      equal(textOf(parsed.value), text.value);
    }),
    { numRuns: 2000 },
  );
});

test('members in any order give the same text', () => {
  const entries = fc.uniqueArray(fc.tuple(hostileKey, hostileValue), { selector: ([key]) => key });
  const shuffled = entries.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  fc.assert(
    fc.property(shuffled, ([first, second]) => {
      deepEqual(
        canonicalJson(Object.fromEntries(first)),
        canonicalJson(Object.fromEntries(second)),
      );
    }),
  );
});

test('members are sorted by UTF-16 code units', () => {
  const value = {
    '\u20ac': 1,
    '\r': 2,
    '\ufb33': 3,
    '1': 4,
    '\u{1f602}': 5,
    '\u0080': 6,
    '\u00f6': 7,
  };
  equal(textOf(value), '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f602}":5,"\ufb33":3}');
  equal(textOf({ '10': 0, '9': 0, '1': 0 }), '{"1":0,"10":0,"9":0}');
});

test('numbers print as ECMAScript prints them', () => {
  const samples: [number, string][] = [
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [-1.7976931348623157e308, '-1.7976931348623157e+308'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [1e21, '1e+21'],
    [1e23, '1e+23'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [0.000001, '0.000001'],
    [1e-7, '1e-7'],
    [Number('333333333.33333329'), '333333333.3333333'],
    [1424953923781206.2, '1424953923781206.2'],
  ];
  for (const [value, text] of samples) equal(textOf([value]), `[${text}]`);
});

test('strings escape only what JSON must escape', () => {
  equal(
    textOf('\u20ac$\u000f\nA\'B"\\\\"/\u007f\u2028\u0000'),
    '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u007f\u2028\\u0000"',
  );
});

describe('refused with the place', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const cases: [string, unknown, CanonCode, string][] = [
    ['undefined', { a: [undefined] }, 'canon.not_json', '/a/0'],
    ['a function', { toJSON: () => 1 }, 'canon.not_json', '/toJSON'],
    ['a symbol', [Symbol('s')], 'canon.not_json', '/0'],
    ['a bigint', { n: 1n }, 'canon.not_json', '/n'],
    ['a date', { at: new Date(0) }, 'canon.not_json', '/at'],
    ['a map', new Map(), 'canon.not_json', ''],
    ['a boxed string', [Object('s')], 'canon.not_json', '/0'],
    ['a hole in an array', new Array(2), 'canon.not_json', '/0'],
    ['NaN', { 'a/b~c': Number.NaN }, 'canon.not_finite', '/a~1b~0c'],
    ['infinity', [-Infinity], 'canon.not_finite', '/0'],
    ['2^53', [2 ** 53], 'canon.unsafe_integer', '/0'],
    ['a lone surrogate', ['\ud800'], 'canon.lone_surrogate', '/0'],
    ['a lone surrogate in a name', { '\udc00': 1 }, 'canon.lone_surrogate', ''],
    ['a cycle', cycle, 'canon.too_deep', '/self'.repeat(128)],
  ];
  for (const [what, value, code, pointer] of cases) {
    test(`${what} is refused as ${code}`, () => deepEqual(refusal(value), [code, pointer]));
  }
});

test('nesting is allowed to 128 and no further', () => {
  const nest = (depth: number): unknown => (depth === 0 ? 1 : [nest(depth - 1)]);
  equal(textOf(nest(128)), `${'['.repeat(128)}1${']'.repeat(128)}`);
  equal(refusal(nest(129))?.[0], 'canon.too_deep');
});

test('a member called __proto__ is a member like any other', () => {
  const parsed = parseStrict('{"z":1,"__proto__":{"b":2,"a":1}}');
  ok(parsed.ok);
  equal(textOf(parsed.value), '{"__proto__":{"a":1,"b":2},"z":1}');
  equal(({} as Record<string, unknown>)['a'], undefined);
});

test('the value given is never changed', () => {
  const value = { b: [{ d: 1, c: 2 }], a: null };
  const before = JSON.stringify(value);
  textOf(value);
  equal(JSON.stringify(value), before);
  deepEqual(Object.keys(value), ['b', 'a']);
});

test('ever new shapes do not disturb what is written', () => {
  for (let round = 0; round < 9000; round += 1) {
    const value = { [`z${round}`]: 1, [`a${round % 7}`]: { y: round, x: 0 } };
    equal(textOf(value), `{"a${round % 7}":{"x":0,"y":${round}},"z${round}":1}`);
  }
  const wide = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`k${999 - at}`, at]));
  deepEqual(canonicalJson(wide), canonicalReference(wide));
});

test('an object prototype with enumerable members cannot leak into the text', () => {
  Object.defineProperty(Object.prototype, 'leaked', {
    value: 1,
    enumerable: true,
    configurable: true,
  });
  try {
    equal(textOf({ b: 1, a: 2 }), '{"a":2,"b":1}');
  } finally {
    Reflect.deleteProperty(Object.prototype, 'leaked');
  }
});

test('canonical bytes are the UTF-8 of the text', () => {
  const bytes = canonicalBytes({ '\u00f6': 'ü' });
  ok(bytes.ok);
  deepEqual(bytes.value, Uint8Array.from(Buffer.from('{"ö":"ü"}')));
  equal(canonicalBytes(undefined).ok, false);
});
