import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { type Agent, connectAgent } from '../../demo/agent.ts';
import type { Ran } from '../../testing/run-ioi.ts';
import { IOI, killedAfter } from '../../testing/run-ioi.ts';
import { TestNode } from '../../testing/test-node.ts';

type Row = Readonly<Record<string, unknown>>;

const node = new TestNode();
let agent: Agent;

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8')) as { rules: Row[] };
  const rules = policy.rules.map((rule) =>
    rule['action'] === 'ALLOW' ? { ...rule, conditions: limited(rule['conditions']) } : rule,
  );
  writeFileSync(node.home.policy, JSON.stringify({ ...policy, rules }));
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  agent = await connectAgent(node.home);
  await agent.call('list_directory', { path: node.workspace });
  await agent.call('read_text_file', { path: join(node.workspace, '.env') });
  void agent.call('write_file', { path: join(node.workspace, 'notes.txt'), content: 'new' });
  const approved = await owned('approve', (await node.waiting()).request_hash);
  assert.equal(approved.code, 0, approved.stderr);
  const issue = ['wallet', 'session', 'issue', 'agent://me/board', '--read', 'audit'];
  assert.equal((await owned(...issue)).code, 0);
});

after(async () => {
  await agent.close();
  await node.close();
});

const limited = (conditions: unknown): object => ({
  ...(conditions as object),
  rate_limit: '1000/hour',
});

function owned(...args: string[]): Promise<Ran> {
  return node.ioi(...args, '--passphrase-file', node.passphraseFile);
}

async function audit(...args: string[]): Promise<Row[]> {
  const { code, stdout, stderr } = await node.ioi('wallet', 'audit', '--json', ...args);
  assert.equal(code, 0, stderr);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]));
}

const kindsOf = (rows: readonly Row[]): string[] =>
  [...new Set(rows.map(({ kind }) => String(kind)))].sort();

test('every use of authority is in one feed, with who, what and how much', async () => {
  const rows = await audit();
  const kinds = ['approval', 'decision', 'execution', 'key', 'policy', 'session', 'spend'];
  assert.deepEqual(kindsOf(rows), kinds);
  const seqs = rows.flatMap(({ seq }) => (seq === null ? [] : [Number(seq)]));
  assert.deepEqual(
    seqs,
    seqs.toSorted((left, right) => left - right),
  );
  const approved = rows.find(({ kind }) => kind === 'approval');
  assert.equal(approved?.['result'], 'Approved');
  const used = rows.find(({ result }) => result === 'token used');
  assert.equal(used?.['agent_id'], approved?.['agent_id'], 'a token has the agent it was used for');
  const reserved = rows.find(({ result }) => result === 'reserved');
  assert.ok(Array.isArray(reserved?.['units']) && reserved?.['agent_id'] !== null);
  assert.ok(rows.some(({ result }) => result === 'spent'));
  assert.ok(rows.some(({ result, code }) => result === 'Block' && code !== null));
});

test('what was done with keys of the vault is in the feed, in its place of time', async () => {
  assert.equal((await node.ioi('wallet', 'lock')).code, 0);
  await agent.call('list_directory', { path: node.workspace });
  assert.equal((await owned('wallet', 'unlock')).code, 0);
  const rows = await audit();
  const times = rows.map(({ chain_time: time }) => Number(time));
  assert.deepEqual(
    times,
    times.toSorted((left, right) => left - right),
  );
  const [locked, unlocked] = ['locked', 'unlocked'].map((act) =>
    rows.findLastIndex(({ kind, result, seq }) => {
      return kind === 'key' && result === act && seq === null;
    }),
  );
  const between = rows.slice(locked, unlocked).map(({ kind }) => kind);
  assert.ok(locked !== -1 && between.includes('execution'), between.join());
});

test('the feed is narrowed, printed and told as a table', async () => {
  const rows = await audit();
  const blocked = rows.find(({ result }) => result === 'Block');
  const ofAgent = await audit('--agent', String(blocked?.['agent_id']), '--kind', 'spend');
  assert.ok(ofAgent.length > 0 && kindsOf(ofAgent).join() === 'spend');
  assert.deepEqual(await audit('--agent', 'agent://nobody/here'), []);
  assert.deepEqual(await audit('--since', '2099-01-01T00:00:00Z'), []);
  assert.equal((await audit('--since', '1d')).length, rows.length);
  const csv = await node.ioi('wallet', 'audit', '--csv');
  assert.equal(csv.stdout.split('\r\n').length, rows.length + 2);
  assert.match(csv.stdout, /^seq,about,budget,event,chain_time,kind,/);
  const shown = await node.ioi('wallet', 'audit', '--kind', 'approval');
  assert.match(shown.stdout, /^UTC .*\n.* approval .*fs::write.* Approved /);
  const wrong = await node.ioi('wallet', 'audit', '--kind', 'other');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--kind is one of decision,/);
});

test('who follows is told what comes, once', async (t) => {
  const env = { ...process.env, IOI_HOME: node.home.folder };
  const args = [IOI, 'wallet', 'audit', '--json', '--follow', '--kind', 'execution'];
  const following = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  killedAfter(t, following);
  let text = '';
  following.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const lines = (): number => text.split('\n').length - 1;
  const before = (await audit('--kind', 'execution')).length;
  await until('what was is told', () => lines() >= before);
  await agent.call('list_directory', { path: node.workspace });
  await until('what came is told', () => lines() > before);
  following.kill('SIGKILL');
  await once(following, 'exit');
  const seqs = text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as Row)['seq']);
  assert.equal(new Set(seqs).size, seqs.length);
  assert.equal(seqs.length, before + 1);
});
