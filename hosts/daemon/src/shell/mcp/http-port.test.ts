import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openHttp } from './http-port.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-port-'));
after(() => rmSync(folder, { recursive: true }));

test('a port that is taken is a fault of node.json that names it', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const message = `/mcp_http: port ${port} of 127.0.0.1 cannot be listened on (EADDRINUSE)`;
  await assert.rejects(openHttp({ port }, folder), { code: 'config.invalid', message });
});

test('who comes before the node is ready is told so, and does not hang', async () => {
  const { url = '', serve } = await openHttp({ port: 0 }, folder);
  assert.equal((await fetch(url)).status, 503);
  serve((_, response) => response.end('served'));
  assert.equal(await (await fetch(url)).text(), 'served');
});
