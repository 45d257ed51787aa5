import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '@ioi/basis/testing';
import { digestOf } from '@ioi/canon';
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

const streamOf = (text: string) => {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { bytes: Buffer.byteLength(text), sha256, text };
};

const AGENT = `
import { spawn, spawnSync } from 'node:child_process';
const run = (shell, ...args) => {
  const { status, stdout, stderr } = spawnSync(shell, args, { encoding: 'utf8' });
  console.log(JSON.stringify({ status, stdout, stderr }));
};
run('bash', '-lc', 'echo one; sh -c "echo two"');
run('/bin/sh', '-c', 'npm install left-pad');
run('/usr/bin/bash', '-c', 'curl http://127.0.0.1');
run('sh', '-c', 'rm notes.txt');
const endless = spawn('sh', ['-c', 'yes']);
endless.stdout.once('data', () => endless.stdout.destroy());
endless.on('exit', (status) => console.log(JSON.stringify({ status })));
`;

test('what a program has a shell do is decided, receipted, and done once it may be', async (t) => {
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  if (!available) return t.skip('no sandbox on this machine: ioi mcp sandbox');
  const exec = (rule_id: string, action: string, ...allow_commands: string[]) => {
    return { rule_id, target: 'sys::exec', conditions: { allow_commands }, action };
  };
  const all = [
    exec('look', 'ALLOW', 'echo **', 'yes'),
    exec('no_packages', 'BLOCK', 'npm install **'),
    exec('ask_to_delete', 'REQUIRE_APPROVAL', 'rm **'),
  ];
  const policy = { policy_id: 'shell', defaults: 'deny_all', rules: all };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  assert.equal((await node.activate()).code, 0);
  writeFileSync(join(node.workspace, 'agent.mjs'), AGENT);
  const running = runIoi(['run', '--json', '--shell', '--', process.execPath, 'agent.mjs'], {
    env: { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' },
    cwd: node.workspace,
  });
  const { request_hash: hash } = await node.waiting();
  assert.ok(existsSync(join(node.workspace, 'notes.txt')));
  const file = ['--passphrase-file', node.passphraseFile];
  const approved = await node.ioi('approve', hash, ...file);
  assert.equal(approved.code, 0, approved.stderr);
  const ran = await running;
  const [echo, install, curl, remove, endless] = ran.stdout
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each));
  assert.deepEqual(echo, { status: 0, stdout: 'one\ntwo\n', stderr: '' });
  assert.equal(install.status, 126);
  assert.match(install.stderr, /^ioi: not done: .*policy.blocked, no_packages, receipt_/);
  assert.match(curl.stderr, /^ioi: not done: no rule .*policy.default_deny, receipt_/);
  assert.equal(remove.status, 0);
  assert.match(remove.stderr, /it waits for a person: ioi approve sha256:/);
  assert.ok(!existsSync(join(node.workspace, 'notes.txt')));
  assert.ok([1, 141].includes(endless.status), 'ended by a pipe that nobody reads');
  const { run } = JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '');
  assert.equal(run.verdicts.allowed, 3, 'the shell within a shell asked nothing of its own');
  assert.equal(run.verdicts.blocked, 2);
  assert.equal(run.coverage.shell, 'mediated');
  const shown = await node.ioi('show', run.receipts[0], '--json');
  const output = { exit_code: 0, stdout: streamOf('one\ntwo\n'), stderr: streamOf('') };
  const commitment = digestOf(output);
  assert.ok(commitment.ok && shown.stdout.includes(commitment.value), shown.stdout);
  const out = join(node.folder, 'shells.jsonl');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  const { executions } = JSON.parse((await node.ioi('verify', out, '--json')).stdout).summary;
  assert.equal(executions.effect_unknown, 0, 'the end of each is known');
});
