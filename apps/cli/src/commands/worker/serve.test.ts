import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AgentCard, SendMessageRequest, type StreamResponse, Task, TaskState } from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from '@a2a-js/sdk/client';
import { until } from '@ioi/basis/testing';
import { Client as McpClient } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { IOI, RunningIoi } from '../../testing/run-ioi.ts';
import { installClerk } from '../../testing/served-worker.ts';
import { TestNode } from '../../testing/test-node.ts';

const node = new TestNode();
const env = { IOI_HOME: node.home.folder };
let serving: readonly string[] = [];

before(async () => {
  serving = await installClerk(node);
  writeFileSync(join(node.workspace, 'notes.txt'), 'one two three');
});

after(() => node.close());

type Agent = { readonly url: string; readonly token: string; readonly running: RunningIoi };

async function agentOf(t: TestContext): Promise<Agent> {
  const args = ['worker', 'serve', '--a2a', ...serving, '--port', '0', '--json'];
  const running = new RunningIoi(t, args, { env });
  const said = await until('it listens', async () => running.stdout.endsWith('\n'));
  assert.ok(said, running.stderr);
  const { url, token_file } = JSON.parse(running.stdout);
  assert.equal(statSync(token_file).mode & 0o777, 0o600);
  return { url, token: readFileSync(token_file, 'utf8').trim(), running };
}

/** The official client, in the words of the revision that the interface of the card names. */
async function clientOf({ url, token }: Agent, version: Version): Promise<Client> {
  const fetchImpl: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
  const legacyCompat = { enabled: true };
  const transports = [new JsonRpcTransportFactory({ fetchImpl, legacyCompat })];
  const factory = new ClientFactory({ transports });
  const card = await new DefaultAgentCardResolver().resolve(url);
  const ways = card.supportedInterfaces.filter((each) => each.protocolVersion === version);
  assert.equal(ways.length, 1);
  return factory.createFromAgentCard({ ...card, supportedInterfaces: ways });
}

let messages = 0;

function asked(skillId: string, part: object, more: object = {}, configuration: object = {}) {
  messages += 1;
  const own = { messageId: `m${messages}`, role: 'ROLE_USER', parts: [part] };
  const message = { ...own, metadata: { skillId }, ...more };
  return SendMessageRequest.fromJSON({ message, configuration });
}

const data = (value: unknown) => ({ data: value });

function taskIn(result: unknown): Record<string, Record<string, unknown>> {
  return Task.toJSON(result as Task) as Record<string, Record<string, unknown>>;
}

type Version = '1.0' | '0.3';

test('the official client has a worker do a task in the words of 1.0', (t) => doesTask(t, '1.0'));
test('the official client has a worker do a task in the words of 0.3', (t) => doesTask(t, '0.3'));
test('a task of 1.0 waits for a person, and what follows is streamed', (t) =>
  waitsForPerson(t, '1.0'));
test('a task of 0.3 waits for a person, and what follows is streamed', (t) =>
  waitsForPerson(t, '0.3'));
test('a task of 1.0 that goes on is cancelled by its id', (t) => isCancelled(t, '1.0'));
test('a task of 0.3 that goes on is cancelled by its id', (t) => isCancelled(t, '0.3'));

async function doesTask(t: TestContext, version: Version): Promise<void> {
  const client = await clientOf(await agentOf(t), version);
  const given = await client.sendMessage(asked('count', { text: 'notes.txt' }));
  const task = given as Task;
  assert.equal(task.status?.state, TaskState.TASK_STATE_COMPLETED, JSON.stringify(task));
  const [artifact] = (Task.toJSON(task) as { artifacts: { parts: object[] }[] }).artifacts;
  assert.deepEqual(artifact?.parts.length, 1);
  assert.match(JSON.stringify(artifact?.parts), /3/);
  const shown = await node.ioi('worker', 'show', task.id, '--json');
  const status = JSON.parse(shown.stdout);
  assert.deepEqual([status.envelope.state, status.output], ['completed', 3]);
  assert.equal(taskIn(task)['metadata']?.['receiptRoot'], status.commitment.receipt_root);
  const again = await client.getTask({ id: task.id, tenant: '' });
  assert.deepEqual([again.id, again.contextId], [task.id, task.contextId]);
  const failed = (await client.sendMessage(asked('broken', data({ path: 'x' })))) as Task;
  assert.equal(failed.status?.state, TaskState.TASK_STATE_FAILED);
  assert.match(JSON.stringify(failed.status), /not today/);
  const over = client.cancelTask({ id: task.id, tenant: '', metadata: undefined });
  await assert.rejects(over, /over|cancel/i);
  const unknown = client.getTask({ id: `run_${'0'.repeat(32)}`, tenant: '' });
  await assert.rejects(unknown, /no task|not found/i);
}

async function waitsForPerson(t: TestContext, version: Version): Promise<void> {
  const client = await clientOf(await agentOf(t), version);
  const path = `note-${version}.txt`;
  const seen: StreamResponse[] = [];
  for await (const event of client.sendMessageStream(asked('note', data({ path, text: 'n' })))) {
    seen.push(event);
    if (!JSON.stringify(event).includes('a person decides')) continue;
    const { request_hash } = await node.waiting();
    const secret = ['--passphrase-file', node.passphraseFile];
    const approved = await node.ioi('approve', request_hash.slice(7, 19), ...secret);
    assert.equal(approved.code, 0, approved.stderr);
  }
  assert.equal(readFileSync(join(node.workspace, path), 'utf8'), 'n');
  const kinds = seen.map(({ payload }) => payload?.$case);
  assert.equal(kinds[0], 'task');
  assert.deepEqual(kinds.slice(-2), ['artifactUpdate', 'statusUpdate']);
  const last = seen.at(-1)?.payload;
  assert.ok(last?.$case === 'statusUpdate');
  assert.equal(last.value.status?.state, TaskState.TASK_STATE_COMPLETED);
}

async function isCancelled(t: TestContext, version: Version): Promise<void> {
  const client = await clientOf(await agentOf(t), version);
  const begun = await client.sendMessage(
    asked('loop', data({ path: 'x' }), {}, { returnImmediately: true }),
  );
  const { id } = begun as Task;
  const cancelled = await client.cancelTask({ id, tenant: '', metadata: undefined });
  assert.equal(cancelled.status?.state, TaskState.TASK_STATE_CANCELED);
  const { stdout } = await node.ioi('worker', 'show', id, '--json');
  assert.equal(JSON.parse(stdout).envelope.state, 'cancelled');
}

test('tasks outlive the agent; what it did not begin it does not tell', async (t) => {
  const first = await agentOf(t);
  const client = await clientOf(first, '1.0');
  const sent = asked('count', { text: 'notes.txt' }, { contextId: 'mine' });
  const task = (await client.sendMessage(sent)) as Task;
  assert.equal(((await client.sendMessage(sent)) as Task).id, task.id, 'the same message twice');
  assert.equal((await first.running.stop('SIGTERM')).code, 0);
  const ran = await node.ioi(
    'worker',
    'run',
    ...serving,
    '--task',
    'count',
    '--json',
    '--input',
    '{"path":"notes.txt"}',
  );
  const other = JSON.parse(ran.stdout).envelope.run_id;
  const second = await clientOf(await agentOf(t), '1.0');
  assert.equal((await second.getTask({ id: task.id, tenant: '' })).contextId, 'mine');
  await assert.rejects(second.getTask({ id: other, tenant: '' }), /no task/);
  const listed = {
    tenant: '',
    contextId: 'mine',
    status: 0,
    pageToken: '',
    statusTimestampAfter: undefined,
  };
  const page = await second.listTasks(listed as never);
  assert.deepEqual(
    page.tasks.map(({ id }) => id),
    [task.id],
  );
});

type Call = { readonly body: unknown; readonly version?: string; readonly token?: string };

async function raw(agent: Agent, { body, version, token = agent.token }: Call) {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    ...(version === undefined ? {} : { 'a2a-version': version }),
  };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(agent.url, { method: 'POST', headers, body: text });
  const said = await answer.text();
  return { status: answer.status, said: said === '' ? {} : JSON.parse(said) };
}

const rpc = (method: string, params: unknown, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});
const message = (more: object) => ({
  message: { messageId: 'b', role: 'ROLE_USER', parts: [{ text: 'x' }], ...more },
});

test('what a client may not say has the code of the specification', async (t) => {
  const agent = await agentOf(t);
  for (const token of ['', 'x', `${agent.token}x`]) {
    assert.equal((await raw(agent, { body: rpc('GetTask', {}), token })).status, 401);
  }
  const cases: readonly (readonly [number, unknown, string?])[] = [
    [-32700, '{"jsonrpc": "2.0", "method": "SendMessage", "params": {"foo": "bar"}'],
    [-32600, { jsonrpc: 'aaa', method: 'SendMessage', params: {} }],
    [-32600, { jsonrpc: '2.0', params: {} }],
    [-32600, rpc('SendMessage', {}, { bad: 'type' })],
    [-32600, '[]'],
    [-32601, rpc('SendNothing', {}, '3')],
    [-32601, rpc('constructor', {})],
    [-32602, rpc('SendMessage', { '': 'not_a_dict' }, '4')],
    [-32602, rpc('SendMessage', { message: { parts: 'invalid' } })],
    [-32602, rpc('SendMessage', message({ parts: [] }))],
    [-32602, rpc('SendMessage', message({ role: 'ROLE_AGENT' }))],
    [-32602, rpc('SendMessage', message({}))],
    [-32602, rpc('SendMessage', message({ metadata: { skillId: 'nothing' } }))],
    [-32602, rpc('SendMessage', message({ metadata: { skillId: 'note' } }))],
    [-32602, rpc('SendMessage', message({ metadata: { skillId: 'count' }, parts: [{ data: 7 }] }))],
    [-32602, rpc('GetTask', { id: 7 })],
    [-32602, rpc('ListTasks', { pageSize: 0 })],
    [-32001, rpc('GetTask', { id: 'nothing' })],
    [-32001, rpc('SendMessage', message({ taskId: 'nothing' }))],
    [-32001, rpc('tasks/cancel', { id: 'nothing' })],
    [-32003, rpc('CreateTaskPushNotificationConfig', {})],
    [-32003, rpc('tasks/pushNotificationConfig/set', {})],
    [-32005, rpc('SendMessage', message({ parts: [{ url: 'file:///etc/passwd' }] }))],
    [-32007, rpc('GetExtendedAgentCard', {})],
    [-32009, rpc('GetTask', { id: 'x' }), '2.0'],
    [-32009, rpc('GetTask', { id: 'x' }), 'one'],
  ];
  for (const [code, body, version] of cases) {
    const { status, said } = await raw(agent, { body, ...(version ? { version } : {}) });
    assert.deepEqual([status, said.error?.code], [200, code], JSON.stringify([body, said]));
  }
  const large = await raw(agent, { body: JSON.stringify('x'.repeat(2_100_000)) }).catch(
    () => undefined,
  );
  assert.ok(large === undefined || large.status === 413);
});

test('the card is that of the revision that is asked for, and needs no token', async (t) => {
  const { url } = await agentOf(t);
  const at = new URL('/.well-known/agent-card.json', url);
  const newer = await (await fetch(at, { headers: { 'a2a-version': '1.0' } })).json();
  const card = AgentCard.fromJSON(newer);
  assert.deepEqual(
    card.skills.map(({ id }) => id),
    ['count', 'note', 'loop', 'broken', 'prints'],
  );
  assert.deepEqual(AgentCard.toJSON(card), newer, 'nothing in it is of another schema');
  const older = (await (await fetch(at)).json()) as Record<string, Record<string, unknown>>;
  assert.deepEqual(
    [older['protocolVersion'], older['preferredTransport'], older['url']],
    ['0.3.0', 'JSONRPC', url],
  );
  assert.deepEqual(older['securitySchemes']?.['token'], {
    httpAuthSecurityScheme: { scheme: 'Bearer' },
    type: 'http',
    scheme: 'bearer',
  });
});

test('the official client of MCP has a worker do its tasks as tools', async (t) => {
  const client = new McpClient({ name: 'test', version: '1' });
  const args = [IOI, 'worker', 'serve', '--mcp', ...serving];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env }));
  t.after(() => client.close());
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['count', 'note', 'loop', 'broken', 'prints'],
  );
  const counted = await client.callTool({ name: 'count', arguments: { path: 'notes.txt' } });
  assert.deepEqual(counted.structuredContent, { result: 3 });
  const failed = await client.callTool({ name: 'broken', arguments: { path: 'x' } });
  assert.equal(failed.isError, true);
  assert.match(JSON.stringify(failed.content), /ValueError: not today/);
  const wrong = await client.callTool({ name: 'count', arguments: { path: 7 } });
  assert.match(JSON.stringify(wrong.content), /run\.input_invalid/);
  await assert.rejects(client.callTool({ name: 'nothing', arguments: {} }), /no tool nothing/);
  const cut = new AbortController();
  const looping = client.callTool(
    { name: 'loop', arguments: { path: 'x' } },
    { signal: cut.signal },
  );
  setTimeout(() => cut.abort(), 1500);
  await assert.rejects(looping);
  await until('its run is cancelled', async () => {
    const { runs } = JSON.parse((await node.ioi('worker', 'runs', '--json')).stdout);
    return runs[0].state === 'cancelled';
  });
});

test('mounted at its node, its tasks are tools of the node, decided first', async (t) => {
  const program = ['env', `IOI_HOME=${node.home.folder}`, process.execPath, IOI];
  const serve = [...program, 'worker', 'serve', '--mcp', ...serving];
  const added = await node.ioi('mcp', 'add', 'desk', '--', ...serve);
  assert.equal(added.code, 0, added.stderr);
  const client = new McpClient({ name: 'test', version: '1' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [IOI, 'mcp'], env }),
  );
  t.after(() => client.close());
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  assert.ok(names.includes('count') && !names.includes('note'), names.join());
  const counted = await client.callTool({ name: 'count', arguments: { path: 'notes.txt' } });
  assert.deepEqual(counted.structuredContent, { result: 3 });
  const blocked = await client.callTool({ name: 'note', arguments: { path: 'x', text: 'x' } }).then(
    ({ isError }) => isError === true,
    () => true,
  );
  assert.ok(blocked);
});

test('a worker in WebAssembly is run step by step, held by nothing but itself', async () => {
  const path = fileURLToPath(new URL('../../../../../examples/wasm-worker/', import.meta.url));
  const args = ['--workspace', node.workspace, '--input', '{"path":"notes.txt"}', '--json'];
  const ran = await node.ioi('worker', 'run', join(path, 'worker.wasm'), ...args);
  assert.equal(ran.code, 0, ran.stderr);
  const { envelope, confinement, output, completion } = JSON.parse(ran.stdout);
  assert.deepEqual([confinement, output], ['interpreter', 'one two three']);
  assert.deepEqual(
    [envelope.state, completion.satisfied, completion.acts],
    ['completed', true, '1'],
  );
});

test('a secret that a worker prints is no part of what is sealed of its end', async () => {
  const secret = `ghp_${'a1B2c3D4'.repeat(4)}e5F6`;
  const input = JSON.stringify({ secret });
  const ran = await node.ioi(
    'worker',
    'run',
    ...serving,
    '--task',
    'prints',
    '--input',
    input,
    '--json',
  );
  const { envelope, code, detail } = JSON.parse(ran.stdout);
  assert.deepEqual([envelope.state, code], ['failed', 'worker.raised']);
  assert.match(detail, /it was \[redacted:/);
  const out = join(node.folder, 'log.jsonl');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  assert.ok(!readFileSync(out, 'utf8').includes(secret));
  assert.equal((await node.ioi('verify', out)).code, 0);
});
