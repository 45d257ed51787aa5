import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openRun } from './ask-node.ts';

test('a node that ends in the midst of a line says nothing, and ends nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-ask-'));
  const socket = join(folder, 'socket');
  let held: ServerResponse | undefined;
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/ports')) {
      response.write('{"port": 30', () => response.destroy());
      return;
    }
    held = response;
    response.write('{"run_id":"run_1"}\n');
  }).listen(socket);
  t.after(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });
  await once(server, 'listening');
  const run = await openRun(socket, { name: 'sh', hosts: [] });
  assert.ok(typeof run !== 'string');
  const looks: number[] = [];
  run.onLook((look) => looks.push(look));
  const asked = run.port(3000);
  assert.equal((await asked.told)?.port, undefined);
  await asked.over;
  held?.write('{"look":1}\n{"loo', () => held?.destroy());
  await once(held as ServerResponse, 'close');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(looks, [1]);
  run.close();
});
