import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '@ioi/canon';
import { type ConnectorManifest, isRuntimeToolContract } from '@ioi/protocol';
import fc from 'fast-check';
import {
  type ConnectorTool,
  connectorContract,
  evmTools,
  httpRequestOf,
  operationIn,
  readOpenapi,
  sshTools,
} from './index.ts';

const manifest: ConnectorManifest = {
  connector_id: 'std:shop:v1',
  interface: { type: 'openapi', url: 'shop.json' },
  auth_requirement: { type: 'bearer' },
};
const text = { type: 'string' };
const inPath = { name: 'id', in: 'path', required: true, schema: text };

function documentOf(paths: object, more: object = {}): object {
  return { openapi: '3.0.3', info: { title: 'shop', version: '7' }, paths, ...more };
}

function read(paths: object, more: Partial<ConnectorManifest> = {}, about: object = {}) {
  const found = readOpenapi(documentOf(paths, about), { ...manifest, ...more });
  assert.ok(found.ok, JSON.stringify(found));
  return found.value;
}

function only(paths: object, about: object = {}): ConnectorTool {
  const { tools, leftOut } = read(paths, {}, about);
  assert.deepEqual(leftOut, []);
  assert.equal(tools.length, 1);
  return tools[0] as ConnectorTool;
}

function requestOf(tool: ConnectorTool, given: Record<string, unknown>) {
  const operation = operationIn(tool.inputSchema);
  assert.ok(operation?.kind === 'http');
  return httpRequestOf(operation.http, given);
}

const jsonBody = (schema: object) => ({
  required: true,
  content: { 'application/json': { schema } },
});

test('an operation becomes a tool, and its arguments a request', () => {
  const $ref = '#/components/schemas/Refund';
  const Refund = {
    type: 'object',
    required: ['amount'],
    properties: { amount: { type: 'integer', nullable: true }, reason: text },
  };
  const query = { name: 'expand', in: 'query', schema: { type: 'array', items: text } };
  const post = { operationId: 'refund', parameters: [query], requestBody: jsonBody({ $ref }) };
  const item = { parameters: [inPath], post };
  const tool = only({ '/charges/{id}/refunds': item }, { components: { schemas: { Refund } } });
  assert.deepEqual(Object.keys(tool.inputSchema['properties'] as object), [
    'id',
    'expand',
    'amount',
    'reason',
  ]);
  const made = requestOf(tool, { id: 'a/b', expand: ['x', 'y z'], amount: 10 });
  assert.deepEqual(made, {
    ok: true,
    value: {
      method: 'POST',
      path: '/charges/a%2Fb/refunds?expand=x&expand=y%20z',
      headers: [],
      body: '{"amount":10}',
    },
  });
});

test('what is not understood is left out by name', () => {
  const get = (more: object) => ({ get: { operationId: 'x', ...more } });
  const cases: readonly (readonly [object, RegExp])[] = [
    [get({ parameters: [{ name: 'c', in: 'cookie', schema: text }] }), /in cookie/],
    [get({ parameters: [{ name: 'q', in: 'query', style: 'deepObject', schema: text }] }), /`q`/],
    [get({ parameters: [{ $ref: 'https://elsewhere.example/p' }] }), /leads out/],
    [get({ parameters: [{ $ref: '#/none' }] }), /leads nowhere/],
    [get({ servers: [{ url: 'https://elsewhere.example' }] }), /servers of its own/],
    [get({ requestBody: { content: { 'text/xml': {} } } }), /not application\/json/],
    [get({ requestBody: jsonBody({ type: 'object', unevaluatedItems: false }) }), /unevaluated/],
  ];
  for (const [item, why] of cases) {
    const { tools, leftOut } = read({ '/a': item });
    assert.equal(tools.length, 0);
    assert.match(leftOut[0]?.why ?? '', why);
    assert.equal(leftOut[0]?.code, 'connector.openapi_unsupported');
  }
  assert.equal(readOpenapi({ swagger: '2.0' }, manifest).ok, false);
  const self = { $ref: '#/components/schemas/Self' };
  const Self = { type: 'object', properties: { again: self } };
  const paths = { '/a': { post: { requestBody: jsonBody(self) } } };
  const deep = readOpenapi(documentOf(paths, { components: { schemas: { Self } } }), manifest);
  assert.match(deep.ok ? (deep.value.leftOut[0]?.why ?? '') : '', /too deep/);
});

test('the manifest bounds what is offered, and what an argument can make of a path', () => {
  const bounds = {
    policy_defaults: {
      allow_methods: ['GET', 'POST /sobjects'],
      deny_methods: ['DELETE', 'POST /sobjects/User'],
    },
  };
  const post = { operationId: 'create', parameters: [{ ...inPath, name: 'kind' }] };
  const paths = {
    '/sobjects/{kind}': { post, delete: { operationId: 'drop', parameters: post.parameters } },
    '/sobjects/User': { post: { operationId: 'user' } },
    '/other': { post: { operationId: 'other' }, get: { operationId: 'read' } },
  };
  const { tools, leftOut } = read(paths, bounds);
  assert.deepEqual(tools.map(({ name }) => name).sort(), ['create', 'read']);
  assert.ok(leftOut.every(({ code }) => code === 'connector.method_denied'));
  const create = tools.find(({ name }) => name === 'create') as ConnectorTool;
  assert.ok(requestOf(create, { kind: 'Account' }).ok);
  for (const kind of ['User', 'user', 'USER', 'User/x', '%55ser']) {
    const refused = requestOf(create, { kind });
    const code = refused.ok ? '' : refused.error.code;
    assert.equal(code, 'connector.method_denied', kind);
  }
});

test('no argument leads out of its place in the path, and none begins a header', () => {
  const header = { name: 'X-Trace', in: 'header', schema: text };
  const get = { operationId: 'get', parameters: [inPath, header] };
  const tool = only({ '/things/{id}/parts': { get } });
  fc.assert(
    fc.property(fc.string(), fc.string(), (id, trace) => {
      const made = requestOf(tool, { id, 'X-Trace': trace });
      if (!made.ok) return;
      assert.match(made.value.path, /^\/things\/[^/?#]+\/parts$/);
      const url = new URL(`https://api.example${made.value.path}`);
      assert.equal(url.pathname, made.value.path);
      assert.ok(made.value.headers.every(([, value]) => !/[\r\n]/.test(value)));
    }),
  );
  for (const id of ['..', '.', '']) assert.equal(requestOf(tool, { id }).ok, false);
  const authorised = { name: 'Authorization', in: 'header', required: true, schema: text };
  const { leftOut } = read({ '/a': { get: { parameters: [authorised] } } });
  assert.match(leftOut[0]?.why ?? '', /not one to choose/);
});

test('a contract says what its method does, and binds the operation', () => {
  const tool = only({ '/charges/{id}': { delete: { operationId: 'drop', parameters: [inPath] } } });
  const hash = digestOf(tool.inputSchema);
  assert.ok(hash.ok);
  const about = { server: 'shop', tool, schemaHash: hash.value, secret: 'shop-key', version: '7' };
  const contract = connectorContract(about);
  assert.ok(isRuntimeToolContract(contract));
  assert.equal(contract.target, 'net::http::delete::shop.drop');
  assert.deepEqual(contract.authority_scopes, ['scope:shop.drop']);
  assert.deepEqual(contract.secret_slots, ['shop-key']);
  assert.deepEqual(
    [contract.effect, contract.risk_class, contract.act],
    ['idempotent', 'high', 'delete'],
  );
  const [send] = evmTools;
  assert.ok(send);
  const chain = connectorContract({ ...about, tool: send });
  assert.ok(isRuntimeToolContract(chain));
  assert.equal(chain.target, 'wallet::send::shop.send_transaction');
});

test('a signature of SSH is named by what it is for, and what bounds it is in its contract', () => {
  const login = { host_keys: ['AAAA'], users: ['git'] };
  const tools = sshTools(login, ['git']);
  const contracts = tools.map((tool) => {
    const hash = digestOf(tool.inputSchema);
    assert.ok(hash.ok);
    const about = { server: 'forge', tool, schemaHash: hash.value, secret: 'key', version: '1' };
    return connectorContract(about);
  });
  assert.deepEqual(
    contracts.map((each) => each?.target),
    ['ssh::sign::forge.sign_message', 'ssh::authenticate::forge.authenticate'],
  );
  for (const contract of contracts) {
    assert.ok(isRuntimeToolContract(contract));
    const { risk_class, effect, act } = contract;
    assert.deepEqual([risk_class, effect, act], ['high', 'at_most_once', 'send']);
    assert.equal(contract.authority_scopes.length, 1);
  }
  assert.deepEqual(
    tools.map(({ inputSchema }) => operationIn(inputSchema)),
    [
      { kind: 'ssh', ssh: { effect: 'sign', namespaces: ['git'] } },
      { kind: 'ssh', ssh: { effect: 'authenticate', ...login } },
    ],
  );
  assert.deepEqual(
    sshTools(undefined).map(({ name }) => name),
    ['sign_message'],
  );
  const odd = [
    { effect: 'authenticate' },
    { effect: 'sign', namespaces: 'git' },
    { effect: 'send' },
  ];
  for (const each of odd) assert.equal(operationIn({ 'x-ioi-ssh': each }), undefined);
});
