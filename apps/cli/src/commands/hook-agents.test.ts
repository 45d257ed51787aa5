import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, type TestContext, test } from 'node:test';
import { placesIn } from '../core/probe/recipes.ts';
import { agentAt } from '../probe/place-agent.ts';
import { MODEL_ADDRESS, PROMPT } from '../probe/start-agent.ts';
import { ModelServer } from '../shell/model-server.ts';
import { realAgent } from '../testing/real-agents.ts';
import { runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const exec = (rule_id: string, action: string, ...allow_commands: string[]) => {
  return { rule_id, target: 'sys::exec', conditions: { allow_commands }, action };
};

before(async () => {
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  const rules = [exec('look', 'ALLOW', 'cat **'), exec('never', 'BLOCK', 'touch **')];
  const policy = { policy_id: 'hooks', defaults: 'deny_all', rules };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  assert.equal((await node.activate()).code, 0);
});
after(() => node.close());

/** What its model has it do, each in a shell of the agent's own. */
const steps = [
  { id: 'looks', kind: 'shell', command: 'cat notes.txt' },
  { id: 'touches', kind: 'shell', command: 'touch never.txt' },
] as const;

/** With no sandbox: nothing but its own hook asks. */
async function tried(t: TestContext, program: string, ...trusting: readonly string[]) {
  const path = realAgent(program);
  if (path === undefined) return t.skip(`${program} is not installed to be tested`);
  const { agent, recipe } = agentAt(path);
  assert.ok(recipe !== undefined);
  const model = await ModelServer.start({ steps, end: 'Nothing is left to do.' }, MODEL_ADDRESS);
  t.after(() => model.close());
  const told = { url: `http://${model.host}`, prompt: PROMPT };
  const person = join(node.folder, agent.id);
  const [settings = ''] = agent.files(placesIn(person));
  mkdirSync(dirname(settings), { recursive: true });
  writeFileSync(settings, recipe.settings(told));
  const own = {
    HOME: person,
    PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
  };
  const connected = await runIoi(['connect', agent.id, '--hooks'], {
    env: { ...own, IOI_HOME: node.home.folder },
  });
  assert.equal(connected.code, 0, connected.stderr);
  const [first = '', ...others] = recipe.args(told);
  const child = spawn(path, [first, ...trusting, ...others], {
    cwd: node.workspace,
    env: { ...own, ...recipe.env(told) },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 150_000,
  });
  const said = await Promise.all([text(child.stdout), text(child.stderr)]);
  const { results } = model.heard;
  assert.match(results.get('looks') ?? '', /old/, said.join('\n'));
  assert.match(results.get('touches') ?? '', /ioi: not done: .*policy\.blocked, rule never/);
  assert.ok(!existsSync(join(node.workspace, 'never.txt')));
  const log = (await node.ioi('log', '-n', '50', '--json')).stdout;
  assert.ok(log.includes(`/hook/${agent.id}`), log);
  const out = join(node.folder, `${agent.id}.jsonl`);
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  return JSON.parse((await node.ioi('verify', out, '--json')).stdout).summary.executions;
}

test('Codex asks by its hook before its shell does something, and tells its end', async (t) => {
  const executions = await tried(t, 'codex', '--dangerously-bypass-hook-trust');
  if (executions) assert.deepEqual([executions.completed, executions.effect_unknown], [1, 0]);
});

test('Gemini CLI asks by its hook before its shell acts, and tells its end', async (t) => {
  const executions = await tried(t, 'gemini');
  if (executions) assert.equal(executions.effect_unknown, 0);
});
