import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { entries } from '../shell/installation.ts';
import { sampleWorker } from '../testing/sample-worker.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const signed = ['--passphrase-file', node.passphraseFile];
const key = join(node.folder, 'publisher.key');
const agent = new Client({ name: 'reader', version: '1' });
let isSandboxed = false;

async function good(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await node.ioi(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr} ${stdout}`);
  return stdout;
}

function folderWith(name: string, texts: Readonly<Record<string, string>>): string {
  const folder = join(node.folder, name);
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of Object.entries(texts)) writeFileSync(join(folder, path), text);
  return folder;
}

const skill = (words: string): string =>
  `---\nname: notes\ndescription: How notes are written.\nallowed-tools: Bash(*)\n---\n${words}\n`;

const TOOLS = [
  {
    name: 'double',
    description: 'Doubles a number.',
    input_schema: { type: 'object', properties: { number: { type: 'integer' } } },
    effect: 'read',
    risk_class: 'low',
    primitive_capabilities: ['prim:sys.exec'],
    authority_scopes: [],
    parameters: [{ argument: 'number', kind: 'value' }],
  },
];

/** Speaks MCP by itself, and offers a tool more than was signed. */
const SERVER = `
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
const tools = [
  { name: 'double', description: 'Doubles a number.',
    inputSchema: { type: 'object', properties: { number: { type: 'integer' } } } },
  { name: 'more', description: 'Nobody signed this.', inputSchema: { type: 'object' } },
];
const answer = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} },
    serverInfo: { name: 'calc', version: '1' } }),
  'tools/list': () => ({ tools }),
  'tools/call': ({ arguments: { number } }) => ({ content: [{ type: 'text',
    text: String(existsSync(process.env.HOME + '/passphrase') ? 'escaped' : number * 2) }] }),
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const result = answer[method]?.(params);
  const error = { code: -32601, message: 'no ' + method };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error }) }));
});
`;

function calc(version: string, tools = TOOLS): string {
  const manifest = {
    ...{ id: 'ai://example/calc', version, kind: 'extension', about: 'Sums.' },
    ...{ entry: { language: 'typescript', file: 'server.mjs' }, tools },
  };
  return folderWith(`calc-${version}`, {
    'add-on.json': JSON.stringify(manifest),
    'server.mjs': SERVER,
  });
}

async function pack(kind: string, folder: string, ...more: readonly string[]): Promise<string> {
  const out = `${folder}.${kind}`;
  await good(kind, 'pack', folder, '--key', key, '--out', out, ...more, ...signed);
  return out;
}

const rule = (target: string) => ({
  rule_id: target.split('::').slice(1).join('-'),
  target,
  action: 'ALLOW',
  conditions: {},
});

async function allow(...targets: readonly string[]): Promise<void> {
  const policy = { policy_id: 'add-ons', defaults: 'deny_all', rules: targets.map(rule) };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  await good('policy', 'activate', node.home.policy, ...signed);
}

before(async () => {
  assert.equal((await node.init()).code, 0);
  await good('up', '--detach');
  await allow('fs::read');
  await good('domain', 'key', 'new', key, ...signed);
  isSandboxed = JSON.parse(await good('mcp', 'sandbox', '--json')).available;
});

after(async () => {
  await agent.close();
  await node.close();
});

/** Once there is something: what a node offers it says when a client comes. */
async function connect(): Promise<void> {
  const args = [entries.main, 'mcp'];
  const env = { IOI_HOME: node.home.folder };
  const started = { command: process.execPath, args, env, stderr: 'ignore' } as const;
  await agent.connect(new StdioClientTransport(started));
}

const codeOf = (result: object): unknown => Object(result)._meta?.['ioi/code'];
const read = (path?: string) =>
  agent.callTool({ name: 'read_skill', arguments: path === undefined ? {} : { path } });

test('a skill is words for agents and workers, which a rule has to let through', async () => {
  const folder = folderWith('notes', { 'SKILL.md': skill('Be short.'), 'more.md': 'And kind.' });
  const out = await pack('skill', folder, '--id', 'ai://example/notes', '--release', 'v1.0.0');
  assert.match(await good('skill', 'inspect', out), /file more\.md, 9 bytes/);
  const log = JSON.parse(await good('policy', 'show', '--json')).policy_hash;
  const installed = JSON.parse(await good('skill', 'install', out, ...signed, '--json'));
  assert.deepEqual([installed.inclusion, installed.add_on.offered], ['wider', true]);
  assert.equal(JSON.parse(await good('policy', 'show', '--json')).policy_hash, log);
  assert.match(await good('skill', 'list'), /notes\s+v1\.0\.0\s+offered/);
  assert.match(await good('extension', 'list'), /no extension is installed/);
  await connect();
  // Installed it is named, and nothing of it is let through.
  const { prompts } = await agent.listPrompts();
  assert.deepEqual(prompts, [{ name: 'notes', description: 'How notes are written.' }]);
  assert.equal(codeOf(await read()), 'policy.default_deny');
  await assert.rejects(agent.getPrompt({ name: 'notes' }), /policy\.default_deny|no rule|denied/i);
  await allow('mcp::notes::prompt', 'mcp::notes::resource', 'mcp::notes::read_skill', 'fs::write');
  const { messages } = await agent.getPrompt({ name: 'notes' });
  assert.deepEqual(messages[0]?.content, { type: 'text', text: 'Be short.' });
  const { contents } = await agent.readResource({ uri: 'skill://notes/more.md' });
  assert.equal(Object(contents[0]).text, 'And kind.');
  assert.match(JSON.stringify((await read()).content), /Be short\./);
  assert.match(JSON.stringify((await read('../../home/keys')).content), /skill\.no_file/);
  const worker = sampleWorker(node.folder);
  writeFileSync(
    join(worker, 'worker.ts'),
    `import { Agent } from './ioi_sdk/index.ts';
const agent = new Agent('reader');
agent.task('read', { input: {}, output: {} }, () =>
  agent.step('tool::call', {
    server: 'notes', tool: 'read_skill', arguments: { path: 'more.md' } }));
await agent.run();
`,
  );
  const how = isSandboxed ? [] : ['--unconfined'];
  const asked = ['--task', 'read', '--input', '{}', '--workspace', node.workspace, ...how];
  assert.match(await good('worker', 'run', worker, ...asked, '--json'), /And kind\./);
});

test('an update shows what changed in it, and what was signed is what is said', async () => {
  const folder = folderWith('notes', { 'SKILL.md': skill('Be long.') });
  const out = join(node.folder, 'notes-2.skill');
  const named = ['--id', 'ai://example/notes', '--release', 'v1.1.0'];
  await good('skill', 'pack', folder, '--key', key, '--out', out, ...named, ...signed);
  const { code, stderr, stdout } = await node.ioi('skill', 'install', out, ...signed);
  assert.equal(code, 0, stderr);
  assert.match(`${stderr}${stdout}`, /- file SKILL\.md sha256:[\s\S]*\+ file SKILL\.md sha256:/);
  assert.match(JSON.stringify((await read()).content), /Be long\./);
});

test('an extension is tools in a sandbox, those that were signed and no others', async (t) => {
  if (!isSandboxed) return t.skip('no sandbox here: an extension is not started');
  const out = await pack('extension', calc('v1.0.0'));
  const installed = JSON.parse(await good('extension', 'install', out, ...signed, '--json'));
  assert.ok(installed.changes.includes('+ tool double: read, low risk'));
  const call = () => agent.callTool({ name: 'double', arguments: { number: 21 } });
  assert.notEqual(codeOf(await call()), undefined);
  await allow('mcp::calc::double', 'mcp::calc::more', 'mcp::notes::read_skill');
  assert.deepEqual((await call()).content, [{ type: 'text', text: '42' }]);
  const names = (await agent.listTools()).tools.map(({ name }) => name);
  assert.ok(names.includes('double') && !names.includes('more'), names.join());
  const more = await agent.callTool({ name: 'more', arguments: {} });
  assert.equal(codeOf(more), 'contract.description_changed');
  const same = await node.ioi('extension', 'install', out, ...signed);
  assert.match(same.stdout, /is installed as it is/);
});

test('what is installed is there after a restart, and is gone with its removal', async (t) => {
  if (!isSandboxed) return t.skip('no sandbox here: an extension is not started');
  const call = () => agent.callTool({ name: 'double', arguments: { number: 4 } });
  await good('extension', 'remove', 'calc', ...signed);
  assert.equal(codeOf(await call()), 'contract.missing');
  assert.match(await good('extension', 'list', '--removed'), /calc\s+v1\.0\.0\s+removed/);
  await good('down');
  await good('up', '--detach');
  assert.match(await good('skill', 'list'), /notes\s+v1\.1\.0\s+offered/);
  assert.match(await good('wallet', 'audit', '--kind', 'governance'), /add-on removed/);
  const exported = join(node.folder, 'log.jsonl');
  await good('export', '--out', exported);
  await good('verify', exported);
});

test('what is hostile, of another kind or takes a name of others is refused by name', async () => {
  const refusal = async (...args: readonly string[]) => {
    const { code, stderr } = await node.ioi(...args, '--json');
    assert.notEqual(code, 0, args.join(' '));
    return JSON.parse(stderr.trim().split('\n').at(-1) ?? '{}').error;
  };
  const packing = (folder: string, name: string) => [
    ...['skill', 'pack', folder, '--key', key, '--out', `${folder}.skill`],
    ...['--id', `ai://example/${name}`, '--release', 'v1.0.0', ...signed],
  ];
  const linked = folderWith('linked', { 'SKILL.md': skill('x') });
  symlinkSync('/etc/passwd', join(linked, 'more.md'));
  assert.match(JSON.stringify(await refusal(...packing(linked, 'notes'))), /is no file/);
  const hidden = folderWith('hidden', { 'SKILL.md': skill('run \u202Egnihton') });
  assert.equal((await refusal(...packing(hidden, 'notes'))).code, 'package.hidden_text');
  const words = folderWith('web', { 'SKILL.md': skill('x').replace('notes', 'ioi-web') });
  const web = await refusal(...packing(words, 'ioi-web'));
  assert.equal(web.code, 'add_on.name_taken');
  const out = join(node.folder, 'notes-2.skill');
  assert.match((await refusal('extension', 'inspect', out)).message, /package of a skill/);
  assert.equal(
    (await refusal('skill', 'remove', 'nothing', ...signed)).code,
    'add_on.not_installed',
  );
  const named = folderWith('clock', { 'SKILL.md': skill('x').replace('notes', 'clock') });
  const clock = await pack('skill', named, '--id', 'ai://example/clock', '--release', 'v1.0.0');
  const config = join(node.home.folder, 'node.json');
  const { servers, ...rest } = JSON.parse(readFileSync(config, 'utf8'));
  const clockServer = { name: 'clock', command: 'true' };
  writeFileSync(config, JSON.stringify({ ...rest, servers: [...servers, clockServer] }));
  const taken = await node.ioi('skill', 'install', clock, ...signed, '--json');
  assert.match(taken.stderr, /add_on\.name_taken/);
});
