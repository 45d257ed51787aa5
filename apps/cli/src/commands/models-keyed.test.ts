import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { MODEL_SERVER } from '@ioi/law';
import type { ModelAnswered } from '@ioi/protocol';
import { TestNode } from '../testing/test-node.ts';

const SECRET = 'planted-9c1e70d4b85a3f26';
const node = new TestNode();
const file = ['--passphrase-file', node.passphraseFile];
const seen: { path: string; key: string; body: Asked }[] = [];
let server: Server;
let url: string;

type Asked = { readonly model: string; readonly stream?: boolean };

const piece = (content: string) =>
  `data: ${JSON.stringify({ model: 'far-1', choices: [{ delta: { content } }] })}\n\n`;
const end = (reason: string) =>
  `data: ${JSON.stringify({
    ...{ choices: [{ delta: {}, finish_reason: reason }] },
    usage: { prompt_tokens: 5, completion_tokens: 2 },
  })}\n\ndata: [DONE]\n\n`;

/** What each model says in pieces; `cut` breaks off in the midst of them. */
const SAYS: Readonly<Record<string, readonly string[]>> = {
  far: [piece('I am '), piece('there.'), end('stop')],
  strict: [piece('I may '), end('content_filter')],
  cut: [piece('I am '), 'cut'],
};

async function say(response: ServerResponse, words: readonly string[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const each of words) {
    if (each === 'cut') return void response.destroy();
    await new Promise<void>((resolve) => response.write(each, () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  response.end();
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url: path = '', headers } = request;
  const body = (await json(request)) as Asked;
  const key = headers.authorization ?? String(headers['x-api-key']);
  seen.push({ path, key, body });
  if (path === '/v1/messages') {
    return void response.end(JSON.stringify({ content: [], stop_reason: 'refusal', usage: {} }));
  }
  if (body.stream === true) return say(response, SAYS[body.model] ?? []);
  const message = { content: `I am there, with ${headers.authorization}.` };
  const usage = { prompt_tokens: 5, completion_tokens: 2 };
  response.end(JSON.stringify({ model: 'far-1', choices: [{ message }], usage }));
}

before(async () => {
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await good('init', '--workspace', node.workspace, ...file);
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  const rule = { rule_id: 'models', target: 'model::invoke', action: 'ALLOW', conditions: {} };
  writeFileSync(node.home.policy, JSON.stringify({ ...policy, rules: [...policy.rules, rule] }));
  const config = JSON.parse(readFileSync(node.home.nodeConfig, 'utf8'));
  const far = candidate('openai', 'far', 'far-key');
  const models = {
    writer: [far],
    careful: [candidate('anthropic', 'never', 'other-key'), far],
    second: [candidate('openai', 'strict', 'far-key'), far],
    broken: [candidate('openai', 'cut', 'far-key')],
    unset: [candidate('openai', 'far', 'no-such-key')],
  };
  writeFileSync(node.home.nodeConfig, JSON.stringify({ ...config, models }));
  await good('up', '--detach');
  await good('policy', 'activate', node.home.policy, ...file);
});

after(async () => {
  await node.close();
  server.close();
});

function candidate(provider: string, model: string, key: string) {
  return { provider, model, url, key };
}

async function good(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await node.ioi(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr} ${stdout}`);
  return stdout;
}

async function bad(...args: readonly string[]): Promise<string> {
  const { code, stderr } = await node.ioi(...args);
  assert.notEqual(code, 0, args.join(' '));
  return stderr;
}

async function put(name: string): Promise<void> {
  const secretFile = join(node.folder, 'secret');
  writeFileSync(secretFile, SECRET, { mode: 0o600 });
  const place = ['--server', MODEL_SERVER, '--origin', url, '--file', secretFile];
  await good('wallet', 'secret', 'set', name, '--kind', 'bearer', ...place, ...file);
}

const tested = async (route: string): Promise<ModelAnswered> => {
  return JSON.parse(await good('models', 'test', route, '--json')) as ModelAnswered;
};

test('a model elsewhere is asked with a key that the node never has', async () => {
  assert.match(await bad('models', 'test', 'writer'), /model\.not_reached.*credential\.missing/s);
  assert.equal(seen.length, 0);
  for (const each of ['far-key', 'other-key']) await put(each);
  const { answer: said, receipt_id } = await tested('writer');
  assert.equal(said?.text, 'I am there, with Bearer [redacted].');
  assert.equal(said?.requested, `openai far ${url} far-key`);
  assert.deepEqual(
    [seen.at(-1)?.path, seen.at(-1)?.key],
    ['/v1/chat/completions', `Bearer ${SECRET}`],
  );
  const told = await good('show', receipt_id, '--json');
  assert.doesNotMatch(told, new RegExp(SECRET));
  assert.match(await good('models', 'list'), /writer {2}openai far http\S+ far-key/);
});

test('where one refuses the next is asked with its own key, each in its own header', async () => {
  const from = seen.length;
  const { answer: said } = await tested('careful');
  assert.match(said?.why ?? '', /ERR_UPSTREAM_POLICY_VIOLATION/);
  const keys = seen.slice(from).map(({ path, key }) => [path, key]);
  assert.deepEqual(keys, [
    ['/v1/messages', SECRET],
    ['/v1/chat/completions', `Bearer ${SECRET}`],
  ]);
  assert.match(await bad('models', 'test', 'unset'), /credential\.missing/);
});

const TYPESCRIPT = `
import { Agent, StepError } from './ioi_sdk/index.ts';
const agent = new Agent('streams');
const schemas = { input: { type: 'object' }, output: { type: 'array' } };
agent.task('go', schemas, async ({ route }: { route: string }) => {
  const pieces: string[] = [];
  const stream = (piece: string | null) => void pieces.push(piece ?? 'void');
  const fails = () => {
    throw new RangeError('raised');
  };
  if (route === 'second') {
    const asked = agent.llm.generate('Hello?', { route: 'writer', stream: fails });
    await asked.catch((fault: Error) => pieces.push(fault.message));
  }
  const said = await agent.llm
    .generate('Hello?', { route, stream })
    .catch((fault: StepError) => fault.code);
  return [said, ...pieces];
});
await agent.run();
`;

const WORKERS = {
  python: `
from ioi_sdk import Agent, StepError
agent = Agent("streams")
def fails(piece):
    raise ValueError("raised")
@agent.task
def go(route: str) -> list:
    pieces = []
    if route == "second":
        try:
            agent.llm.generate("Hello?", model="writer", stream=fails)
        except ValueError as error:
            pieces.append(str(error))
    try:
        said = agent.llm.generate("Hello?", model=route, stream=pieces.append)
    except StepError as error:
        said = error.code
    return [said, *[each or "void" for each in pieces]]
`,
  typescript: TYPESCRIPT,
};

test('workers of both SDKs are told a text while it comes; what broke off has a name', async () => {
  const { available } = JSON.parse(await good('mcp', 'sandbox', '--json'));
  for (const [name, text] of Object.entries(WORKERS)) {
    const made = join(node.folder, name);
    await good('worker', 'init', made, '--template', 'research', '--language', name);
    writeFileSync(join(made, name === 'python' ? 'worker.py' : 'worker.ts'), text);
    const ran = async (route: string) => {
      const how = ['--workspace', node.workspace, ...(available ? [] : ['--unconfined'])];
      const asked = ['--task', 'go', '--input', JSON.stringify({ route })];
      return JSON.parse(await good('worker', 'run', made, ...asked, ...how, '--json'));
    };
    const whole = await ran('writer');
    assert.deepEqual(whole.output, ['I am there.', 'I am ', 'there.'], name);
    assert.equal(seen.at(-1)?.body.stream, true);
    const second = await ran('second');
    // What its reader of pieces throws is no answer to the next step.
    const pieces = ['raised', 'I may ', 'void', 'I am ', 'there.'];
    assert.deepEqual(second.output, ['I am there.', ...pieces], name);
    const broken = await ran('broken');
    assert.deepEqual(broken.output, ['model.broken', 'I am '], name);
    const { steps } = JSON.parse(await good('worker', 'show', whole.envelope.run_id, '--json'));
    assert.equal(steps[0].state, 'done');
  }
});

test('the key is in no export', async () => {
  const exported = join(node.folder, 'export.jsonl');
  await good('export', '--out', exported);
  assert.doesNotMatch(readFileSync(exported, 'utf8'), new RegExp(SECRET));
  assert.match(await good('verify', exported), /PASS/);
});
