import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '@ioi/jsonrpc';
import fc from 'fast-check';
import {
  headersOf,
  headerValue,
  mirroredParameters,
  parameterHeaders,
  standardHeaders,
} from './http-headers.ts';

/** As a server reads a header value (MCP 2026-07-28, value encoding). */
function decode(value: string): string {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString('utf8');
}

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('=?base64?eA==?=', ' x', 'x ', '\tx', 'a\r\nb', '', '=?base64??=', 'é'),
);

test('any text survives as a header value, and none can break out of it', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const value = headerValue(text);
      assert.match(value, /^([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?$/);
      assert.equal(decode(value), text.toWellFormed());
      assert.equal(new Headers({ x: value }).get('x'), value);
    }),
    { numRuns: 2000 },
  );
});

test('the examples of the standard are encoded as it says', () => {
  const examples = [
    ['us-west1', 'us-west1'],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
  ];
  for (const [text = '', value] of examples) assert.equal(headerValue(text), value);
});

test('every request names its method, and those about one thing name that', () => {
  assert.deepEqual(standardHeaders('2026-07-28', 'tools/call', { name: 'é' }), {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': '=?base64?w6k=?=',
  });
  assert.equal(standardHeaders('1', 'resources/read', { uri: 'a:b' })['mcp-name'], 'a:b');
  for (const method of ['tools/list', 'constructor']) {
    assert.equal(standardHeaders('1', method, { name: 'x' })['mcp-name'], undefined);
  }
});

const annotated = (type: string, name: unknown): JsonObject =>
  ({ type, 'x-mcp-header': name }) as JsonObject;
const schemaWith = (properties: JsonObject): JsonObject => ({ type: 'object', properties });

test('annotated arguments are found wherever properties alone lead', () => {
  const deep = { type: 'object', properties: { id: annotated('integer', 'Deep-Id') } };
  const schema = schemaWith({ zone: annotated('string', 'Zone'), deep, 'x-mcp-header': {} });
  const mirrored = mirroredParameters(schema);
  assert.ok(mirrored.ok, mirrored.ok ? '' : mirrored.error);
  const given = { zone: ' a', deep: { id: 7 }, other: 'x' };
  assert.deepEqual(parameterHeaders(mirrored.value, given), {
    'mcp-param-zone': '=?base64?IGE=?=',
    'mcp-param-deep-id': '7',
  });
  for (const absent of [{}, { zone: null, deep: null }, { deep: { id: {} } }, { zone: [] }]) {
    assert.deepEqual(parameterHeaders(mirrored.value, absent), {}, JSON.stringify(absent));
  }
  const flag = mirroredParameters(schemaWith({ on: annotated('boolean', 'On') }));
  assert.ok(flag.ok);
  assert.deepEqual(parameterHeaders(flag.value, { on: false }), { 'mcp-param-on': 'false' });
});

test('a tool whose annotations could mislead is refused with the reason', () => {
  const a = annotated('string', 'A');
  const refused: JsonObject[] = [
    ...['', 'My Region', 'a:b', 'Région', 'a\tb', 'a\r\nb', 7, null].map((name) =>
      schemaWith({ value: annotated('string', name) }),
    ),
    ...['object', 'array', 'null', 'number'].map((type) =>
      schemaWith({ value: annotated(type, 'A') }),
    ),
    schemaWith({ one: a, two: annotated('string', 'a') }),
    { ...schemaWith({}), 'x-mcp-header': 'A' },
    { ...schemaWith({}), allOf: [schemaWith({ value: a })] },
    { ...schemaWith({}), if: schemaWith({ value: a }) },
    schemaWith({ list: { type: 'array', items: a } }),
    { ...schemaWith({}), $defs: { value: a } },
    { ...schemaWith({}), additionalProperties: a },
    schemaWith({ value: { 'x-mcp-header': 'A' } }),
    schemaWith({ value: { type: ['string', 'null'], 'x-mcp-header': 'A' } }),
  ];
  for (const schema of refused) assert.ok(!mirroredParameters(schema).ok, JSON.stringify(schema));
  let endless: JsonObject = {};
  for (let depth = 0; depth < 60_000; depth += 1) endless = { items: endless };
  assert.ok(!mirroredParameters(endless).ok);
});

test('what headers may say of a message is made from the message alone', () => {
  const schema = schemaWith({ zone: annotated('string', 'Zone') });
  const params = { name: 'a b\n', arguments: { zone: 'x' } };
  const plain = { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?YSBiCg==?=' };
  assert.deepEqual(headersOf('tools/call', params, undefined), plain);
  const mirrored = { ...plain, 'mcp-param-zone': 'x' };
  assert.deepEqual(headersOf('tools/call', params, schema), mirrored);
  const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
  const named = { ...mirrored, 'mcp-protocol-version': '2026-07-28' };
  assert.deepEqual(headersOf('tools/call', { ...params, _meta }, schema), named);
});
