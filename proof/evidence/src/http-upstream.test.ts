import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import { httpUpstream } from '@ioi/drivers/shell';
import { serveEverything } from '@ioi/drivers/testing';
import { makeHome, NodeProcess } from '@ioi/kit';
import { verify } from '@ioi/verifier';

const POLICY = JSON.stringify({
  policy_id: 'http',
  rules: [{ target: 'mcp::everything::echo', conditions: {}, action: 'ALLOW' }],
});

test('a server over Streamable HTTP is behind the same boundary', async () => {
  const { url, process: server } = await serveEverything();
  const home = mkdtempSync(join(tmpdir(), 'ioi-http-'));
  const contract = await echoContract(url);
  await makeHome(home, [{ name: 'everything', url, contracts: [contract] }]);
  const node = new NodeProcess(home);
  try {
    await node.ready();
    assert.equal((await node.activate(POLICY)).status, 200);
    const peer = node.connectMcp();
    await peer.initialize();
    const echoed = await peer.call('echo', { message: 'over http' });
    assert.match(JSON.stringify(echoed.result), /over http/);
    const other = await peer.call('get-sum', { a: 1, b: 2 });
    const meta = other.result?.['_meta'] as Record<string, string> | undefined;
    assert.equal(meta?.['ioi/code'], 'contract.missing');
    const detail = (await node.api('GET', '/v1/tools/get-sum')).body;
    assert.match(String(detail['schema_hash']), /^sha256:/);
    assert.deepEqual([detail['server'], detail['contract']], ['everything', undefined]);
    const text = String((await node.api('GET', '/v1/export')).body['text']);
    assert.deepEqual(verify([encodeUtf8(text)]).findings, []);
  } finally {
    await node.stop();
    node.removeHome();
    server.kill();
  }
});

async function echoContract(url: string): Promise<object> {
  const upstream = httpUpstream({ name: 'everything', url });
  const tools = await upstream.tools();
  await upstream.close();
  const schema = digestOf(tools.find((tool) => tool.name === 'echo')?.inputSchema);
  assert.ok(schema.ok);
  return {
    server: 'everything',
    tool: 'echo',
    version: '2026.8.31',
    schema_hash: schema.value,
    target: 'mcp::everything::echo',
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: 'low',
    effect: 'read',
    parameters: [],
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'remote_retrieval',
    postconditions: ['output_present'],
    limits: { timeout_ms: 10_000, output_bytes: 65_536 },
  };
}
