import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '@ioi/canon';
import { misfit } from './schema-fits.ts';

const text = { type: 'string' };
const count = { type: 'integer' };
const closed = { additionalProperties: false };
const object = (properties: object, more: object = {}) =>
  ({ type: 'object', properties, ...more }) as Json;

const FITTING: readonly (readonly [Json, Json])[] = [
  [{}, true],
  [{}, { title: 'Anything' }],
  [count, { type: 'number' }],
  [count, { type: ['number', 'string'] }],
  [{ enum: ['a', 'b'] }, text],
  [{ const: 'a' }, { enum: ['a', 'b'] }],
  [
    { ...text, maxLength: 5 },
    { ...text, maxLength: 9 },
  ],
  [
    { ...text, pattern: '^a' },
    { ...text, pattern: '^a' },
  ],
  [object({ a: text, b: count }, { required: ['a', 'b'] }), object({ a: text })],
  [object({ a: text }, { required: ['a'], ...closed }), object({ a: text }, closed)],
  [object({ a: text }, closed), object({ a: text }, { additionalProperties: text })],
  [object({ a: text }, closed), object({ a: text, b: count })],
  [
    { type: 'array', items: count },
    { type: 'array', items: { type: 'number' } },
  ],
];

const MISFITTING: readonly (readonly [Json, Json, RegExp])[] = [
  [{}, text, /may be null/],
  [{ type: 'number' }, count, /may be number, not integer/],
  [text, { enum: ['a'] }, /other enum/],
  [{ enum: ['a', 'c'] }, { enum: ['a', 'b'] }, /other enum/],
  [{ ...text, maxLength: 9 }, { ...text, maxLength: 5 }, /maxLength is 9/],
  [text, { ...text, minLength: 1 }, /minLength is "none"/],
  [text, { ...text, pattern: '^a' }, /pattern/],
  [object({ a: text }), object({ a: text }, { required: ['a'] }), /a may be missing/],
  [object({ a: text }), object({ b: text }), /b: it may be null/],
  [object({ a: text, b: text }, closed), object({ a: text }, closed), /b: it takes nothing/],
  [object({ a: text }), object({ a: text }, closed), /takes nothing/],
  [{ type: 'array', items: text }, { type: 'array', items: count }, /items: it may be string/],
  [
    { type: 'array', prefixItems: [count], items: text },
    { type: 'array', items: text },
    /first items/,
  ],
  [
    object({}, { patternProperties: { '^x': count }, ...closed }),
    object({ x1: text }),
    /by patterns/,
  ],
  [{ contains: text, minContains: 0 }, { contains: text }, /contains/],
  [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }, /reference/],
  [text, false, /takes nothing/],
  [text, { not: text }, /not/],
];

test('what one schema gives another takes, or why it may not', () => {
  for (const [gives, takes] of FITTING) {
    assert.equal(misfit(gives, takes), undefined, JSON.stringify([gives, takes]));
  }
  for (const [gives, takes, why] of MISFITTING) {
    assert.match(misfit(gives, takes) ?? 'fits', why, JSON.stringify([gives, takes]));
  }
});

test('a schema fits itself, and no keyword that it does not understand is passed over', () => {
  for (const [gives, takes] of FITTING) {
    assert.equal(misfit(gives, gives), undefined);
    const strange = { ...(takes === true ? {} : (takes as object)), dependentRequired: {} };
    assert.match(misfit(gives, strange as Json) ?? 'fits', /dependentRequired/);
  }
});

test('what is long is compared without delay, and what is longer not at all', () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `name ${at}`);
  const listed = (count: number): Json => ({ enum: names(count) });
  const began = performance.now();
  const backwards: Json = { enum: names(4000).reverse() };
  assert.equal(misfit(listed(4000), backwards), undefined);
  assert.equal(misfit(backwards, listed(3999)), 'other enum');
  assert.ok(performance.now() - began < 2000);
  assert.equal(misfit(listed(9000), listed(9001)), 'a schema is too large to be compared');
});
