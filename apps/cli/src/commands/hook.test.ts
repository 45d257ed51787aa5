import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { type Ran, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const person = join(node.folder, 'person');
const CLAUDE = join(person, '.claude/settings.json');
const GEMINI = join(person, '.gemini/settings.json');
const CODEX = join(person, '.codex/hooks.json');
const claudeText = '{\n\t"model": "m", // mine\n\t"hooks": { "Stop": [] }\n}\n';
const geminiText = '{ "general": {} }';
const agents = ['claude-code', 'codex', 'gemini-cli'];

const exec = (rule_id: string, action: string, ...allow_commands: string[]) => {
  return { rule_id, target: 'sys::exec', conditions: { allow_commands }, action };
};
const rules = [
  exec('look', 'ALLOW', 'cat **'),
  exec('no_packages', 'BLOCK', 'npm install **'),
  exec('ask_to_delete', 'REQUIRE_APPROVAL', 'rm **'),
];

function ioi(...args: readonly string[]): Promise<Ran> {
  const env = { IOI_HOME: node.home.folder, HOME: person, PATH: '/nowhere' };
  return runIoi(args, { env });
}

function put(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

before(async () => {
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  const policy = { policy_id: 'hooks', defaults: 'deny_all', rules };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  assert.equal((await node.activate()).code, 0);
  put(CLAUDE, claudeText);
  put(GEMINI, geminiText);
});
after(() => node.close());

type Entry = { readonly hooks: readonly [{ readonly command: string }] };

/** What agents have in their settings for an event, as a shell is given it. */
function commandFor(path: string, event: string): string {
  const { hooks } = JSON.parse(readFileSync(path, 'utf8').replace('// mine', '')) as {
    readonly hooks: Readonly<Record<string, readonly [Entry]>>;
  };
  return hooks[event]?.[0].hooks[0].command ?? assert.fail(`no hook for ${event}`);
}

/** Starts a hook as its agent does: by a shell, with an environment of the agent's. */
async function hooked(command: string, input: string): Promise<Ran> {
  const child = spawn('/bin/sh', ['-c', command], { env: { PATH: '/usr/bin:/bin' } });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'exit')) as [number | null];
  const [stdout, stderr] = await said;
  return { code, stdout, stderr };
}

let calls = 0;
function claudeSays(command: string, about: object = {}): string {
  calls += 1;
  return JSON.stringify({
    session_id: 'a-session',
    cwd: node.workspace,
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    tool_input: { command, description: 'Does it' },
    tool_use_id: `toolu_${calls}`,
    ...about,
  });
}
const ask = (command: string) => hooked(commandFor(CLAUDE, 'PreToolUse'), claudeSays(command));

test('connect --hooks shows and writes hooks, once', async () => {
  const dry = await ioi('connect', ...agents, '--hooks', '--dry-run');
  assert.match(dry.stderr, /^\+ .*hook claude-code --patience 300/m);
  assert.equal(readFileSync(CLAUDE, 'utf8'), claudeText);
  const ran = await ioi('connect', ...agents, '--hooks');
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, /hooks that you have not trusted: type \/hooks/);
  assert.match(ran.stderr, /advisory: it may leave them out/);
  const written = [CLAUDE, GEMINI, CODEX].map((path) => readFileSync(path, 'utf8'));
  assert.equal((await ioi('connect', ...agents, '--hooks')).code, 0);
  assert.deepEqual(
    [CLAUDE, GEMINI, CODEX].map((path) => readFileSync(path, 'utf8')),
    written,
  );
  assert.match((await ioi('connect')).stdout, /^codex .*its shell asks by hooks \(advisory\)/m);
});

test('what an agent is about to do is let, denied or approved, and ends in the log', async () => {
  assert.deepEqual(await ask('cat notes.txt'), { code: 0, stdout: '', stderr: '' });
  const ended = claudeSays('cat notes.txt', {
    hook_event_name: 'PostToolUse',
    tool_use_id: `toolu_${calls}`,
    tool_response: { stdout: 'old\n', stderr: '', interrupted: false },
  });
  const told = await hooked(commandFor(CLAUDE, 'PostToolUse'), ended);
  assert.deepEqual(told, { code: 0, stdout: '', stderr: '' });
  const twice = await hooked(commandFor(CLAUDE, 'PostToolUse'), ended);
  assert.deepEqual([twice.code, twice.stdout], [1, '']);
  assert.match(twice.stderr, /how it ended is not in the log/);

  const blocked = await ask('cat notes.txt | npm install left-pad');
  assert.deepEqual([blocked.code, blocked.stdout], [2, '']);
  assert.match(blocked.stderr, /policy\.blocked, rule no_packages, receipt_\w+\); see: ioi why/);
  assert.match((await ask('touch x')).stderr, /policy\.default_deny/);

  const asking = ask('rm notes.txt');
  const { request_hash: hash } = await node.waiting();
  const file = ['--passphrase-file', node.passphraseFile];
  assert.equal((await node.ioi('approve', hash, ...file)).code, 0);
  assert.deepEqual(await asking, { code: 0, stdout: '', stderr: '' });

  const log = (await node.ioi('log', '-n', '200', '--json')).stdout;
  assert.ok(/agent:\/\/local\/\w+\/hook\/claude-code/.test(log), 'who asked is in the log');
  assert.ok(log.includes('"isolation_tier":"advisory"'));
  const [receipt = ''] = /receipt_\w+/.exec(blocked.stderr) ?? [];
  assert.match((await node.ioi('show', receipt, '--json')).stdout, /"advisory"/);
  const out = join(node.folder, 'hooks.jsonl');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  const { executions } = JSON.parse((await node.ioi('verify', out, '--json')).stdout).summary;
  assert.deepEqual([executions.completed, executions.effect_unknown], [1, 0]);
});

test('nobody there in time, nothing understood, and no program are all a no', async () => {
  const late = runIoi(['hook', 'claude-code', '--patience', '2'], {
    env: { IOI_HOME: node.home.folder },
    input: claudeSays('rm other.txt'),
  });
  const waited = await late;
  assert.equal(waited.code, 2);
  assert.match(waited.stderr, /a person has to approve it, and nobody did within 2 s.*ioi approve/);
  await until(
    'it is withdrawn',
    async () => (await node.guardian.pending()).length === 0 || undefined,
  );

  const command = commandFor(CLAUDE, 'PreToolUse');
  for (const odd of ['', '{', claudeSays('cat x', { tool_name: 'Write' }), 'x'.repeat(9_000_000)]) {
    const ran = await hooked(command, odd);
    assert.deepEqual([ran.code, ran.stdout], [2, ''], odd.slice(0, 60));
    assert.match(ran.stderr, /^ioi: not done: /);
  }
  const long = await hooked(command, claudeSays(`cat ${'x'.repeat(300_000)}`));
  assert.match(long.stderr, /too long to decide on/);
  const missing = await hooked(command.replace(/main\.[jt]s$/, 'gone.js'), claudeSays('cat x'));
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /ioi: not done: the program that asks the node did not run/);
  const unknown = await runIoi(['hook', 'nobody'], { input: claudeSays('cat x') });
  assert.equal(unknown.code, 2);
});

test('with the node down an agent is told to start it, and its settings are put back', async () => {
  const command = commandFor(CLAUDE, 'PreToolUse');
  assert.equal((await node.ioi('down')).code, 0);
  const down = await hooked(command, claudeSays('cat notes.txt'));
  assert.deepEqual([down.code, down.stdout], [2, '']);
  assert.match(down.stderr, /the node does not answer .*ioi up --detach/);
  const undone = await ioi('connect', '--all', '--undo');
  assert.equal(undone.code, 0, undone.stderr);
  assert.equal(readFileSync(CLAUDE, 'utf8'), claudeText);
  assert.equal(readFileSync(GEMINI, 'utf8'), geminiText);
  for (const path of [CODEX, join(person, '.claude.json'), join(person, '.codex/config.toml')]) {
    assert.ok(!existsSync(path), path);
  }
});
