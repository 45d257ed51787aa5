import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { type Agent, connectAgent } from '../demo/agent.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];
const asked: string[] = [];
const api = createServer((request, response) => void answer(request, response));
let agent: Agent;
let grant: string;

/** `/slow` answers nobody; whoever waits for it is told by the end of the connection. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  asked.push(request.url ?? '');
  api.emit(`asked ${request.url}`);
  request.socket.once('close', () => api.emit(`cut ${request.url}`));
  if (request.url !== '/slow') response.end('{}');
}

async function well(...args: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await node.ioi(...args, '--json');
  assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

async function requests(): Promise<readonly string[]> {
  const { requests: all } = (await well('wallet', 'requests')) as {
    requests: { authority_request_id: string }[];
  };
  return all.map((each) => each.authority_request_id);
}

before(async () => {
  assert.equal((await node.init()).code, 0);
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const paths = {
    '/slow': { post: { operationId: 'slow' } },
    '/fast': { post: { operationId: 'fast' } },
  };
  const document = { openapi: '3.1.0', info: { title: 'shop', version: '1' }, paths };
  const file = join(node.folder, 'shop.json');
  writeFileSync(file, JSON.stringify({ ...document, servers: [{ url: origin }] }));
  await well('connector', 'add', file, '--secret', 'shop-key');
  writeFileSync(join(node.folder, 'value'), 'planted-secret-6f1d9c0b7a52', { mode: 0o600 });
  await well('up', '--detach');
  const place = ['--kind', 'bearer', '--server', 'shop', '--origin', origin];
  const value = ['--file', join(node.folder, 'value')];
  await well('wallet', 'secret', 'set', 'shop-key', ...place, ...value, ...withPassphrase);
  const policy = join(node.folder, 'policy.json');
  const rules = [{ rule_id: 'all', target: 'net::*', conditions: {}, action: 'ALLOW' }];
  writeFileSync(policy, JSON.stringify({ policy_id: 'shop', defaults: 'deny_all', rules }));
  await well('policy', 'activate', policy, ...withPassphrase);
  const subject = `${String((await well('status'))['node_id']).replace('node:', 'agent:')}/mcp`;
  const scopes = ['--scope', 'scope:shop.slow', '--scope', 'scope:shop.fast'];
  const wanted = ['--prim', 'prim:net.request', '--resource', 'tool://shop/**'];
  await well('wallet', 'ask', subject, ...scopes, ...wanted);
  const [id = ''] = await requests();
  const given = await well('wallet', 'grant', id, '--lease', ...withPassphrase);
  grant = JSON.stringify(given).match(/grant_[0-9a-f]{32}/)?.[0] ?? '';
  agent = await connectAgent(node.home);
});

after(async () => {
  await agent.close();
  await node.close();
  api.closeAllConnections();
  api.close();
});

test('revoking ends what runs through the edge, and the very next seal refuses', async () => {
  const arrived = once(api, 'asked /slow');
  const cut = once(api, 'cut /slow');
  const running = agent.call('slow', {});
  await arrived;
  await well('wallet', 'revoke', grant, ...withPassphrase);
  await cut;
  assert.match(JSON.stringify(await running), /execution\.effect_unknown/);
  const feed = (await node.ioi('wallet', 'audit', '--kind', 'egress', '--json')).stdout;
  assert.match(feed, /"about":"net::http::post::shop\.slow".*"result":"permitted"/);
  const next = agent.call('fast', {});
  const waiting = await until('it is asked for', async () => (await requests())[0]);
  assert.deepEqual(asked, ['/slow'], 'nothing was sent under what was taken back');
  await well('wallet', 'deny-request', waiting, ...withPassphrase);
  assert.match(JSON.stringify(await next), /authority\.denied/);
  assert.deepEqual(asked, ['/slow']);
});
