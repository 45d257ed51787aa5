import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodeUtf8 } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import { GatewayNode } from '@ioi/kit';
import { verify } from '@ioi/verifier';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import * as http from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

const SERVER = fileURLToPath(new URL('./ledger-server.ts', import.meta.url));

/** A way to the node that can be cut, and stay so. */
async function wayTo(t: TestContext, url: string) {
  const { port } = new URL(url);
  const open = new Set<Socket>();
  let isCut = false;
  const way = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), '127.0.0.1');
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(way, 'listening');
  const cut = (now: boolean): void => {
    isCut = now;
    for (const each of now ? open : []) each.destroy();
  };
  t.after(() => {
    way.close();
    cut(true);
  });
  return { url: new URL(`http://127.0.0.1:${(way.address() as AddressInfo).port}/mcp`), cut };
}

test('a client that is cut off while a person is asked gets its answer once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-cut-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const ledger = join(folder, 'ledger');
  const server = { command: process.execPath, args: [SERVER], env: { LEDGER: ledger } };
  const asked = ['mcp::ledger::append'];
  const node = await GatewayNode.start([{ name: 'ledger', ...server }], { asked, approves: false });
  t.after(() => node.stop());
  const way = await wayTo(t, node.url);
  const reconnectionOptions = {
    initialReconnectionDelay: 100,
    maxReconnectionDelay: 500,
    reconnectionDelayGrowFactor: 1,
    maxRetries: 100,
  };
  const transport = new http.StreamableHTTPClientTransport(way.url, { reconnectionOptions });
  const client = new Client({ name: 'cut', version: '1' });
  await client.connect(transport as Transport);
  const answers: unknown[] = [];
  const { onmessage } = transport;
  transport.onmessage = (message) => {
    if ('result' in message) answers.push(message.id);
    onmessage?.(message);
  };
  const tokens: string[] = [];
  const options = { onresumptiontoken: (token: string) => void tokens.push(token) };
  const call = client.callTool({ name: 'append', arguments: { id: 'a' } }, undefined, options);
  await node.node.waiting();
  await until('the client knows where it is', () => tokens.length > 0);
  way.cut(true);
  await node.approve();
  await until('it is done', () => readFileSync(ledger, 'utf8') === 'a\n');
  assert.deepEqual(answers, [], 'nobody was there to be told');
  way.cut(false);
  assert.match(JSON.stringify(await call), /appended/);
  await client.ping();
  assert.equal(answers.length, 2, 'of the call and of the ping');
  assert.equal(readFileSync(ledger, 'utf8'), 'a\n');
  const text = await node.exported();
  assert.deepEqual(verify([encodeUtf8(text)]).findings, []);
  assert.equal(text.match(/"operation":"[^"]*action\.receipt"/g)?.length, 1);
  await client.close();
});
