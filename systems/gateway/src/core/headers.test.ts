import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import fc from 'fast-check';
import { faultOfHeaders, mirroredOf } from './headers.ts';

const HEADERS = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' };
const called = (given: Json) => ({
  method: 'tools/call',
  params: { name: 'a', arguments: { v: given }, _meta: META },
});
const META = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
const V = [{ header: 'v', path: ['v'] }];

const fits = (value: Json, header: string | string[] | undefined): boolean => {
  const headers = { ...HEADERS, 'mcp-name': 'a', 'mcp-param-v': header };
  return faultOfHeaders(headers, called(value), V) === undefined;
};

test('a header says a value plainly, or in base64 where it could not be said so', () => {
  const cases: [Json, string | string[] | undefined, boolean][] = [
    ['us', 'us', true],
    ['us', 'US', false],
    ['us', undefined, false],
    ['us', ['us', 'us'], false],
    [null, undefined, true],
    [null, 'null', false],
    [' us ', ' us ', false],
    [' us ', '=?base64?IHVzIA==?=', true],
    ['us', '=?base64?dXM=?=', true],
    ['us', '=?base64?dXM?=', false],
    ['us', '=?BASE64?dXM=?=', false],
    ['é', 'é', false],
    [42, '42', true],
    [42, '42.0', true],
    [42, '', false],
    [42, 'x', false],
    [true, 'true', true],
    [true, 'True', false],
    [{ a: 1 }, '[object Object]', false],
  ];
  for (const [value, header, isRight] of cases) {
    assert.equal(fits(value, header), isRight, JSON.stringify([value, header]));
  }
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.ok(fits(text, `=?base64?${encodeBase64(encodeUtf8(text))}?=`));
    }),
  );
});

test('only annotations that every client may honour are looked at', () => {
  const text = { type: 'string' };
  const schema = {
    type: 'object',
    'x-mcp-header': 'Root',
    properties: {
      a: { ...text, 'x-mcp-header': 'Region' },
      b: { properties: { c: { type: 'integer', 'x-mcp-header': 'Deep' } } },
      d: { type: 'number', 'x-mcp-header': 'Number' },
      e: { ...text, 'x-mcp-header': 'two words' },
      f: { ...text, 'x-mcp-header': 'Twice' },
      g: { type: 'boolean', 'x-mcp-header': 'twice' },
      h: { items: { ...text, 'x-mcp-header': 'Item' } },
      i: { anyOf: [{ ...text, 'x-mcp-header': 'Choice' }] },
    },
  };
  assert.deepEqual(mirroredOf(schema), [
    { header: 'region', path: ['a'] },
    { header: 'deep', path: ['b', 'c'] },
  ]);
  assert.deepEqual(mirroredOf('odd'), []);
});

test('no headers and no body make the check throw', () => {
  const value = fc.oneof(fc.string(), fc.constant(undefined));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), fc.jsonValue(), (headers, params) => {
      const request = { method: 'tools/call', params: params as Json };
      assert.equal(faultOfHeaders({ ...headers }, request, V)?.code, -32020);
    }),
  );
});
