import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { RunSummary } from '@ioi/protocol';
import { agentAt, furnish } from '../probe/place-agent.ts';
import { MODEL_ADDRESS, MODEL_RULE, PROMPT } from '../probe/start-agent.ts';
import { entries, installedCode } from '../shell/installation.ts';
import { ModelServer } from '../shell/model-server.ts';
import { realAgent } from '../testing/real-agents.ts';
import { runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  writeFileSync(node.home.policy, JSON.stringify(POLICY));
  assert.equal((await node.activate()).code, 0);
});
after(() => node.close());

const exec = (rule_id: string, action: string, ...allow_commands: string[]) => {
  return { rule_id, target: 'sys::exec', conditions: { allow_commands }, action };
};
const POLICY = {
  policy_id: 'agent',
  defaults: 'deny_all',
  rules: [
    MODEL_RULE,
    exec('look', 'ALLOW', 'cat **'),
    exec('no_packages', 'BLOCK', 'npm install **'),
    exec('ask_to_delete', 'REQUIRE_APPROVAL', 'rm **'),
  ],
};

/** What its model has it do, each in a shell of the agent's own. */
const STEPS = [
  { id: 'looks', kind: 'shell', command: 'cat notes.txt' },
  { id: 'installs', kind: 'shell', command: 'npm install left-pad' },
  { id: 'reaches', kind: 'shell', command: 'touch never.txt' },
  { id: 'deletes', kind: 'shell', command: 'rm notes.txt' },
] as const;

async function tried(t: TestContext, program: string, looks: RegExp): Promise<void> {
  const path = realAgent(program);
  if (path === undefined) return t.skip(`${program} is not installed to be tested`);
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  if (!available) return t.skip('no sandbox on this machine: ioi mcp sandbox');
  const { agent, recipe } = agentAt(path);
  assert.ok(recipe !== undefined);
  const notes = join(node.workspace, 'notes.txt');
  writeFileSync(notes, 'a word of the notes\n');
  const script = { steps: STEPS, end: 'Nothing is left to do.' };
  const model = await ModelServer.start(script, MODEL_ADDRESS);
  t.after(() => model.close());
  const told = { url: `http://${model.host}`, prompt: PROMPT };
  const own = { command: process.execPath, args: [entries.main, 'mcp'], env: {} };
  furnish(agent, recipe.settings(told), join(node.home.folder, 'agents', agent.id), own);
  const env = recipe.env(told);
  const bin = dirname(process.execPath);
  const shown = [...installedCode(), bin, dirname(dirname(dirname(path)))];
  const args = [
    ...['run', '--json', '--shell', '--as', agent.id, '--host', model.host],
    ...Object.keys(env).flatMap((name) => ['--env', name]),
    ...shown.flatMap((each) => ['--read', each]),
    ...['--', path, ...recipe.args(told)],
  ];
  const whole = { IOI_HOME: node.home.folder, PATH: [bin, '/usr/bin', '/bin'].join(delimiter) };
  const running = runIoi(args, { env: { ...whole, ...env }, cwd: node.workspace });
  const asked = await Promise.race([node.waiting(), running.then(() => undefined)]);
  if (asked === undefined) assert.fail(JSON.stringify(await running));
  assert.ok(existsSync(notes), 'nothing is deleted before a person says so');
  const file = ['--passphrase-file', node.passphraseFile];
  assert.equal((await node.ioi('approve', asked.request_hash, ...file)).code, 0);
  const ran = await running;
  const { results } = model.heard;
  assert.match(results.get('looks') ?? '', looks, ran.stderr);
  assert.match(results.get('installs') ?? '', /ioi: not done: .*policy.blocked, no_packages/);
  assert.match(results.get('reaches') ?? '', /ioi: not done: .*policy.default_deny/);
  assert.ok(!existsSync(notes) && !existsSync(join(node.workspace, 'never.txt')));
  const line = ran.stderr.split('\n').find((each) => each.startsWith('{"run":'));
  const { run } = JSON.parse(line ?? '') as { run: RunSummary };
  assert.equal(run.coverage.shell, 'mediated');
  assert.ok(run.verdicts.blocked >= 2 && run.verdicts.allowed >= 2, JSON.stringify(run));
  const log = (await node.ioi('log', '-n', '200', '--json')).stdout;
  for (const { command } of STEPS) assert.ok(log.includes(command), command);
}

test('what Codex has its own shell do is decided, receipted and done once', (t) => {
  return tried(t, 'codex', /a word of the notes/);
});

/** What two of the commands are told that it puts around each stands in variables. */
test('what Gemini CLI has its own shell do is decided, receipted and done once', (t) => {
  return tried(t, 'gemini', /ioi: not done: .*policy.default_deny/);
});
