import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { IOI } from '../testing/run-ioi.ts';
import { PASSPHRASE, TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const report = join(node.workspace, 'report.txt');
const agents: Session[] = [];

/** In place of an answer, once the node has closed the connection. */
const ENDED = 'ended';

/** What an MCP client does with `ioi mcp`, line by line. */
class Session {
  readonly #bridge: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #last = 0;

  constructor(...args: string[]) {
    this.#bridge = spawn(process.execPath, [IOI, 'mcp', ...args], {
      env: { IOI_HOME: node.home.folder },
    });
    // The node may close the connection while we still write.
    this.#bridge.stdin.on('error', () => {});
    this.#answers = createInterface({ input: this.#bridge.stdout })[Symbol.asyncIterator]();
    agents.push(this);
  }

  async call(name: string, args: object): Promise<string> {
    if (this.#last === 0) {
      const clientInfo = { name: 'test', version: '1' };
      const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
      await this.#request('initialize', params);
    }
    return this.#request('tools/call', { name, arguments: args });
  }

  async #request(method: string, params: object): Promise<string> {
    this.#last += 1;
    this.send(JSON.stringify({ jsonrpc: '2.0', id: this.#last, method, params }));
    const { value, done } = await this.#answers.next();
    return done === true ? ENDED : String(value);
  }

  send(line: string): void {
    this.#bridge.stdin.write(`${line}\n`);
  }

  end(): void {
    this.#bridge.stdin.end();
  }
}

before(async () => {
  assert.equal((await node.init()).code, 0);
  const config = JSON.parse(readFileSync(node.home.nodeConfig, 'utf8'));
  config.intents = ['fs.read', 'net.request'].map((primitive) => ({
    intent_class: primitive.replace('.', '_'),
    primitive_capabilities: [`prim:${primitive}`],
    authority_scopes: [],
    retrieval_affordances: ['document'],
  }));
  writeFileSync(node.home.nodeConfig, JSON.stringify(config));
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  const file = join(node.folder, 'asked.json');
  const read = { rule_id: 'read', target: 'fs::read', conditions: {}, action: 'ALLOW' };
  const write = {
    rule_id: 'write_as_asked',
    target: 'fs::write',
    conditions: { allow_origins: ['user'] },
    action: 'ALLOW',
  };
  writeFileSync(file, JSON.stringify({ policy_id: 'asked', rules: [read, write] }));
  writeFileSync(join(node.folder, 'passphrase'), PASSPHRASE);
  const passphrase = ['--passphrase-file', node.passphraseFile];
  const activated = await node.ioi('policy', 'activate', file, ...passphrase);
  assert.equal(activated.code, 0, activated.stderr);
});

after(async () => {
  for (const agent of agents) agent.end();
  await node.close();
});

test('what a person asks for in words is allowed, and the same is not without them', async () => {
  const other = join(node.workspace, 'other.txt');
  const asked = new Session('--objective', `Write the result to ${report}`);
  const refused = await asked.call('write_file', { path: other, content: 'x' });
  assert.match(refused, /policy\.default_deny/);
  assert.equal(existsSync(other), false);
  const written = await asked.call('write_file', { path: report, content: 'done' });
  assert.doesNotMatch(written, /isError":true/);
  assert.ok(existsSync(report));
  const silent = await new Session().call('write_file', { path: report, content: 'again' });
  assert.match(silent, /policy\.default_deny/);
  const [receipt = ''] = /receipt_[0-9a-f]+/.exec(silent) ?? [];
  const why = await node.ioi('why', receipt);
  assert.match(why.stdout, /allow_origins/);
});

test('an agent cannot say itself what was asked of it', async () => {
  const posing = new Session();
  posing.send(JSON.stringify({ ioi_ticket: 'ab'.repeat(24) }));
  assert.equal(await posing.call('write_file', { path: report, content: 'x' }), ENDED);
  await assert.rejects(node.daemon.openSession(' '), /objective is what the session is for/);
});

test('an objective is read from a file that is there, or begins with an @ of its own', async () => {
  writeFileSync(join(node.folder, 'task.txt'), `Write to ${report}`);
  const from = new Session('--objective', `@${join(node.folder, 'task.txt')}`);
  const written = await from.call('write_file', { path: report, content: 'from a file' });
  assert.doesNotMatch(written, /isError":true/);
  const literal = new Session('--objective', `@@ann: write to ${report}`);
  const asked = await literal.call('write_file', { path: report, content: 'as told' });
  assert.doesNotMatch(asked, /isError":true/);
  const missing = await node.ioi('mcp', '--objective', '@/nowhere/task.txt');
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /objective cannot be read.*nowhere/);
});

test('an intent is served by one tool, or refused by the name of what is missing', async () => {
  const listed = await node.ioi('intents');
  assert.match(listed.stdout, /^fs_read: prim:fs\.read$/m);
  const route = await node.ioi('resolve', 'fs_read:9', 'net_request:3', '--evidence', 'document');
  assert.equal(route.code, 0, route.stderr);
  assert.match(route.stdout, /^fs_read: prim:fs\.read: filesystem read_file\n {2}target fs::read/);
  for (const [args, said] of [
    [['net_request:9', 'fs_read:3'], /IntentInfeasible/],
    [['fs_read:3', 'net_request:3'], /ResolverContractViolation/],
    [['fs_read', '--evidence', 'google_news'], /ResolverContractViolation/],
    [['Fs Read'], /NAME:SCORE/],
  ] as const) {
    const refused = await node.ioi('resolve', ...args);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, said);
  }
});

test('contracts and a policy are drafted from what a server lists', async () => {
  const contracts = await node.ioi('contract', '--server', 'filesystem', '--json');
  assert.equal(contracts.code, 0, contracts.stderr);
  assert.equal(JSON.parse(contracts.stdout).contracts.length, 14);
  const drafted = await node.ioi('policy', 'draft', 'filesystem');
  assert.equal(drafted.code, 0, drafted.stderr);
  const file = join(node.folder, 'drafted.json');
  writeFileSync(file, drafted.stdout);
  assert.equal((await node.ioi('policy', 'check', file)).code, 0);
  const neither = await node.ioi('contract');
  assert.equal(neither.code, 2);
  assert.match(neither.stderr, /--server NAME/);
  const unknown = await node.ioi('policy', 'draft', 'nowhere');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /no server nowhere is mounted; there are: filesystem/);
});
