import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs } from '@ioi/basis/testing';
import type { JsonObject } from '@ioi/jsonrpc';
import fc from 'fast-check';
import { argumentsCheck, validateArguments } from './argument-check.ts';

function failure(schema: unknown, given: unknown) {
  const outcome = validateArguments(schema as JsonObject, given as JsonObject);
  return outcome.ok ? undefined : outcome.error;
}

const WRITE = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { path: { type: 'string' }, tags: { type: 'array', items: { type: 'integer' } } },
  required: ['path'],
};

test('arguments that fit pass, others are refused with the place', () => {
  assert.equal(failure(WRITE, { path: 'a', tags: [1, 2], more: true }), undefined);
  const cases: [object, string, RegExp][] = [
    [{}, '', /required/],
    [{ path: 7 }, '/path', /type/],
    [{ path: 'a', tags: [1, 'x'] }, '/tags/1', /type/],
    [{ path: 'a', tags: [1, 1.5] }, '/tags/1', /type/],
  ];
  for (const [given, pointer, message] of cases) {
    const error = failure(WRITE, given);
    assert.deepEqual([error?.code, error?.pointer], ['contract.arguments_invalid', pointer]);
    assert.match(error?.message ?? '', message);
  }
});

test('the pointer escapes as RFC 6901 says', () => {
  const schema = { properties: { 'a/b~c é': { type: 'string' } } };
  assert.equal(failure(schema, { 'a/b~c é': 1 })?.pointer, '/a~1b~0c é');
});

test('names of prototype properties are ordinary members', () => {
  const required = { type: 'object', required: ['constructor', '__proto__', 'toString'] };
  assert.ok(failure(required, {}));
  const own = JSON.parse('{"constructor":1,"__proto__":2,"toString":3}');
  assert.equal(failure(required, own), undefined);
  const typed = JSON.parse(
    '{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}}}',
  );
  assert.equal(failure(typed, {}), undefined);
  assert.ok(failure(typed, JSON.parse('{"__proto__":{"type":1}}')));
  assert.ok(failure({ additionalProperties: false }, JSON.parse('{"__proto__":1}')));
});

test('references inside the schema are followed, nothing is fetched', () => {
  const local = { $defs: { p: { type: 'string' } }, properties: { a: { $ref: '#/$defs/p' } } };
  assert.equal(failure(local, { a: 'x' }), undefined);
  assert.ok(failure(local, { a: 1 }));
  const tree = {
    type: 'object',
    properties: { children: { type: 'array', items: { $ref: '#' } }, name: { type: 'string' } },
  };
  assert.equal(failure(tree, { children: [{ name: 'x', children: [{}] }] }), undefined);
  assert.equal(
    failure(tree, { children: [{ children: [{ name: 1 }] }] })?.pointer,
    '/children/0/children/0/name',
  );
  for (const $ref of ['https://example.com/x.json', 'file:///etc/passwd', '#/nowhere', 'x']) {
    assert.match(failure({ properties: { a: { $ref } } }, { a: 1 })?.message ?? '', /Unresolved/);
  }
});

test('a schema that does not end is refused, quickly', async () => {
  const doubling: Record<string, unknown> = { n0: { type: 'string' } };
  for (let at = 1; at <= 60; at += 1) {
    const $ref = `#/$defs/n${at - 1}`;
    doubling[`n${at}`] = { anyOf: [{ allOf: [{ $ref }, false] }, { $ref }] };
  }
  const endless = [
    { $ref: '#' },
    { allOf: [{ $ref: '#' }] },
    { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
    { $defs: doubling, properties: { a: { $ref: '#/$defs/n60' } } },
  ];
  const took = await processorMs(() => {
    for (const schema of endless) {
      assert.match(failure(schema, { a: 1 })?.message ?? '', /does not end/);
    }
  });
  assert.ok(took < 5000, `${took} ms`);
});

test('what cannot be checked safely is refused, wherever it stands', () => {
  const evil = '^(a+)+$';
  const schemas = [
    { properties: { a: { type: 'string', pattern: evil } } },
    { patternProperties: { [evil]: true } },
    { $defs: { p: { items: [{ not: { pattern: evil } }] } } },
    { $dynamicRef: '#x' },
  ];
  for (const schema of schemas) {
    assert.match(failure(schema, { a: `${'a'.repeat(40)}!` })?.message ?? '', /not supported/);
  }
  const named = { properties: { pattern: { type: 'string' } }, default: { pattern: 1 } };
  assert.equal(failure(named, { pattern: 'x' }), undefined);
  assert.ok(failure(named, { pattern: 1 }));
});

test('a format annotates and never runs', () => {
  assert.equal(failure({ properties: { a: { format: 'email' } } }, { a: 'no mail' }), undefined);
});

test('arguments too large to check in time are refused', () => {
  const many = Array.from({ length: 60_000 }, (_, at) => at);
  assert.match(failure({}, { many })?.message ?? '', /too many/);
  const unique = { properties: { many: { uniqueItems: true } } };
  assert.match(failure(unique, { many: many.slice(0, 3000) })?.message ?? '', /too many/);
  assert.equal(failure(unique, { many: many.slice(0, 1000) }), undefined);
  assert.equal(failure(unique, { many: [1, 1] })?.pointer, '/many');
});

test('no schema and no arguments make the check throw', () => {
  const keyword = fc.constantFrom(
    'type',
    'properties',
    'items',
    '$ref',
    '$id',
    'allOf',
    'required',
    'enum',
    'const',
    'not',
    'if',
    'additionalProperties',
    'dependentRequired',
    'minimum',
    '$anchor',
    'multipleOf',
    'prefixItems',
    'contains',
    'uniqueItems',
    'maxProperties',
    '$schema',
  );
  const { schema } = fc.letrec((tie) => ({
    schema: fc.dictionary(keyword, tie('value'), { maxKeys: 4 }),
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(
        'object',
        'string',
        '#',
        '#/properties',
        'https://[',
        true,
        0,
        -1,
        null,
      ),
      tie('schema'),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  }));
  fc.assert(
    fc.property(schema, fc.dictionary(fc.string(), fc.jsonValue()), (given, values) => {
      const outcome = validateArguments(given as JsonObject, values as JsonObject);
      assert.ok(outcome.ok || outcome.error.code === 'contract.arguments_invalid');
    }),
    { numRuns: 2000 },
  );
});

test('null stands for an optional argument that is left out, and for no other', () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  };
  assert.ok(validateArguments(schema, { a: 'x', b: null }).ok);
  assert.ok(!validateArguments(schema, { a: null }).ok);
  assert.ok(!validateArguments(schema, { a: 'x', b: 7 }).ok);
});

test('a check asked again and again finds the same, and counts its steps anew', () => {
  const check = argumentsCheck({
    type: 'object',
    properties: { a: { $ref: '#/$defs/a' } },
    $defs: { a: { type: 'array', items: { type: 'integer' } } },
  });
  const many = Array.from({ length: 9_000 }, (_, at) => at);
  for (let round = 0; round < 30; round += 1) assert.ok(check({ a: many }).ok);
  const wrong = check({ a: [1, 'x'] });
  assert.equal(wrong.ok ? undefined : wrong.error.pointer, '/a/1');
  assert.ok(check({ a: [1] }).ok);
  const endless = argumentsCheck({ $ref: '#' });
  for (let round = 0; round < 2; round += 1) assert.ok(!endless({}).ok);
});
