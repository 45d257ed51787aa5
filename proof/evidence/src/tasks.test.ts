import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodeUtf8 } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import { GatewayNode, HttpPeer, type Message, NodeProcess, policyFor } from '@ioi/kit';
import { verify } from '@ioi/verifier';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const EVERYTHING = fileURLToPath(
  import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'),
);
const LATER = fileURLToPath(new URL('./task-server.ts', import.meta.url));
const FOLLOWS = { elicitation: {}, extensions: { 'io.modelcontextprotocol/tasks': {} } };
const RESEARCH = 'simulate-research-query';

let folder: string;
let node: GatewayNode;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ioi-tasks-'));
  const command = process.execPath;
  const env = { LEDGER: join(folder, 'ledger') };
  node = await GatewayNode.start([
    { name: 'everything', command, args: [EVERYTHING, 'stdio'] },
    { name: 'later', command, args: [LATER], env },
  ]);
});
after(async () => {
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What has come to the server of the later revision. */
async function untilLedger(pattern: RegExp, ledger = join(folder, 'ledger')): Promise<void> {
  await until(`it came: ${pattern}`, () => pattern.test(readFileSync(ledger, 'utf8')));
}

const resultOf = ({ result, error }: Message): { [name: string]: unknown } => {
  assert.equal(error, undefined, JSON.stringify(error));
  return result as { [name: string]: unknown };
};

/** Asks how a task stands until it is so. */
function stands(peer: HttpPeer, taskId: unknown, status: string) {
  return until(`the task is ${status}`, async () => {
    const told = resultOf(await peer.request('tasks/get', { taskId: taskId as string }));
    return told['status'] === status && told;
  });
}

async function official(answers: object[]): Promise<Client> {
  const client = new Client({ name: 'tasks', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async () => {
    const answer = { action: 'accept' as const, content: { interpretation: 'technical' } };
    answers.push(answer);
    return answer;
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(node.url)) as never);
  return client;
}

test('the official client follows a task of the official server, which asks', async () => {
  const asked: object[] = [];
  const client = await official(asked);
  // It calls those as tasks that are listed as such.
  await client.listTools();
  const params = { name: RESEARCH, arguments: { topic: 'sealing', ambiguous: true } };
  const seen: string[] = [];
  const stream = client.experimental.tasks.callToolStream(params, CallToolResultSchema);
  let text = '';
  for await (const message of stream) {
    seen.push(message.type);
    if (message.type === 'result') text = JSON.stringify(message.result.content);
    if (message.type === 'error') throw message.error;
  }
  assert.equal(seen[0], 'taskCreated');
  assert.match(text, /Research Report: sealing \(technical\)/);
  assert.equal(asked.length, 1);
  await client.close();
});

test('a client without tasks waits for a task of a server of either revision', async () => {
  const client = await official([]);
  const research = { name: RESEARCH, arguments: { topic: 'waiting' } };
  // The client would refuse a tool that wants a task; here it need not be one.
  assert.match(JSON.stringify(await client.callTool(research)), /Research Report: waiting/);
  const long = await client.callTool({ name: 'long', arguments: { how: 'fast' } });
  assert.deepEqual(long.content, [{ type: 'text', text: 'done' }]);
  await client.close();
});

test('a client of the later revision follows a task of the later one, and is asked', async () => {
  const peer = new HttpPeer(node.url, 'stateless', FOLLOWS);
  const { resultType, taskId } = resultOf(await peer.call('long', { how: 'ask' }));
  assert.equal(resultType, 'task');
  assert.notEqual(taskId, 'task-1');
  const { inputRequests } = await stands(peer, taskId, 'input_required');
  const [key = ''] = Object.keys(inputRequests as object);
  const inputResponses = { [key]: { action: 'accept', content: { name: 'Ada' } } };
  resultOf(await peer.request('tasks/update', { taskId, inputResponses }));
  const { result } = await stands(peer, taskId, 'completed');
  assert.match(JSON.stringify(result), /Ada/);
  peer.close();
});

test('a client of the later revision follows a task of a server with sessions', async () => {
  const peer = new HttpPeer(node.url, 'stateless', FOLLOWS);
  const created = resultOf(await peer.call(RESEARCH, { topic: 'crossing' }));
  assert.equal(created['resultType'], 'task');
  const { result } = await stands(peer, created['taskId'], 'completed');
  assert.match(JSON.stringify(result), /Research Report: crossing/);
  peer.close();
});

test('a session follows a task of the later revision, and of a server without any', async () => {
  const peer = new HttpPeer(node.url);
  await peer.initialize();
  for (const [name, args] of [
    ['long', { how: 'fast' }],
    ['echo', { message: 'plain' }],
  ] as const) {
    const begun = resultOf(await peer.request('tools/call', { name, arguments: args, task: {} }));
    const { taskId } = begun['task'] as { taskId: string };
    const { content, _meta } = resultOf(await peer.request('tasks/result', { taskId }));
    assert.match(JSON.stringify(content), name === 'long' ? /done/ : /plain/);
    assert.deepEqual(_meta, { 'io.modelcontextprotocol/related-task': { taskId } });
    await stands(peer, taskId, 'completed');
  }
  peer.close();
});

test('a task belongs to the client that began it', async () => {
  const [mine, other] = [new HttpPeer(node.url), new HttpPeer(node.url)];
  await mine.initialize();
  await other.initialize();
  const call = { name: 'long', arguments: { how: 'never' }, task: {} };
  const begun = resultOf(await mine.request('tools/call', call));
  const { taskId } = begun['task'] as { taskId: string };
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
    assert.equal((await other.request(method, { taskId })).error?.code, -32602);
  }
  assert.deepEqual(resultOf(await other.request('tasks/list', {}))['tasks'], []);
  await untilLedger(/never/);
  const cancelled = resultOf(await mine.request('tasks/cancel', { taskId }));
  assert.equal(cancelled['status'], 'cancelled');
  await untilLedger(/cancel task-\d/);
  mine.close();
  other.close();
});

test('a task is one act, and a node that dies in its midst says what became of it', async () => {
  const env = { LEDGER: join(folder, 'dying') };
  const alone = await GatewayNode.start([
    { name: 'later', command: process.execPath, args: [LATER], env },
  ]);
  const peer = new HttpPeer(alone.url, 'stateless', FOLLOWS);
  const done = resultOf(await peer.call('long', { how: 'fast' }));
  await stands(peer, done['taskId'], 'completed');
  const { taskId } = resultOf(await peer.call('long', { how: 'never' }));
  await stands(peer, taskId, 'working');
  await untilLedger(/never/, env.LEDGER);
  peer.close();
  await alone.node.stop('SIGKILL');
  const again = new NodeProcess(alone.node.home);
  await again.ready();
  const after = new HttpPeer(await again.mcpUrl(), 'stateless', FOLLOWS);
  // Its output was not kept, and that it was performed still is.
  const told = JSON.stringify(await stands(after, done['taskId'], 'completed'));
  assert.match(told, /Performed, without output.*"isError":false.*execution\.completed/);
  const lost = JSON.stringify(await stands(after, taskId, 'completed'));
  assert.match(lost, /It may have happened, do not repeat it.*execution\.effect_unknown/);
  const strange = 'A'.repeat(24);
  assert.equal((await after.request('tasks/get', { taskId: strange })).error?.code, -32602);
  after.close();
  const text = String((await again.api('GET', '/v1/export')).body['text']);
  assert.deepEqual(verify([encodeUtf8(text)]).findings, []);
  const outcomes = [...text.matchAll(/"outcome":"([a-z_]+)"/g)].map(([, outcome]) => outcome);
  // Each stands in what was handed in, and in its receipt.
  assert.deepEqual(outcomes, ['completed', 'completed', 'effect_unknown', 'effect_unknown']);
  assert.equal(readFileSync(env.LEDGER, 'utf8'), 'fast\nnever\n');
  await again.stop();
  await alone.stop();
});

/** The same home with outputs kept. */
function keepOutputs(home: string): void {
  const path = join(home, 'node.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  config.retention = { output: { keep_days: 1 } };
  writeFileSync(path, JSON.stringify(config));
}

test('what a task came to before a restart is told after it, where outputs are kept', async () => {
  const env = { LEDGER: join(folder, 'kept') };
  const later = { name: 'later', command: process.execPath, args: [LATER], env };
  const asked = ['mcp::later::long'];
  const first = await GatewayNode.start([later]);
  await first.node.stop();
  keepOutputs(first.node.home);
  const second = new NodeProcess(first.node.home);
  await second.ready();
  const peer = new HttpPeer(await second.mcpUrl());
  await peer.initialize();
  const call = { name: 'long', arguments: { how: 'fast' }, task: {} };
  const begun = resultOf(await peer.request('tools/call', call));
  const { taskId } = begun['task'] as { taskId: string };
  await stands(peer, taskId, 'completed');
  assert.equal((await second.activate(policyFor(asked))).status, 200);
  const waits = resultOf(await peer.request('tools/call', call))['task'] as { taskId: string };
  await second.waiting();
  await second.stop('SIGKILL');
  const third = new NodeProcess(first.node.home);
  await third.ready();
  const after = new HttpPeer(await third.mcpUrl());
  await after.initialize();
  assert.deepEqual(resultOf(await after.request('tasks/list', {}))['tasks'], []);
  await stands(after, taskId, 'completed');
  const { content } = resultOf(await after.request('tasks/result', { taskId }));
  assert.deepEqual(content, [{ type: 'text', text: 'done' }]);
  await stands(after, waits.taskId, 'failed');
  const { error } = await after.request('tasks/result', { taskId: waits.taskId });
  assert.match(JSON.stringify(error), /gateway\.task_interrupted/);
  for (const each of [peer, after]) each.close();
  await third.stop();
  await first.stop();
});
