import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { parse } from 'smol-toml';
import { type Ran, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const SERVER = fileURLToPath(new URL('../testing/prying-server.ts', import.meta.url));

const node = new TestNode();
const person = join(node.folder, 'person');

function ioi(...args: readonly string[]): Promise<Ran> {
  return ioiWith({}, ...args);
}

function ioiWith(more: Record<string, string>, ...args: readonly string[]): Promise<Ran> {
  const env = { IOI_HOME: node.home.folder, HOME: person, PATH: '/nowhere', ...more };
  return runIoi(args, { env });
}

function settings(name: string, text: string): string {
  const path = join(person, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o640 });
  return path;
}

const codexText = `model = "m" # mine

[mcp_servers.Prying]
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(SERVER)}, "/etc/hostname", "/nowhere/x", "look"]

[tui]
theme = "dark"
`;
const codex = settings('.codex/config.toml', codexText);

before(async () => {
  assert.equal((await node.init()).code, 0);
});

after(() => node.close());

test('without a node that runs nothing of an agent is touched', async () => {
  const ran = await ioi('connect', 'codex');
  assert.equal(ran.code, 4, ran.stderr);
  assert.equal(readFileSync(codex, 'utf8'), codexText);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
});

test('agents are found and shown, and a dry run writes nothing', async () => {
  const { agents } = JSON.parse((await ioi('connect', '--json')).stdout);
  const states = agents.map((each: { id: string; state: string }) => [each.id, each.state]);
  assert.deepEqual(
    states.filter(([, state]: readonly string[]) => state !== 'missing'),
    [['codex', 'found']],
  );
  const dry = await ioi('connect', '--all', '--dry-run');
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stderr, /^- \[mcp_servers\.Prying\]$/m);
  assert.match(dry.stderr, /^\+ \[mcp_servers\.ioi\]$/m);
  assert.equal(readFileSync(codex, 'utf8'), codexText);
  assert.equal((await ioi('connect', 'nobody')).code, 2);
});

test('a connected agent reaches its servers through the node alone, and is put back', async () => {
  const ran = await ioi('connect', 'codex');
  assert.equal(ran.code, 0, ran.stderr);
  const { mcp_servers, tui } = parse(readFileSync(codex, 'utf8')) as {
    mcp_servers: Record<string, { command: string; args: string[]; env: Record<string, string> }>;
    tui: object;
  };
  assert.deepEqual([Object.keys(mcp_servers), { ...tui }], [['ioi'], { theme: 'dark' }]);
  assert.equal(statSync(codex).mode & 0o777, 0o640);

  const client = new Client({ name: 'codex', version: '1' });
  const { ioi: entry } = mcp_servers;
  assert.ok(entry);
  await client.connect(new StdioClientTransport(entry));
  await client.close();
  const { servers } = JSON.parse((await ioi('mcp', 'list', '--json')).stdout);
  const prying = servers.find(({ name }: { name: string }) => name === 'prying');
  assert.deepEqual([prying.state, prying.tools.length], ['ready', 1]);

  const again = await ioi('connect', 'codex');
  assert.equal(again.code, 0, again.stderr);
  const undone = await ioi('connect', 'codex', '--undo');
  assert.match(undone.stdout, /Codex: \S+ is as it was/);
  assert.equal(readFileSync(codex, 'utf8'), codexText);
  assert.match((await ioi('connect', 'codex', '--undo')).stdout, /was not connected from here/);
});

test('what was connected in one place is not put back in another', async () => {
  const said = await ioi('connect', 'codex', '--json');
  assert.equal(said.code, 0, said.stderr);
  // Arguments of servers may be secrets.
  assert.doesNotMatch(said.stdout, /\/nowhere\/x/);
  const other = settings('other/config.toml', 'model = "n"\n');
  const elsewhere = await ioiWith({ CODEX_HOME: dirname(other) }, 'connect', 'codex', '--undo');
  assert.equal(elsewhere.code, 2);
  assert.match(elsewhere.stderr, /it was connected in \S+\.codex\/config\.toml/);
  assert.equal(readFileSync(other, 'utf8'), 'model = "n"\n');
  assert.match((await ioi('connect', 'codex', '--undo')).stdout, /is as it was/);
  assert.equal(readFileSync(codex, 'utf8'), codexText);
});

test('what an agent wrote since stays when it is put back, and no file is none again', async () => {
  const shared = {
    command: process.execPath,
    args: [SERVER, '/etc/hostname', '/nowhere/x', 'look'],
  };
  const mcpServers = { prying: shared };
  const claude = settings('real.json', JSON.stringify({ mcpServers, count: 1 }));
  symlinkSync(claude, join(person, '.claude.json'));
  const ran = await ioi('connect', 'claude-code', 'cursor');
  assert.equal(ran.code, 0, ran.stderr);
  const connected = JSON.parse(readFileSync(claude, 'utf8'));
  assert.deepEqual(Object.keys(connected.mcpServers), ['ioi']);
  assert.ok(existsSync(join(person, '.cursor/mcp.json')));
  writeFileSync(claude, JSON.stringify({ ...connected, count: 2 }));
  const clash = await ioi('connect', 'claude-code', 'cursor', '--undo');
  assert.match(clash.stdout, /changed since: only its servers are as they were/);
  assert.deepEqual(JSON.parse(readFileSync(claude, 'utf8')), { mcpServers, count: 2 });
  assert.ok(!existsSync(join(person, '.cursor/mcp.json')));
});

test('settings that cannot be read, and servers that do not start, change nothing', async () => {
  const broken = settings('.gemini/settings.json', '{ "mcpServers": ');
  assert.match((await ioi('connect')).stdout, /^gemini-cli +unreadable /m);
  const unread = await ioi('connect', 'gemini-cli');
  assert.equal(unread.code, 2);
  assert.match(unread.stderr, /Gemini CLI: \S+settings\.json: /);
  writeFileSync(broken, JSON.stringify({ mcpServers: { dead: { command: '/nowhere/x' } } }));
  const silent = await ioi('connect', 'gemini-cli');
  assert.match(silent.stderr, /dead did not start behind the node/);
  assert.match(readFileSync(broken, 'utf8'), /nowhere/);
  assert.equal((await ioi('connect', 'gemini-cli', '--keep-servers')).code, 0);
  const { mcpServers } = JSON.parse(readFileSync(broken, 'utf8'));
  assert.deepEqual(Object.keys(mcpServers), ['dead', 'ioi']);
});

test('what was connected is put back without a node, all of it', async () => {
  assert.equal((await node.ioi('down')).code, 0);
  const undone = await ioi('connect', '--all', '--undo');
  assert.match(undone.stdout, /Gemini CLI: \S+ is as it was/);
  assert.equal((await ioi('connect', '--all', '--undo')).code, 2);
});

test('an uninstall puts agents back, exports, stops the node and keeps its data', async () => {
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  assert.equal((await ioi('connect', 'codex')).code, 0);
  assert.equal((await ioi('service', 'install', '--no-start')).code, 0);
  const plan = JSON.parse((await ioi('uninstall', '--dry-run', '--json')).stdout);
  assert.deepEqual([plan.agents, plan.deletes], [['codex'], []]);
  const log = join(node.folder, 'last.ioi');
  const gone = await ioi('uninstall', '--export', log);
  assert.equal(gone.code, 0, gone.stderr + gone.stdout);
  assert.match(gone.stdout, /^exported +.*last\.ioi/m);
  assert.match(gone.stdout, /^put back +Codex: .*, as it was$/m);
  assert.match(gone.stdout, /^service +.*\.service is gone$/m);
  assert.match(gone.stdout, /^stopped +the node/m);
  assert.match(gone.stdout, /^kept +/m);
  assert.equal(readFileSync(codex, 'utf8'), codexText);
  assert.deepEqual(readdirSync(join(person, '.config/systemd/user')), []);
  assert.equal((await ioi('verify', log)).code, 0);
  const again = await ioi('uninstall', '--export', join(node.folder, 'more.ioi'));
  assert.equal(again.code, 4);
  assert.deepEqual(JSON.parse((await ioi('uninstall', '--json')).stdout).left, []);
  assert.ok(existsSync(node.home.guardian));
});

test('data is deleted where that is said, once agents are back, and only ours', async () => {
  const kept = join(node.home.folder, 'connections/codex.json');
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  assert.equal((await ioi('connect', 'codex')).code, 0);
  const unsaid = await ioi('uninstall', '--delete-data');
  assert.deepEqual([unsaid.code, existsSync(kept)], [3, true]);
  const connected = readFileSync(codex);
  writeFileSync(codex, 'no = [toml');
  const stuck = await ioi('uninstall', '--delete-data', '--yes');
  assert.equal(stuck.code, 1);
  assert.match(stuck.stdout, /^left +the settings of Codex: /m);
  assert.ok(existsSync(kept) && existsSync(node.home.guardian));
  writeFileSync(codex, connected);

  writeFileSync(join(node.home.folder, 'mine.txt'), 'mine');
  symlinkSync(node.workspace, join(node.home.folder, 'kept'));
  // As far as whoever was killed after the keys.
  rmSync(node.home.guardian, { recursive: true });
  const deleted = await ioi('uninstall', '--delete-data', '--yes');
  assert.equal(deleted.code, 0, deleted.stderr + deleted.stdout);
  assert.equal(readFileSync(codex, 'utf8'), codexText);
  assert.deepEqual(readdirSync(node.home.folder), ['mine.txt']);
  assert.equal(readFileSync(join(node.workspace, 'notes.txt'), 'utf8'), 'old\n');
  assert.equal((await ioi('uninstall', '--delete-data', '--yes')).code, 0);
});

test('a folder that is no home of a node stays; what a kill left of one goes', async () => {
  const project = join(node.folder, 'a project');
  const uninstallThere = (...more: readonly string[]): Promise<Ran> => {
    return ioiWith({ IOI_HOME: project }, 'uninstall', '--delete-data', '--yes', ...more);
  };
  for (const name of ['data', 'logs', 'policies', 'workers', 'guardian']) {
    mkdirSync(join(project, name), { recursive: true });
    writeFileSync(join(project, name, 'mine.txt'), 'mine');
  }
  for (const name of ['policy.json', 'node.json']) writeFileSync(join(project, name), '{}');
  const before = readdirSync(project, { recursive: true });
  for (const more of [[], ['--dry-run']]) {
    const ran = await uninstallThere(...more);
    assert.deepEqual([ran.code, /is not the home of a node/.test(ran.stderr)], [2, true]);
  }
  assert.deepEqual(readdirSync(project, { recursive: true }), before);
  // As whoever was killed while it deleted leaves it.
  writeFileSync(join(project, 'ioi-uninstalling'), '{"format":"ioi-uninstalling/1"}');
  rmSync(join(project, 'node.json'));
  const again = await uninstallThere();
  assert.equal(again.code, 0, again.stderr + again.stdout);
  assert.ok(!existsSync(project));
});
