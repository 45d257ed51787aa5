import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { processesNaming, until } from '@ioi/basis/testing';
import { mailContract } from '@ioi/law/testing';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { ECHOED, GatedServer, HELD } from '../testing/gated-server.ts';
import { IOI, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const SECRET = 'planted-secret-6f1d9c0b7a52';
const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];
let gated: GatedServer;

before(async () => {
  gated = await GatedServer.start(SECRET);
  assert.equal((await node.init()).code, 0);
  configure({});
  writeFileSync(node.home.policy, JSON.stringify(POLICY));
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
});

after(async () => {
  await node.close();
  await gated.close();
});

const POLICY = {
  policy_id: 'remote',
  defaults: 'deny_all',
  rules: [{ rule_id: 'echo', target: 'remote::echo', conditions: {}, action: 'ALLOW' }],
};

function configure(more: object): void {
  const config = JSON.parse(readFileSync(node.home.nodeConfig, 'utf8'));
  const remote = { name: 'remote', url: gated.url, credential: 'remote-token', ...more };
  writeFileSync(node.home.nodeConfig, JSON.stringify({ ...config, servers: [remote] }));
}

async function restart(): Promise<void> {
  assert.equal((await node.ioi('down')).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
}

async function remote() {
  const { servers } = await node.daemon.status();
  return servers.find(({ name }) => name === 'remote');
}

function processOf(part: string): number {
  const found = processesNaming(node.folder).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`hosts/${part}/src/main.`),
  );
  return found ?? edgeAt(part);
}

/** The edge's command line names nothing of the node: its parent is the guardian's. */
function edgeAt(part: string): number {
  const guardian = part === 'edge' ? processOf('guardian') : 0;
  const edges = processesNaming('hosts/edge/src/main.');
  return edges.find((pid) => guardian > 0 && parentOf(pid) === parentOf(guardian)) ?? 0;
}

function parentOf(pid: number): string | undefined {
  try {
    return /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

function setSecret(secret: string, ...flags: readonly string[]) {
  const args = ['mcp', 'secret', 'set', 'remote', ...withPassphrase, ...flags];
  return runIoi(args, { env: { IOI_HOME: node.home.folder }, input: `${secret}\n` });
}

/** Files of the node, databases and logs included, in which a text stands. */
function filesWith(text: string): string[] {
  const names = readdirSync(node.home.folder, { recursive: true }) as string[];
  const paths = names.map((name) => join(node.home.folder, name));
  return paths.filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

async function echo(message: string) {
  const client = new Client({ name: 'test', version: '1' });
  const args = [IOI, 'mcp'];
  const env = { IOI_HOME: node.home.folder };
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env }));
  try {
    return await client.callTool({ name: 'echo', arguments: { message } });
  } finally {
    await client.close();
  }
}

test('without its secret nothing is sent to a server; with it, it is ready', async () => {
  const before = await remote();
  assert.equal(before?.state, 'unreachable');
  assert.deepEqual([gated.admitted, gated.refused], [0, 0]);
  const set = await setSecret(SECRET, '--bearer-stdin');
  assert.equal(set.code, 0, set.stderr);
  assert.match(set.stderr, /sent to http:\/\/127\.0\.0\.1:[0-9]+ alone, for remote/);
  assert.match(set.stdout, /next: ioi mcp test remote/);
  const tested = await node.ioi('mcp', 'test', 'remote');
  assert.equal(tested.code, 0, tested.stderr);
  assert.equal((await remote())?.state, 'ready', JSON.stringify(await remote()));
  assert.ok(gated.admitted > 0);
});

test('a tool of a server with a credential answers, and holds none of it', async () => {
  const { schema_hash } = await node.daemon.tool('echo');
  const about = { server: 'remote', tool: 'echo', target: 'remote::echo', schema_hash };
  const parameters = [{ argument: 'message', parameter: 'message', kind: 'content' }];
  configure({ contracts: [{ ...mailContract, ...about, parameters }] });
  await restart();
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  const answer = JSON.stringify(await echo(`say ${ECHOED} twice: ${ECHOED}`));
  assert.match(answer, /say \[redacted\] twice: \[redacted\]/);
  assert.equal(answer.includes(SECRET), false);
});

test('the secret is in no file, no environment, no argument and no output', async () => {
  assert.deepEqual(filesWith(SECRET), []);
  for (const part of ['guardian', 'daemon', 'edge']) {
    const pid = processOf(part);
    assert.ok(pid > 0, part);
    for (const name of ['environ', 'cmdline']) {
      assert.equal(readFileSync(`/proc/${pid}/${name}`, 'utf8').includes(SECRET), false);
    }
  }
  const file = join(node.folder, 'export.jsonl');
  assert.equal((await node.ioi('export', '--out', file)).code, 0);
  assert.equal((await node.ioi('verify', file)).code, 0);
  assert.equal(readFileSync(file, 'utf8').includes(SECRET), false);
  for (const args of [
    ['mcp', 'secret', 'list', '--json'],
    ['status', '--json'],
    ['log', '--json'],
  ]) {
    const { code, stdout, stderr } = await node.ioi(...args);
    assert.equal(code, 0, stderr);
    assert.equal(stdout.includes(SECRET), false);
  }
  const list = await node.ioi('mcp', 'secret', 'list', '--plain');
  assert.equal(list.stdout, `remote-token\tbearer\tremote\t${new URL(gated.url).origin}\t\n`);
});

test('the edge may read no file of the node; only its owner changes a secret', async () => {
  const flags = readFileSync(`/proc/${processOf('edge')}/cmdline`, 'utf8').split('\0');
  assert.ok(flags.includes('--permission') && flags.includes('--allow-net'));
  const readable = flags.filter((flag) => flag.startsWith('--allow-fs'));
  assert.deepEqual(
    readable.filter((flag) => node.home.folder.startsWith(flag.split('=')[1] ?? '')),
    [],
  );
  const wrong = join(node.folder, 'wrong');
  writeFileSync(wrong, 'not the passphrase\n');
  for (const words of [['secret', 'remove'], ['logout']]) {
    const removed = await node.ioi('mcp', ...words, 'remote', '--passphrase-file', wrong);
    assert.equal(removed.code, 3, removed.stderr);
  }
  const unknown = await node.ioi('mcp', 'secret', 'set', 'nowhere', ...withPassphrase);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /"credential": "NAME"/);
});

/** All are started again once one of them is killed. */
async function killed(part: string): Promise<void> {
  const before = ['edge', 'guardian', 'daemon'].map(processOf);
  const pid = processOf(part);
  // Zero would be this process and all beside it.
  assert.ok(pid > 0, part);
  process.kill(pid, 'SIGKILL');
  await until('all are new', () => {
    const now = ['edge', 'guardian', 'daemon'].map(processOf);
    return now.every((pid, at) => pid > 0 && pid !== before[at]);
  });
  await until('the server is there again', async () => {
    return (await remote().catch(() => undefined))?.state === 'ready';
  });
}

test('when the guardian is killed, all are started again and go on', async () => {
  await killed('guardian');
  assert.match(JSON.stringify(await echo('still here')), /still here/);
});

test('an act under way when the edge is killed is in doubt; no later edge sends it', async () => {
  const answered = echo(HELD).catch(String);
  await until('it is with the server', () => gated.held === 1);
  await killed('edge');
  await answered;
  assert.match(JSON.stringify(await echo('after it')), /after it/);
  assert.equal(gated.held, 1);
  assert.equal((await node.daemon.status()).open.unknown, 1);
});

test('a locked vault sends nothing, by name and at once, until it is opened', async () => {
  assert.equal((await node.ioi('wallet', 'lock')).code, 0);
  const { admitted } = gated;
  const answer = JSON.stringify(await echo('nobody hears this'));
  assert.equal(gated.admitted, admitted, answer);
  const [receipt = ''] = /receipt_[0-9a-f]{32}/.exec(answer) ?? [];
  const shown = await node.ioi('show', receipt, '--json');
  assert.match(shown.stdout, /vault\.locked: .*ioi wallet unlock/);
  const opened = await node.ioi('wallet', 'unlock', ...withPassphrase);
  assert.equal(opened.code, 0, opened.stderr);
  assert.match(JSON.stringify(await echo('heard again')), /heard again/);
});

test('a removed secret is used no more, at once', async () => {
  const removed = await node.ioi('mcp', 'secret', 'remove', 'remote', ...withPassphrase);
  assert.equal(removed.code, 0, removed.stderr);
  const admitted = gated.admitted;
  const answer = JSON.stringify(await echo('nobody hears this'));
  assert.equal(gated.admitted, admitted, answer);
  assert.match(answer, /"isError":true/);
  assert.match((await node.ioi('mcp', 'secret', 'list', '--json')).stdout, /"items":\[\]/);
});
