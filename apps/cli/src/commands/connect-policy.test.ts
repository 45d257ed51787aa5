import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectAgent } from '../demo/agent.ts';
import { type Ran, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const person = join(node.folder, 'person');
const cursor = join(person, '.cursor/mcp.json');
const codex = join(person, '.codex/config.toml');
const signed = ['--passphrase-file', node.passphraseFile];
const begun = join(node.home.folder, 'connections/policy.json');

function ioi(...args: readonly string[]): Promise<Ran> {
  return runIoi(args, { env: { IOI_HOME: node.home.folder, HOME: person, PATH: '/nowhere' } });
}

async function status() {
  return JSON.parse((await ioi('status', '--json')).stdout);
}

before(async () => {
  for (const path of [cursor, codex]) mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(cursor, '{}\n');
  writeFileSync(codex, 'model = "m"\n');
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
});

after(() => node.close());

test('without a policy it is shown what it would begin with, and nothing is signed', async () => {
  const dry = await ioi('connect', '--all', '--dry-run');
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stderr, /^policy coding-agent, \d+ rules$/m);
  assert.match(dry.stderr, /It only observes: /);
  const unsigned = await ioi('connect', 'cursor', '--json');
  assert.deepEqual(JSON.parse(unsigned.stdout).policy, { state: 'none' });
  const declined = await ioi('connect', 'cursor', '--no-policy', ...signed);
  assert.match(declined.stderr, /no policy is active, so all is denied/);
  assert.equal((await status()).policy, undefined);
  assert.ok(!existsSync(begun));
});

test('a wrong passphrase begins nothing, and all stays denied', async () => {
  const wrong = join(node.folder, 'wrong');
  writeFileSync(wrong, 'not the passphrase\n', { mode: 0o600 });
  assert.equal((await ioi('connect', 'cursor', '--passphrase-file', wrong)).code, 3);
  assert.equal((await status()).policy, undefined);
});

test('connected, it observes: credentials stay hidden, the rest is done and recorded', async () => {
  const ran = await ioi('connect', '--all', ...signed);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /^OBSERVING under coding-agent: only BLOCK rules hold/m);
  assert.equal((await status()).policy.mode, 'observe');
  writeFileSync(join(node.workspace, '.env'), 'KEY=1\n');
  const agent = await connectAgent(node.home);
  const hidden = await agent.call('read_text_file', { path: join(node.workspace, '.env') });
  assert.equal(hidden.code, 'policy.blocked');
  const system = await agent.call('write_file', { path: '/etc/ioi-never', content: 'x' });
  assert.equal(system.code, 'policy.blocked');
  const path = join(node.workspace, 'Makefile');
  const asked = await agent.call('write_file', { path, content: 'all:\n' });
  assert.equal(asked.code, undefined);
  await agent.close();
  assert.match((await ioi('log', '--plain')).stdout, /\twould REQUIRE_APPROVAL\t/);
});

test('the last agent put back denies all again, and connecting begins anew', async () => {
  const first = await ioi('connect', 'cursor', '--undo', ...signed);
  assert.equal(first.code, 0, first.stderr);
  assert.equal((await status()).policy.mode, 'observe');
  const unsigned = await ioi('connect', 'codex', '--undo');
  assert.match(unsigned.stderr, /nobody can sign here: the policy that was begun with stays/);
  assert.equal(readFileSync(codex, 'utf8'), 'model = "m"\n');
  const last = await ioi('connect', '--all', '--undo', '--json', ...signed);
  assert.equal(JSON.parse(last.stdout).policy.state, 'taken_back', last.stderr);
  const { policy } = await status();
  assert.deepEqual([policy.policy_id, policy.mode], ['nothing', undefined]);
  assert.ok(!existsSync(begun));
  const again = await ioi('connect', 'cursor', '--json', ...signed);
  assert.equal(JSON.parse(again.stdout).policy.state, 'observing', again.stderr);
});

test('a policy that somebody activated stays, connected and put back', async () => {
  assert.equal((await ioi('policy', 'enforce', ...signed)).code, 0);
  const { policy_hash } = (await status()).policy;
  const kept = JSON.parse((await ioi('connect', 'codex', '--json', ...signed)).stdout).policy;
  assert.deepEqual(kept, { state: 'kept', policy_id: 'coding-agent', policy_hash });
  const undone = await ioi('connect', '--all', '--undo', '--json', ...signed);
  assert.equal(JSON.parse(undone.stdout).policy.state, 'changed_since');
  assert.equal((await status()).policy.policy_hash, policy_hash);
});
