import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRuntimeToolContract } from '@ioi/protocol';
import fc from 'fast-check';
import { validateArguments } from './argument-check.ts';
import { bindContract } from './bind.ts';
import { methodOf } from './contracts/methods.ts';
import {
  CLIENT_METHODS,
  methodCall,
  methodContracts,
  methodTool,
  SERVER_METHODS,
} from './index.ts';
import { methodParams } from './method-call.ts';

const contracts = methodContracts('notes');
const reading = (uri: unknown) => methodCall(contracts, 'resources/read', { uri } as never);

test('every method has a contract that is valid and binds to its own schema', () => {
  for (const method of [...SERVER_METHODS, ...CLIENT_METHODS]) {
    const tool = methodTool(method);
    assert.ok(tool);
    const own = contracts.filter((contract) => contract.tool === method);
    assert.equal(own.length, method === 'resources/read' ? 3 : 1);
    for (const contract of own) {
      assert.ok(isRuntimeToolContract(contract), contract.target);
      assert.ok(bindContract([contract], 'notes', tool).ok);
      assert.equal(methodOf(contract), method);
      const digest = `sha256:${'0'.repeat(64)}` as const;
      assert.equal(methodOf({ ...contract, schema_hash: digest }), undefined, 'a tool so named');
    }
  }
  assert.equal(methodTool('tools/call'), undefined);
  assert.equal(methodTool('constructor'), undefined);
});

test('a resource is read under the target of what it is', () => {
  const cases: [string, string, object][] = [
    ['file:///a/b%20c', 'fs::read', { path: '/a/b c' }],
    ['file://localhost/a', 'fs::read', { path: '/a', uri: 'file://localhost/a' }],
    ['https://a.example/x', 'net::fetch', { url: 'https://a.example/x', method: 'GET' }],
    [
      'HTTP://A.example',
      'net::fetch',
      { url: 'http://a.example/', method: 'GET', uri: 'HTTP://A.example' },
    ],
    ['note://one', 'mcp::notes::resource', { uri: 'note://one' }],
    ['nonsense', 'mcp::notes::resource', { uri: 'nonsense' }],
  ];
  for (const [uri, target, given] of cases) {
    const call = reading(uri);
    assert.ok(call.ok, uri);
    assert.deepEqual([call.value.contract.target, call.value.arguments], [target, given]);
    const tool = methodTool('resources/read');
    assert.ok(tool && validateArguments(tool.inputSchema, call.value.arguments).ok);
    assert.deepEqual(methodParams(call.value.contract, call.value.arguments), { uri });
  }
});

test('an address of a file that could be read in two ways is refused', () => {
  const refused = [
    'file://server/share',
    'file:///a/../etc/passwd',
    'file:///a/%2e%2e/etc/passwd',
    'file:///a%2fb',
    'file:///a%00b',
    'file:///a?b',
    'file:///a#b',
    'file:///%ff',
    7,
    undefined,
  ];
  for (const uri of refused) {
    const call = reading(uri);
    assert.equal(!call.ok && call.error.code, 'contract.arguments_invalid', String(uri));
  }
});

test('where a path leads elsewhere than its address says, the server gets the end of it', () => {
  const call = reading('file:///link/x');
  assert.ok(call.ok);
  const resolved = { path: '/real/ä x', uri: 'file:///link/x' };
  assert.deepEqual(methodParams(call.value.contract, resolved), {
    uri: 'file:///real/%C3%A4%20x',
  });
  const web = reading('https://a.example');
  assert.ok(web.ok);
  const other = { url: 'https://b.example/', uri: 'https://a.example' };
  assert.deepEqual(methodParams(web.value.contract, other), { uri: 'https://b.example/' });
});

test('every path has an address that leads back to it', () => {
  const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
  const parts = fc.array(part, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(parts, (names) => {
      const clean = names.filter((name) => !/^\.{1,2}$|[/\\\0]/.test(name) && name.isWellFormed());
      const path = `/${clean.join('/')}`;
      const contract = contracts[0];
      assert.ok(contract);
      const call = reading(methodParams(contract, { path })['uri']);
      assert.ok(call.ok, path);
      assert.equal(call.value.arguments['path'], path);
    }),
    { numRuns: 500 },
  );
});

test('other methods keep their parameters, without what is about the request itself', () => {
  const params = { name: 'greet', arguments: { a: 'b' }, _meta: { progressToken: 1 } };
  const call = methodCall(contracts, 'prompts/get', params);
  assert.ok(call.ok);
  assert.deepEqual(call.value.arguments, { name: 'greet', arguments: { a: 'b' } });
  assert.equal(call.value.contract.target, 'mcp::notes::prompt');
  const none = methodCall([], 'prompts/get', params);
  assert.equal(!none.ok && none.error.code, 'contract.missing');
});
