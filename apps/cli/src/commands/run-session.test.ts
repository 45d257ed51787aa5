import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '@ioi/basis/testing';
import { EchoServer } from '../testing/echo-server.ts';
import { readByMcp } from '../testing/read-by-mcp.ts';
import { runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const HOUSE = fileURLToPath(new URL('../../../../', import.meta.url));
const node = new TestNode();
const server = await EchoServer.start();

after(async () => {
  server.close();
  await node.close();
});

const post = { target: 'net::http::post' };
const rules = [
  { rule_id: 'read', target: 'fs::read', conditions: { allow_paths: [node.workspace] } },
  { rule_id: 'post', ...post, conditions: { allow_domains: ['127.0.0.1'] } },
].map((each) => ({ ...each, action: 'ALLOW' }));
const flow = { rule_id: 'nothing_read', ...post, conditions: { block_flows: ['tool:fs::read'] } };

test('what a program read by MCP, a rule about flows keeps from being posted', async (t) => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  if (!available) return t.skip('no sandbox on this machine: ioi mcp sandbox');
  const all = [...rules, { ...flow, action: 'BLOCK' }];
  const policy = { policy_id: 'flows', defaults: 'deny_all', rules: all };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  assert.equal((await node.activate()).code, 0);
  const ask = (name: string) => `curl -sS -m 30 -d ${name} http://${server.host}/${name}`;
  const read = readByMcp(node.workspace, 'notes.txt');
  const script = `export NO_PROXY= no_proxy=; ${ask('before')}; ${read}; ${ask('later')}`;
  const where = ['--host', server.host, '--read', HOUSE];
  const ran = await runIoi(['run', '--json', ...where, '--', 'sh', '-c', script], {
    env: { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' },
    cwd: node.workspace,
  });
  assert.match(ran.stdout, /"id":2,"result":\{"content":\[\{"type":"text","text":"old/, ran.stderr);
  assert.deepEqual(
    server.seen.map(({ what }) => what),
    ['POST /before'],
  );
  assert.match(ran.stdout, /"code":"policy.blocked".*"rule_id":"nothing_read"/);
});

test('a program that is paused is refused, and so is the next of its name', async (t) => {
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  if (!available) return t.skip('no sandbox on this machine: ioi mcp sandbox');
  const ask = (name: string) => `curl -sS -m 30 -d ${name} http://${server.host}/${name}`;
  const run = (script: string) =>
    runIoi(['run', '--host', server.host, '--', 'sh', '-c', `export NO_PROXY=; ${script}`], {
      env: { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' },
      cwd: node.workspace,
    });
  const isSeen = (what: string) => server.seen.some((each) => each.what === what);
  const ran = run(`${ask('first')}; until [ -e paused ]; do sleep 0.1; done; ${ask('second')}`);
  await until('it asked once', async () => isSeen('POST /first'));
  const agents = async () => JSON.parse((await node.ioi('agents', '--json')).stdout).sessions;
  const [session, ...others] = await agents();
  assert.deepEqual(others, []);
  assert.equal(session.way, 'sandbox');
  assert.match(session.agent_id, /\/run\/sh$/);
  assert.equal((await node.ioi('agents', 'pause', session.session_id)).code, 0);
  writeFileSync(join(node.workspace, 'paused'), '');
  assert.match((await ran).stdout, /"code":"session.paused"/);
  assert.match((await run(ask('third'))).stdout, /"code":"session.paused"/);
  assert.ok(!isSeen('POST /second') && !isSeen('POST /third'));
  const listed = await node.ioi('agents');
  assert.match(listed.stderr, /paused, should they come again: agent:.*\/run\/sh;/);
  assert.equal((await node.ioi('agents', 'resume', '--all')).code, 0);
  assert.doesNotMatch((await run(ask('fourth'))).stdout, /session.paused/);
  assert.ok(isSeen('POST /fourth'));
});
