import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { canonicalJson } from '@ioi/canon';
import { mailPolicy } from '@ioi/law/testing';
import { type Agent, connectAgent } from '../demo/agent.ts';
import { addMailServer } from '../testing/mail-server.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];
let agent: Agent;
let log: string;

before(async () => {
  assert.equal((await node.init()).code, 0);
  log = addMailServer(node);
  writeFileSync(node.home.policy, JSON.stringify(mailPolicy));
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  agent = await connectAgent(node.home);
});

after(async () => {
  await agent?.close();
  await node.close();
});

function sent(): string[] {
  const lines = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line).body);
}

/** Files of the node, journals included, in which a text stands. */
function filesWith(text: string): string[] {
  const names = readdirSync(node.home.folder, { recursive: true }) as string[];
  const paths = names.map((name) => join(node.home.folder, name));
  return paths.filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

test('a tool gets what the policy leaves of a text, and nothing that it denies', async () => {
  const clean = await agent.call('send', { body: 'see you at nine' });
  assert.equal(clean.isError, false);
  const mailed = await agent.call('send', { body: 'write to anna@example.com, please' });
  assert.equal(mailed.isError, false);
  const denied = await agent.call('send', { body: 'card 4111 1111 1111 1111' });
  assert.deepEqual([denied.isError, denied.code], [true, 'egress.denied']);
  const elsewhere = await agent.call('send', { body: 'hi', to: '4111-1111-1111-1111' });
  assert.equal(elsewhere.code, 'egress.denied');
  assert.deepEqual(sent(), ['see you at nine', 'write to [redacted:email:1], please']);
  for (const raw of ['anna@example.com', '4111 1111 1111 1111', '4111-1111-1111-1111']) {
    assert.deepEqual(filesWith(raw), []);
  }
});

test('an owner sees what is done about what leaves, and what a change takes away', async () => {
  const shown = await node.ioi('policy', 'show');
  assert.match(shown.stdout, /what leaves +mail::\* .*"deny":\["card_pan"\]/);
  const { egress: _, ...open } = mailPolicy;
  const text = canonicalJson(open);
  assert.ok(text.ok);
  const reviewed = await node.guardian.review(text.value);
  assert.deepEqual(reviewed.added, []);
  assert.match(reviewed.removed.join(), /^egress mail::\* /);
});

test('what has to be looked at waits for a person, and goes out as it was shown', async () => {
  const call = agent.call('send', { body: 'pay DE89370400440532013000' });
  const item = await node.waiting();
  const id = item.request_hash;
  const approved = await node.ioi('approve', id, ...withPassphrase);
  assert.equal(approved.code, 0, approved.stderr);
  assert.equal((await call).isError, false);
  assert.equal(sent().at(-1), 'pay DE89370400440532013000');
});

test('what was found shows in log, why and export, and the export verifies', async () => {
  const listed = await node.ioi('log', '--json');
  assert.equal(listed.code, 0, listed.stderr);
  const entries = listed.stdout.trim().split('\n');
  const denied = JSON.parse(entries.find((line) => line.includes('egress.denied')) ?? '{}');
  const { receipt } = denied.events[0];
  assert.match((await node.ioi('log')).stdout, /BLOCK .*mail::send .*card_pan/);
  const why = await node.ioi('why', receipt.body.request_hash);
  assert.match(why.stdout, /egress\.denied: decided by what it would send/);
  assert.match(why.stdout, /sends: card_pan; deny/);
  const file = join(node.folder, 'export.jsonl');
  const exported = await node.ioi('export', '--out', file);
  assert.equal(exported.code, 0, exported.stderr);
  const text = readFileSync(file, 'utf8');
  for (const type of ['egress.inspected', 'firewall.intercepted', 'egress.permitted']) {
    assert.ok(text.includes(`"type":"${type}"`), type);
  }
  assert.ok(!text.includes('anna@example.com'));
  const verified = await node.ioi('verify', file);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});

test('what waits to leave finds what was inspected again after a restart', async () => {
  const body = 'ask bob@example.com, pay DE89370400440532013000';
  void agent.call('send', { body }).catch(() => undefined);
  const item = await node.waiting();
  await agent.close();
  assert.equal((await node.ioi('down')).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  const approved = await node.ioi('approve', item.request_hash, ...withPassphrase);
  assert.equal(approved.code, 0, approved.stderr);
  assert.equal(sent().at(-1), 'ask [redacted:email:1], pay DE89370400440532013000');
  agent = await connectAgent(node.home);
  const again = await agent.call('send', { body });
  assert.equal(again.isError, false, 'the same act asked for again is answered, not done twice');
  assert.equal(sent().filter((each) => each.startsWith('ask ')).length, 1);
});
