import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs } from '@ioi/basis/testing';
import type { ConnectorManifest } from '@ioi/protocol';
import { type ConnectorTool, httpRequestOf, operationIn, readOpenapi } from './index.ts';

const manifest: ConnectorManifest = {
  connector_id: 'std:shop:v1',
  interface: { type: 'openapi', url: 'shop.json' },
  auth_requirement: { type: 'bearer' },
};
const bounds: NonNullable<ConnectorManifest['policy_defaults']> = {
  allow_methods: ['POST /files'],
  deny_methods: ['POST /files/admin'],
};
const text = { type: 'string' };
const named = (name: string) => ({ name, in: 'path', required: true, schema: text });

function read(paths: object, components: object = {}, policy_defaults = bounds) {
  const document = { openapi: '3.0.3', info: { title: 'shop', version: '7' }, paths, components };
  const found = readOpenapi(document, { ...manifest, policy_defaults });
  assert.ok(found.ok, JSON.stringify(found));
  return found.value;
}

function codeOf(tool: ConnectorTool | undefined, given: Record<string, unknown>): string {
  const operation = operationIn(tool?.inputSchema ?? {});
  assert.ok(operation?.kind === 'http');
  const made = httpRequestOf(operation.http, given);
  return made.ok ? made.value.path : made.error.code;
}

test('what a server could take for a step upwards or for a denied place is refused', () => {
  const parameters = [named('a'), named('b')];
  const { tools } = read({ '/files/{a}/{b}': { post: { operationId: 'put', parameters } } });
  const at = (a: string) => codeOf(tools[0], { a, b: 'x' });
  assert.equal(at('src/main.ts'), '/files/src%2Fmain.ts/x');
  assert.equal(at('..hidden'), '/files/..hidden/x');
  for (const a of ['../admin', 'x/..', '..\\admin', './admin', '%2e%2e/admin', 'a/%252e%252e/b']) {
    assert.equal(at(a), 'contract.arguments_invalid', a);
  }
  for (const a of ['x;/../y', '..;x/admin', 'a\u0000b', 'a\r\nb']) {
    assert.equal(at(a), 'contract.arguments_invalid', a);
  }
  for (const a of ['admin;v=1', 'admin\\x', '%61dmin', '%2561dmin', 'admin/', '/admin']) {
    assert.equal(at(a), 'connector.method_denied', a);
  }
});

test('no part of a document makes a request another than its method and URL say', () => {
  const names = [
    ...['X-HTTP-Method-Override', 'X-Http-Method', 'X-Method-Override', 'X-Original-URL'],
    ...['X-Rewrite-Url', 'Forwarded', 'X-Forwarded-Host', 'X-Forwarded-For', 'X-Real-IP', 'Via'],
  ];
  const headers = names.map((name) => ({ name, in: 'header', schema: text }));
  const { tools } = read({ '/a': { get: { operationId: 'a', parameters: headers } } }, {}, {});
  assert.deepEqual(tools[0]?.inputSchema['properties'], {});
  const override = { name: '_method', in: 'query', schema: text };
  const { leftOut } = read({ '/a': { post: { parameters: [override] } } }, {}, {});
  assert.match(leftOut[0]?.why ?? '', /_method/);
});

test('a document whose references multiply costs little, and is left out', async () => {
  const schemas: Record<string, object> = { L0: { type: 'string', description: 'x'.repeat(1000) } };
  for (let level = 1; level <= 30; level += 1) {
    const $ref = `#/components/schemas/L${level - 1}`;
    const properties = Object.fromEntries([...'abcdefghij'].map((name) => [name, { $ref }]));
    schemas[`L${level}`] = { type: 'object', properties };
  }
  const schema = { $ref: '#/components/schemas/L30' };
  const requestBody = { required: true, content: { 'application/json': { schema } } };
  const paths = Object.fromEntries(
    Array.from({ length: 2000 }, (_, at) => [`/${at}`, { post: { requestBody } }]),
  );
  const took = await processorMs(() => {
    const { tools, leftOut } = read(paths, { schemas }, {});
    assert.equal(tools.length, 0);
    assert.equal(leftOut.length, 2000);
    assert.match(leftOut[0]?.why ?? '', /too large/);
  });
  assert.ok(took < 10_000, `${took} ms`);
});
