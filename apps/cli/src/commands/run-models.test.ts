import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, type TestContext, test } from 'node:test';
import { MODEL_SERVER } from '@ioi/law';
import { PROMPT } from '../probe/start-agent.ts';
import { ModelServer } from '../shell/model-server.ts';
import { realAgent } from '../testing/real-agents.ts';
import { SandboxedRuns } from '../testing/sandboxed-run.ts';
import { TestNode } from '../testing/test-node.ts';

const SECRET = 'planted-7d20c5f1e98b4a63';
const node = new TestNode();
const runs = new SandboxedRuns(node);
const file = ['--passphrase-file', node.passphraseFile];
const seen: { path: string; headers: IncomingMessage['headers']; body: Asked }[] = [];
let server: Server;
let url: string;
let scripted: ModelServer;

type Asked = { readonly model: string; readonly stream?: boolean };

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const word = (content: string): string =>
  event({ model: 'far-1', choices: [{ delta: { content } }] });
const USAGE = { prompt_tokens: 50, completion_tokens: 7 };

/** A provider that is at times a bad one, by the name of the model. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url: path = '', headers } = request;
  const body = (await json(request)) as Asked;
  seen.push({ path, headers, body });
  const say = (type: string, text: string, status = 200): void => {
    response.writeHead(status, { 'content-type': type, 'set-cookie': 'who=me' }).end(text);
  };
  switch (body.model) {
    case 'strict':
      return say('application/json', JSON.stringify({ error: { code: 'content_policy' } }), 400);
    case 'garbage':
      return say('text/html', '<html>');
    case 'leads':
      return void response.writeHead(302, { location: `${url}/stolen` }).end();
    case 'endless': {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const more = setInterval(() => response.write(`: ${'x'.repeat(1_048_576)}\n`), 5);
      return void response.on('close', () => clearInterval(more));
    }
  }
  if (body.stream !== true) {
    const message = { content: `I was sent ${headers.authorization}.` };
    return say(
      'application/json',
      JSON.stringify({ model: 'far-1', choices: [{ message }], usage: USAGE }),
    );
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(word(`Bearer ${SECRET}`));
  setTimeout(() => {
    const usage = event({ choices: [], usage: USAGE });
    response.end(`${word(' is what I was sent.')}${usage}data: [DONE]\n\n`);
  }, 200);
}

before(async () => {
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const steps = [{ id: 'looks', kind: 'shell', command: 'cat notes.txt' }] as const;
  scripted = await ModelServer.start({ steps, end: 'Nothing is left to do.' }, '127.0.0.1');
  await good('init', '--workspace', node.workspace, ...file);
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  const rule = { rule_id: 'models', target: 'model::invoke', action: 'ALLOW', conditions: {} };
  const egress = [{ target: 'model::*', transform: ['email'] }];
  const rules = [...policy.rules, rule];
  writeFileSync(node.home.policy, JSON.stringify({ ...policy, rules, egress }));
  const config = JSON.parse(readFileSync(node.home.nodeConfig, 'utf8'));
  const keyed = (model: string) => ({ provider: 'openai', model, url, key: 'far-key' });
  const own = (provider: string) => {
    return { provider, model: 'ioi-script', url: `http://${scripted.host}` };
  };
  const models = {
    writer: [keyed('strict'), keyed('far')],
    garbage: [keyed('garbage')],
    other: [{ ...keyed('far'), provider: 'anthropic' }],
    leads: [keyed('leads')],
    endless: [keyed('endless')],
    agent: [own('openai-responses'), own('gemini')],
  };
  writeFileSync(node.home.nodeConfig, JSON.stringify({ ...config, models }));
  await good('up', '--detach');
  await good('policy', 'activate', node.home.policy, ...file);
  const secretFile = join(node.folder, 'secret');
  writeFileSync(secretFile, SECRET, { mode: 0o600 });
  const place = ['--server', MODEL_SERVER, '--origin', url, '--file', secretFile];
  await good('wallet', 'secret', 'set', 'far-key', '--kind', 'bearer', ...place, ...file);
  await runs.look();
});

after(async () => {
  await node.close();
  server.close();
  scripted.close();
});

async function good(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await node.ioi(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr} ${stdout}`);
  return stdout;
}

function inside(t: TestContext, ways: readonly string[], script: string) {
  const models = ways.flatMap((way) => ['--models', way]);
  return runs.start(t, [...models, '--', 'sh', '-c', `exec 2>&1; ${script}`]);
}

const asks = (path: string, body: object, ...more: readonly string[]): string =>
  ['curl -sS -m 60 -i', ...more, `-d '${JSON.stringify(body)}'`, path].join(' ');
const CHAT = '"$OPENAI_BASE_URL/chat/completions"';

/** In no spelling, whole or in part. */
function assertUnread(text: string): void {
  for (let at = 0; at + 10 <= SECRET.length; at += 1) {
    const piece = Buffer.from(SECRET.slice(at, at + 10));
    for (const each of [piece.toString(), piece.toString('hex')]) {
      assert.ok(!text.includes(each), `${each} in ${text}`);
    }
  }
}

test("a program asks by a route: another model, an edge's key, the next on refusal", async (t) => {
  const own = '-H "Authorization: Bearer sk-own" -H "Cookie: a=b" -H "x-secret: sk-own"';
  const question = { model: 'gpt-5', messages: [{ role: 'user', content: 'Hi' }] };
  const streamed = asks(CHAT, { ...question, stream: true });
  const ran = await inside(
    t,
    ['writer'],
    `echo "$OPENAI_API_KEY"; ${asks(CHAT, question, own)}; ${streamed}`,
  );
  if (ran === undefined) return;
  assert.match(ran.stdout, /^sk-ioi-/);
  const [strict, far] = seen;
  assert.deepEqual([strict?.body.model, far?.body.model], ['strict', 'far']);
  assert.equal(far?.headers.authorization, `Bearer ${SECRET}`);
  assert.doesNotMatch(JSON.stringify(far?.headers), /sk-own|cookie/);
  assert.equal(ran.stdout.match(/Bearer \[redacted\]/g)?.length, 2, ran.stdout);
  assert.doesNotMatch(ran.stdout, /set-cookie/i);
  assertUnread(ran.stdout);
  const [use, ...others] = ran.run.models ?? [];
  assert.deepEqual(others, []);
  assert.deepEqual([use?.route, use?.asked, use?.answers], ['writer', 'gpt-5', 2]);
  assert.deepEqual([use?.input_tokens, use?.output_tokens], [100, 14]);
  assert.match(use?.served ?? '', /^openai far .* far-key$/);
  assert.equal(ran.run.coverage.models, 'mediated');
  const [receipt = ''] = ran.run.receipts;
  const shown = await good('show', receipt, '--json');
  assert.match(shown, /"token_usage":\{"input_tokens":50,"output_tokens":7\}/);
  assert.match(shown, /"asked_model":"gpt-5"/);
  const served = `"model_served":{"model":"far-1","requested":"openai strict ${url} far-key"`;
  assert.ok(shown.includes(`${served},"served":"openai far ${url} far-key"}`), shown);
  assertUnread(shown);
});

test('what rules take out of a question is sent to nobody, and the rest of it is', async (t) => {
  const before = seen.length;
  const messages = [{ role: 'user', content: 'Write to anna@example.com about it.' }];
  const question = (model: string) => asks(CHAT, { model, messages });
  const ways = ['gpt-5=writer', 'gpt-6=other'];
  const ran = await inside(t, ways, [question('gpt-5'), question('gpt-6')].join('; '));
  if (ran === undefined) return;
  const bodies = seen.slice(before).map(({ body }) => JSON.stringify(body));
  assert.equal(bodies.length, 3, ran.stdout);
  for (const each of bodies) assert.match(each, /Write to \[redacted:email:1\] about it\./);
});

test('what no route has is refused by a name that says what there is', async (t) => {
  const before = seen.length;
  const question = { model: 'gpt-5', messages: [] };
  const search = { type: 'web_search_20250305', name: 'web_search' };
  const message = {
    model: 'gpt-5',
    max_tokens: 5,
    messages: [{ role: 'user', content: 'Hi' }],
    tools: [search],
  };
  const ran = await inside(
    t,
    ['gpt-5=writer'],
    [
      asks(CHAT, { ...question, model: 'gpt-6' }),
      asks('"$ANTHROPIC_BASE_URL/v1/messages"', message),
      asks('"$OPENAI_BASE_URL/files"', {}),
      asks(CHAT, []),
      asks(CHAT, question, '-H "Host: api.openai.com"'),
      'curl -sS -m 9 https://api.openai.com/v1/models || echo nowhere',
      'OPENAI_BASE_URL=https://api.openai.com/v1; curl -sS -m 9 $OPENAI_BASE_URL || echo nowhere',
      'curl -sS -m 9 -p -x 127.0.0.1:47170 http://example.com:80 || echo nowhere',
    ].join('; '),
  );
  if (ran === undefined) return;
  for (const code of ['no_route', 'no_words', 'no_operation', 'malformed']) {
    assert.match(ran.stdout, new RegExp(`"code":"model.${code}"`), ran.stdout);
  }
  assert.match(
    ran.stdout,
    /web_search_20250305.* no words in .*route writer speaks openai; this was asked as anthropic/,
  );
  assert.match(ran.stdout, /"error":\{"type":"model.no_route","message":"[^"]+"\}/);
  assert.match(ran.stdout, /web.host_mismatch/);
  assert.equal(ran.stdout.match(/nowhere/g)?.length, 3, ran.stdout);
  assert.equal(seen.length, before);
  const gone = await node.ioi('run', '--models', 'nothing', '--', 'true');
  assert.equal(gone.code, 125);
  assert.match(gone.stderr, /no route has that name/);
  const twice = await node.ioiWith(
    { OPENAI_API_KEY: 'x' },
    'run',
    '--models',
    'writer',
    '--env',
    'OPENAI_API_KEY',
    '--',
    'true',
  );
  assert.match(twice.stderr, /--models says what OPENAI_API_KEY is/);
});

test('of one that answers garbage, leads elsewhere or has no end nothing goes on', async (t) => {
  const question = { model: 'gpt-5', messages: [], stream: true };
  const before = seen.length;
  const named = (model: string) => asks(CHAT, { ...question, model });
  const all = ['garbage', 'leads', 'endless'];
  const ran = await inside(
    t,
    all.map((each) => `${each}=${each}`),
    all.map(named).join('; '),
  );
  if (ran === undefined) return;
  assert.equal(ran.stdout.match(/"code":"model.failed"/g)?.length, 3, ran.stdout);
  assert.doesNotMatch(ran.stdout, /<html>|stolen|xxx/);
  assert.deepEqual(
    seen.slice(before).map(({ path }) => path),
    Array(3).fill('/v1/chat/completions'),
  );
});

async function agent(t: TestContext, program: string, args: readonly string[]): Promise<void> {
  const path = realAgent(program);
  if (path === undefined) return t.skip(`${program} is not installed to be tested`);
  const before = scripted.heard.bodies.length;
  const shown = [dirname(process.execPath), dirname(dirname(dirname(path)))];
  const reads = shown.flatMap((each) => ['--read', each]);
  const ran = await runs.start(t, ['--models', 'agent', ...reads, '--', path, ...args]);
  if (ran === undefined) return;
  assert.match(ran.stdout, /Nothing is left to do\./, ran.stderr);
  assert.ok(scripted.heard.bodies.length >= before + 2);
  assert.match(scripted.heard.results.get('looks') ?? '', /old/);
  assert.ok(
    (ran.run.models ?? []).some(({ answers }) => answers >= 2),
    JSON.stringify(ran.run),
  );
  assert.equal(ran.run.coverage.http, 'closed');
}

test('Codex asks its models by a route, with no host named and no key of its own', (t) => {
  const free = ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'];
  return agent(t, 'codex', ['exec', '--model', 'ioi-script', ...free, PROMPT]);
});

test('Gemini CLI asks its models by a route, with no host named and no key of its own', (t) => {
  const home = join(node.home.folder, 'agents', 'gemini', '.gemini');
  mkdirSync(home, { recursive: true });
  // As it writes itself once a person chose a key.
  const settings = { security: { auth: { selectedType: 'gemini-api-key' } } };
  writeFileSync(join(home, 'settings.json'), JSON.stringify(settings));
  return agent(t, 'gemini', ['--yolo', '--skip-trust', '--model', 'gemini-2.5-pro', '-p', PROMPT]);
});
