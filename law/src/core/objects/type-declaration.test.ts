import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '@ioi/canon';
import * as fc from 'fast-check';
import { readType } from './type-declaration.ts';

function place(type: Json, value: Json): string | undefined {
  const declared = readType(type);
  assert.ok(declared.ok, JSON.stringify(declared));
  const fault = declared.value.check(value);
  return fault && `/${fault.steps.join('/')}`;
}

const DIGEST = `sha256:${'a'.repeat(64)}`;

test('each type takes its values and no others', () => {
  const table: [Json, Json[], Json[]][] = [
    [{ type: 'text', min_length: 1, max_length: 2 }, ['a', '\u{1f600}b'], ['', 'abc', 1, null]],
    [{ type: 'text', pattern: '^a+$' }, ['aa'], ['ab']],
    [{ type: 'integer', min: -1, max: 5 }, [-1, 5], [-2, 6, 0.5, '1', 2 ** 53]],
    [
      { type: 'decimal', min: '-1.5', max_scale: 2 },
      ['-1.5', '0.10'],
      ['-1.51', '0.123', '-0', '01', 1],
    ],
    [{ type: 'decimal', max: '10' }, ['10.0'], ['10.1', '1e1']],
    [{ type: 'boolean' }, [true], ['true', 0]],
    [{ type: 'digest' }, [DIGEST], [DIGEST.toUpperCase(), 'sha256:']],
    [{ type: 'time' }, ['0', '18446744073709551615'], ['18446744073709551616', '01', 5]],
    [
      { type: 'ref', object_class: 'Owner' },
      ['o', 'é'],
      ['', 'e\u0301', 'a\u0000', 'x'.repeat(513)],
    ],
    [{ type: 'enum', values: ['a'] }, ['a'], ['b', 'constructor']],
    [{ type: 'list', items: { type: 'integer' }, max_items: 1 }, [[], [1]], [[1, 2], ['1'], {}]],
    [{ type: 'map', values: { type: 'text' } }, [{}, { constructor: 'x' }], [{ a: 1 }, [], null]],
    [{ type: 'json' }, [null, [{}], 0.5], []],
  ];
  for (const [type, fitting, others] of table) {
    for (const value of fitting) assert.equal(place(type, value), undefined, JSON.stringify(value));
    for (const value of others) assert.ok(place(type, value), JSON.stringify([type, value]));
  }
});

test('an object has the fields it says, and a fault has its place', () => {
  const type = {
    type: 'object',
    fields: {
      name: { type: 'text' },
      parts: {
        type: 'list',
        items: { type: 'object', fields: { n: { type: 'integer' } } },
        optional: true,
      },
    },
  };
  assert.equal(place(type, { name: 'x' }), undefined);
  assert.equal(place(type, { name: 'x', parts: [{ n: 1 }, { n: '1' }] }), '/parts/1/n');
  assert.equal(place(type, {}), '/name');
  assert.equal(place(type, { name: 'x', other: 1 }), '/other');
  assert.equal(place(type, JSON.parse('{"name":"x","__proto__":1}') as Json), '/__proto__');
  assert.equal(place(type, { name: 'x', toString: 1 }), '/toString');
});

test('a declaration that says what it does not know is refused', () => {
  let deep: Json = { type: 'json' };
  for (let at = 0; at < 20; at += 1) deep = { type: 'list', items: deep };
  const fields = Object.fromEntries(
    Array.from({ length: 600 }, (_, at) => [`f${at}`, { type: 'text' }]),
  );
  const refused: Json[] = [
    null,
    [],
    {},
    { type: 'float' },
    { type: 'constructor' },
    { type: 'text', min: 1 },
    { type: 'text', pattern: '(' },
    { type: 'text', optional: 'yes' },
    { type: 'integer', min: 0.5 },
    { type: 'decimal', min: 1 },
    { type: 'enum', values: [] },
    { type: 'enum' },
    { type: 'ref', object_class: 'owner' },
    { type: 'object', fields: { constructor_: { type: 'text' }, Name: { type: 'text' } } },
    { type: 'object', fields: JSON.parse('{"__proto__":{"type":"text"}}') as Json },
    { type: 'list', items: { type: 'nothing' } },
    deep,
    { type: 'object', fields },
  ];
  for (const type of refused) {
    assert.equal(readType(type).ok, false, JSON.stringify(type).slice(0, 80));
  }
});

test('reading a declaration and checking a value are total', () => {
  const leaf = fc.constantFrom('text', 'integer', 'decimal', 'map', 'list', 'object', 'enum', 'x');
  const anyType = fc.letrec((tie) => ({
    type: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue(),
      fc.record(
        { type: leaf, items: tie('type'), values: tie('type'), fields: tie('fields') },
        {
          requiredKeys: ['type'],
        },
      ),
    ),
    fields: fc.dictionary(fc.constantFrom('a', 'b', 'constructor', '__proto__'), tie('type')),
  })).type;
  fc.assert(
    fc.property(anyType, fc.jsonValue(), (type, value) => {
      const declared = readType(type as Json);
      if (declared.ok) declared.value.check(value as Json);
    }),
  );
});
