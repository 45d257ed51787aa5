import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { PROMPT } from '../probe/start-agent.ts';
import { ModelServer } from '../shell/model-server.ts';
import { ASK_IN_WORDS } from '../testing/ask-in-words.ts';
import { realAgent } from '../testing/real-agents.ts';
import { SandboxedRuns } from '../testing/sandboxed-run.ts';
import { TestNode } from '../testing/test-node.ts';

const SPOKEN = ['openai', 'openai-responses', 'anthropic', 'gemini'] as const;
const END = 'Nothing is left to do.';
const node = new TestNode();
const runs = new SandboxedRuns(node);
const file = ['--passphrase-file', node.passphraseFile];
let scripted: ModelServer;

before(async () => {
  const steps = [{ id: 'looks', kind: 'shell', command: 'cat notes.txt' }] as const;
  scripted = await ModelServer.start({ steps, end: END }, '127.0.0.1');
  await good('init', '--workspace', node.workspace, ...file);
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  const rule = { rule_id: 'models', target: 'model::invoke', action: 'ALLOW', conditions: {} };
  writeFileSync(node.home.policy, JSON.stringify({ ...policy, rules: [...policy.rules, rule] }));
  const config = JSON.parse(readFileSync(node.home.nodeConfig, 'utf8'));
  const models = Object.fromEntries(
    SPOKEN.map((provider) => {
      return [provider, [{ provider, model: 'ioi-script', url: `http://${scripted.host}` }]];
    }),
  );
  writeFileSync(node.home.nodeConfig, JSON.stringify({ ...config, models }));
  await good('up', '--detach');
  await good('policy', 'activate', node.home.policy, ...file);
  await runs.look();
});

after(async () => {
  await node.close();
  scripted.close();
});

async function good(...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await node.ioi(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr} ${stdout}`);
}

type Told = {
  readonly kind: string;
  readonly to: string;
  readonly stream: boolean;
  readonly fault?: string;
  readonly call?: { readonly id: string; readonly name: string; readonly given: object };
  readonly text?: string;
  readonly tokens?: number;
};

test('each protocol is answered by all others, with a tool, streamed and not', async (t) => {
  writeFileSync(join(node.workspace, 'ask.mjs'), ASK_IN_WORDS);
  const ways = SPOKEN.flatMap((each) => ['--models', `${each}=${each}`]);
  const bin = dirname(process.execPath);
  const ran = await runs.start(t, [...ways, '--read', bin, '--', process.execPath, 'ask.mjs']);
  if (ran === undefined) return;
  const told = JSON.parse(ran.stdout) as readonly Told[];
  assert.equal(told.length, 32, ran.stderr);
  for (const each of told) {
    const about = JSON.stringify(each);
    assert.equal(each.fault, undefined, about);
    assert.equal(each.call?.name, 'Bash', about);
    assert.deepEqual(each.call?.given, { command: 'cat notes.txt' }, about);
    assert.deepEqual([each.text, each.tokens], [END, 1], about);
  }
  assert.equal(scripted.heard.results.get('looks'), 'seen');
  const sent = scripted.heard.bodies.join('\n');
  assert.equal(sent.match(/Be brief\./g)?.length, 64);
});

type Started = {
  readonly program: string;
  readonly route: (typeof SPOKEN)[number];
  readonly args: readonly string[];
};

async function agent(t: TestContext, { program, route, args }: Started): Promise<void> {
  const path = realAgent(program);
  if (path === undefined) return t.skip(`${program} is not installed to be tested`);
  const before = scripted.heard.bodies.length;
  const shown = [dirname(process.execPath), dirname(dirname(dirname(path)))];
  const reads = shown.flatMap((each) => ['--read', each]);
  const ran = await runs.start(t, ['--models', route, ...reads, '--', path, ...args]);
  if (ran === undefined) return;
  assert.ok(ran.stdout.includes(END), `${ran.stdout} ${ran.stderr}`);
  assert.ok(scripted.heard.bodies.length >= before + 2);
  assert.match(scripted.heard.results.get('looks') ?? '', /old/);
  const [use] = ran.run.models ?? [];
  assert.match(use?.served ?? '', new RegExp(`^${route} ioi-script `));
}

test('Codex, which speaks Responses, works by a server that speaks messages', (t) => {
  const free = ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'];
  const args = ['exec', '--model', 'ioi-script', ...free, PROMPT];
  return agent(t, { program: 'codex', route: 'anthropic', args });
});

test('Gemini CLI works by a server that speaks chat completions', (t) => {
  const home = join(node.home.folder, 'agents', 'gemini', '.gemini');
  mkdirSync(home, { recursive: true });
  // As it writes itself once a person chose a key.
  const settings = { security: { auth: { selectedType: 'gemini-api-key' } } };
  writeFileSync(join(home, 'settings.json'), JSON.stringify(settings));
  const args = ['--yolo', '--skip-trust', '--model', 'gemini-2.5-pro', '-p', PROMPT];
  return agent(t, { program: 'gemini', route: 'openai', args });
});
