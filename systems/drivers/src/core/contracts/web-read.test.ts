import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '@ioi/canon';
import { isWebContract, webContracts } from '@ioi/law';
import { isRuntimeToolContract, type RuntimeToolContract } from '@ioi/protocol';
import { methodCall } from '../method-call.ts';
import { methodContracts } from './methods.ts';

test('a read over HTTP is the same act as the read by MCP', () => {
  const url = 'https://a.example/x';
  const read = methodCall(methodContracts('files'), 'resources/read', { uri: url });
  assert.ok(read.ok);
  const contract = webContracts.get('GET') as RuntimeToolContract;
  assert.equal(read.value.contract.target, contract.target);
  const named = (each: RuntimeToolContract, given: object) =>
    digestOf(
      Object.fromEntries(
        each.parameters.flatMap(({ argument, parameter }) => {
          const value = (given as Record<string, unknown>)[argument];
          return value === undefined ? [] : [[parameter, value]];
        }),
      ),
    );
  const byMcp = named(read.value.contract, read.value.arguments);
  const byHttp = named(contract, { url, method: 'GET' });
  assert.ok(byMcp.ok && byHttp.ok);
  assert.equal(byMcp.value, byHttp.value);
});

test('what is sent has another target than what is read', () => {
  const targets = [...webContracts].map(([method, { target, effect }]) => [method, target, effect]);
  assert.deepEqual(targets, [
    ['GET', 'net::fetch', 'read'],
    ['HEAD', 'net::fetch', 'read'],
    ['OPTIONS', 'net::fetch', 'read'],
    ['POST', 'net::http::post', 'at_most_once'],
    ['PUT', 'net::http::put', 'idempotent'],
    ['PATCH', 'net::http::patch', 'at_most_once'],
    ['DELETE', 'net::http::delete', 'idempotent'],
    ['git-receive-pack', 'net::git::push', 'at_most_once'],
    ['git-receive-pack/probe', 'net::fetch', 'read'],
    ['websocket', 'net::http::websocket', 'at_most_once'],
  ]);
  for (const contract of webContracts.values()) {
    assert.ok(isRuntimeToolContract(contract) && isWebContract(contract));
  }
});

test('a server that took the name has no contract of the door', () => {
  const own = webContracts.get('GET') as RuntimeToolContract;
  assert.ok(!isWebContract({ ...own, schema_hash: `sha256:${'0'.repeat(64)}` }));
  assert.ok(!isWebContract({ ...own, server: 'other' }));
});
