import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ModelAnswered } from '@ioi/protocol';
import { playModel } from '../core/model-script/play-model.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const asked: unknown[] = [];
const refusal = { model: 'strict-1', content: [], stop_reason: 'refusal', usage: {} };
const GUEST = `
  const output = { type: 'array' };
  ioi.task('ask', { input: { type: 'object' }, output }, async (_, { llm }) => {
    const said = await llm.generate('Hello?', { route: 'writer' });
    const refused = await llm.generate('Hello?', { route: 'careful' }).catch((fault) => fault);
    return [said, refused.code];
  });`;
let server: Server;
let url: string;

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

before(async () => {
  server = createServer(async (request, response) => {
    const { method = '', url: path = '' } = request;
    if (path === '/page') return void response.end('A page of this test.');
    const body = await bodyOf(request);
    asked.push(body);
    if (path.endsWith('/messages')) return void response.end(JSON.stringify(refusal));
    const { answer } = playModel({ steps: [], end: 'I am there.' }, { method, path, body });
    response.writeHead(answer.status, { 'content-type': answer.contentType });
    response.end(answer.body);
  });
  url = await listening(server);
  await good('init', '--workspace', node.workspace, '--passphrase-file', node.passphraseFile);
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  const more = [
    { rule_id: 'models', target: 'model::invoke', action: 'ALLOW', conditions: {} },
    {
      ...{ rule_id: 'page', target: 'net::fetch', action: 'ALLOW' },
      conditions: { allow_domains: ['127.0.0.1'] },
    },
  ];
  writeFileSync(node.home.policy, JSON.stringify({ ...policy, rules: [...policy.rules, ...more] }));
  await good('up', '--detach');
});

after(async () => {
  await node.close();
  server.close();
});

async function listening(made: Server): Promise<string> {
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
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

test('a route is asked once it is set and the policy allows it, with a receipt', async () => {
  await good('models', 'set', 'writer', `openai small ${url}`);
  assert.match(await bad('models', 'test', 'writer'), /policy\.default_deny|not asked/);
  assert.deepEqual(asked, []);
  await good('policy', 'activate', node.home.policy, '--passphrase-file', node.passphraseFile);
  const told = await good('models', 'test', 'writer', '--prompt', 'Hello?', '--json');
  const { answer, receipt_id } = JSON.parse(told) as ModelAnswered;
  assert.deepEqual(
    [answer?.text, answer?.model, answer?.why],
    ['I am there.', 'small', 'first of its route'],
  );
  assert.deepEqual(asked, [
    { model: 'small', messages: [{ role: 'user', content: 'Hello?' }], max_tokens: 64 },
  ]);
  const why = await good('why', receipt_id);
  assert.match(why, /model::invoke/);
});

test('where a model refuses by its policy the next one is asked, and that is said', async () => {
  const [strict, small] = [`anthropic strict ${url}`, `openai small ${url}`];
  await good('models', 'set', 'careful', strict, small);
  const told = JSON.parse(await good('models', 'test', 'careful', '--json')) as ModelAnswered;
  const { answer } = told;
  assert.deepEqual([answer?.requested, answer?.served], [strict, small]);
  assert.match(answer?.why ?? '', /ERR_UPSTREAM_POLICY_VIOLATION/);
  await good('models', 'set', 'careful', strict);
  assert.match(await bad('models', 'test', 'careful'), /ERR_UPSTREAM_POLICY_VIOLATION|candidate/);
});

test('a worker in one file asks a model by its route, and knows it by no other name', async () => {
  const file = join(node.folder, 'asks.guest.js');
  writeFileSync(file, GUEST);
  const how = ['--workspace', node.workspace, '--json', '--input', '{}'];
  const ran = JSON.parse(await good('worker', 'run', file, '--task', 'ask', ...how));
  assert.deepEqual(ran.output, ['I am there.', 'ERR_UPSTREAM_POLICY_VIOLATION']);
  assert.equal(ran.envelope.state, 'completed');
});

test('workers of both SDKs read a page, have it summarised, write that: three acts', async () => {
  const { available } = JSON.parse(await good('mcp', 'sandbox', '--json'));
  const how = available ? [] : ['--unconfined'];
  for (const language of ['python', 'typescript']) {
    const made = join(node.folder, `research-${language}`);
    await good('worker', 'init', made, '--template', 'research', '--language', language);
    const input = { url: `${url}/page`, file: `${language}.txt` };
    const asking = ['--input', JSON.stringify(input), '--workspace', node.workspace, '--json'];
    const ran = JSON.parse(await good('worker', 'run', made, ...asking, ...how));
    assert.equal(ran.envelope.state, 'completed', JSON.stringify(ran));
    assert.equal(ran.output, 'I am there.');
    assert.equal(readFileSync(join(node.workspace, `${language}.txt`), 'utf8'), 'I am there.');
    const { steps } = JSON.parse(await good('worker', 'show', ran.envelope.run_id, '--json'));
    assert.deepEqual(
      steps.map(({ target, state }: { target: string; state: string }) => `${target} ${state}`),
      ['net::fetch done', 'model::invoke done', 'fs::write done'],
    );
  }
  assert.match(JSON.stringify(asked.at(-1)), /Summarise this.+A page of this test/);
});

test('routes are listed and removed; a wrong one is put back, an unknown one refused', async () => {
  assert.match(await good('models', 'list'), /writer {2}openai small http:/);
  assert.match(await bad('models', 'set', 'far', 'openai m https://api.example'), /key is needed/);
  assert.match(await bad('models', 'set', 'far', 'openai m'), /PROVIDER MODEL URL/);
  assert.doesNotMatch(await good('models', 'list'), /far/);
  const gone = createServer();
  const away = await listening(gone);
  await new Promise((resolve) => gone.close(resolve));
  await good('models', 'set', 'gone', `ollama m ${away}`);
  assert.match(await bad('models', 'test', 'gone'), /model\.not_reached/);
  await good('models', 'remove', 'gone');
  assert.match(await bad('models', 'test', 'gone'), /no route is called gone/);
});
