import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const manifest = {
  connector_id: 'std:shop:v1',
  interface: { type: 'openapi', url: 'shop.json' },
  auth_requirement: { type: 'bearer' },
  policy_defaults: { deny_methods: ['DELETE'] },
};
const document = {
  openapi: '3.1.0',
  info: { title: 'shop', version: '7' },
  servers: [{ url: 'https://api.shop.example/v1' }],
  paths: {
    '/refunds': { post: { operationId: 'refund' }, delete: { operationId: 'drop' } },
    '/odd': { get: { parameters: [{ name: 'c', in: 'cookie', schema: {} }] } },
  },
};

before(async () => {
  assert.equal((await node.init()).code, 0);
  save('shop.json', document);
  save('manifest.json', manifest);
});
after(() => node.close());

function save(name: string, value: object): void {
  writeFileSync(join(node.folder, name), JSON.stringify(value));
}

function add(name: string, ...more: readonly string[]) {
  return node.ioi('connector', 'add', join(node.folder, name), '--secret', 'shop-key', ...more);
}

test('a connector is added from its manifest, shown and removed again', async () => {
  const added = await add('manifest.json', '--json');
  assert.equal(added.code, 0, added.stderr);
  const { name, tools, leftOut } = JSON.parse(added.stdout);
  assert.deepEqual([name, tools], ['shop', ['refund']]);
  const codes = leftOut.map(({ code }: { code: string }) => code).sort();
  assert.deepEqual(codes, ['connector.method_denied', 'connector.openapi_unsupported']);
  const { servers } = JSON.parse(readFileSync(node.home.nodeConfig, 'utf8'));
  const entry = servers.find((each: { name: string }) => each.name === 'shop');
  assert.equal(entry.url, 'https://api.shop.example/v1');
  assert.equal(entry.credential, 'shop-key');
  assert.match((await node.ioi('connector', 'list')).stdout, /shop {2}1 tools/);
  assert.match((await node.ioi('connector', 'show', 'shop')).stdout, /deny_methods/);
  assert.equal((await add('manifest.json')).code, 2, 'it is there already');
  assert.equal((await node.ioi('connector', 'remove', 'shop')).code, 0);
  assert.match((await node.ioi('connector', 'show', 'shop')).stderr, /no connector shop/);
});

test('what cannot be held is refused by name, and nothing is written', async () => {
  save('notarised.json', { ...manifest, notarization: 'required' });
  save('odd.json', { ...document, paths: { '/odd': document.paths['/odd'] } });
  save('plain.json', { ...document, servers: [{ url: 'http://api.shop.example' }] });
  const before = readFileSync(node.home.nodeConfig, 'utf8');
  const cases: readonly (readonly [string, RegExp])[] = [
    ['notarised.json', /connector\.notary_missing/],
    ['odd.json', /connector\.empty/],
    ['plain.json', /https, or on this machine/],
  ];
  for (const [name, why] of cases) {
    const refused = await add(name, '--json');
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, why);
  }
  assert.equal(readFileSync(node.home.nodeConfig, 'utf8'), before);
});
