import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodeUtf8 } from '@ioi/basis';
import { GatewayNode, IOI } from '@ioi/kit';
import { verify } from '@ioi/verifier';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const INSPECTOR = fileURLToPath(
  import.meta.resolve('@modelcontextprotocol/inspector-cli/build/index.js'),
);
const CHROMIUM = '/usr/bin/chromium';

const entry = (server: string): string =>
  fileURLToPath(import.meta.resolve(`@modelcontextprotocol/${server}/dist/index.js`));

type Content = readonly { readonly type: string; readonly text?: string }[];

/** The official client, as it starts `ioi mcp`. */
async function overStdio(home: string): Promise<Client> {
  const client = new Client({ name: 'real', version: '1' });
  const env = { ...(process.env as Record<string, string>), IOI_HOME: home };
  const args = [IOI, 'mcp'];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env }));
  return client;
}

async function textOf(client: Client, name: string, args: object): Promise<string> {
  const params = { name, arguments: args as Record<string, unknown> };
  const { content, isError } = await client.callTool(params);
  const text = (content as Content).map((part) => part.text ?? part.type).join('\n');
  assert.ok(isError !== true, text);
  return text;
}

async function assertVerified(node: GatewayNode): Promise<void> {
  assert.deepEqual(verify([encodeUtf8(await node.exported())]).findings, []);
}

let folder: string;
let node: GatewayNode;
let client: Client;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ioi-real-'));
  writeFileSync(join(folder, 'note.txt'), 'of the file system');
  const command = process.execPath;
  const env = { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') };
  const files = [entry('server-filesystem'), folder];
  node = await GatewayNode.start([
    { name: 'everything', command, args: [entry('server-everything'), 'stdio'] },
    { name: 'memory', command, args: [entry('server-memory')], env },
    { name: 'thinking', command, args: [entry('server-sequential-thinking')] },
    { name: 'filesystem', command, args: files, workspace_root: folder },
  ]);
  client = await overStdio(node.node.home);
});
after(async () => {
  await client.close();
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('four servers are called under their own names, and the log is verified', async () => {
  const names = (await client.listTools()).tools.map(({ name }) => name);
  for (const name of ['echo', 'create_entities', 'sequentialthinking', 'read_text_file']) {
    assert.ok(names.includes(name), name);
  }
  assert.match(await textOf(client, 'echo', { message: 'hello' }), /hello/);
  const entities = [{ name: 'Ada', entityType: 'person', observations: ['wrote a program'] }];
  assert.match(await textOf(client, 'create_entities', { entities }), /Ada/);
  assert.match(await textOf(client, 'read_graph', {}), /wrote a program/);
  const thought = { thought: 'one', thoughtNumber: 1, totalThoughts: 1 };
  const thinking = { ...thought, nextThoughtNeeded: false };
  assert.match(await textOf(client, 'sequentialthinking', thinking), /"thoughtNumber": 1/);
  const path = join(folder, 'note.txt');
  assert.match(await textOf(client, 'read_text_file', { path }), /of the file system/);
  await assertVerified(node);
});

test('their resources and prompts pass too', async () => {
  const [first] = (await client.listResources()).resources;
  assert.ok(first);
  const { contents } = await client.readResource({ uri: first.uri });
  assert.equal(contents[0]?.uri, first.uri);
  const { prompts } = await client.listPrompts();
  assert.ok(prompts.some(({ name }) => name === 'simple-prompt'));
  const { messages } = await client.getPrompt({ name: 'simple-prompt' });
  assert.equal(messages[0]?.content.type, 'text');
});

test("the Inspector's command line lists and calls, over stdio and over HTTP", () => {
  const stdio = [process.execPath, IOI, 'mcp'];
  const http = [node.url, '--transport', 'http'];
  for (const target of [stdio, http]) {
    assert.match(inspect(target, ['--method', 'tools/list']), /"name": "sequentialthinking"/);
    const call = ['--method', 'tools/call', '--tool-name', 'get-sum', '--tool-arg', 'a=2', 'b=3'];
    assert.match(inspect(target, call), /\b5\b/);
  }
});

function inspect(target: readonly string[], method: readonly string[]): string {
  // It looks for its own manifest beside the folder it is started in.
  const options = { cwd: dirname(INSPECTOR), env: { ...process.env, IOI_HOME: node.node.home } };
  const args = [INSPECTOR, ...target, ...method];
  const ended = spawnSync(process.execPath, args, { ...options, encoding: 'utf8' });
  assert.equal(ended.status, 0, ended.stderr);
  return ended.stdout;
}

const noBrowser = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`;

test('a browser behind the node opens a page and reads it', { skip: noBrowser }, async () => {
  const page = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<title>Behind the node</title><h1>Heading of the page</h1>');
  });
  page.unref();
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  const shots = mkdtempSync(join(tmpdir(), 'ioi-browser-'));
  const manifest = fileURLToPath(import.meta.resolve('@playwright/mcp/package.json'));
  const server = join(dirname(manifest), 'cli.js');
  const own = ['--headless', '--isolated', '--no-sandbox', '--output-dir', shots];
  const args = [server, ...own, '--executable-path', CHROMIUM];
  const browser = { name: 'browser', command: process.execPath, args };
  const alone = await GatewayNode.start([browser]);
  const user = await overStdio(alone.node.home);
  try {
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}/`;
    assert.match(await textOf(user, 'browser_navigate', { url }), /Behind the node/);
    assert.match(await textOf(user, 'browser_snapshot', {}), /Heading of the page/);
    await textOf(user, 'browser_close', {});
    await assertVerified(alone);
  } finally {
    await user.close();
    await alone.stop();
    page.close();
    rmSync(shots, { recursive: true, force: true });
  }
});
