import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { entries } from '../shell/installation.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const signed = ['--passphrase-file', node.passphraseFile];
const agent = new Client({ name: 'asker', version: '1' });
const QUESTION = 'Which branch is it\u202e to go to?';

/** The starter policy, with a rule that lets agents ask. */
async function letAsk(action: 'ALLOW' | 'BLOCK'): Promise<void> {
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  const rules = policy.rules.filter((rule: { rule_id: string }) => rule.rule_id !== 'questions');
  rules.push({ rule_id: 'questions', target: 'person::ask', conditions: {}, action });
  writeFileSync(node.home.policy, JSON.stringify({ ...policy, rules }));
  assert.equal((await node.activate()).code, 0);
}

const isOffered = async (): Promise<boolean> => {
  const { tools } = await agent.listTools();
  return tools.some(({ name }) => name === 'person.ask');
};

async function asks(given: Readonly<Record<string, unknown>>) {
  const call = agent.callTool({ name: 'person.ask', arguments: { ...given } });
  call.catch(() => {});
  const { request_hash: id } = await node.waiting();
  return { id, call };
}

before(async () => {
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  assert.equal((await node.activate()).code, 0);
  await agent.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [entries.main, 'mcp'],
      env: { IOI_HOME: node.home.folder },
      stderr: 'ignore',
    }),
  );
});

after(async () => {
  await agent.close();
  await node.close();
});

test('agents ask nothing before a rule lets them', async () => {
  assert.equal(await isOffered(), false);
  const refused = await agent.callTool({ name: 'person.ask', arguments: { question: 'May I?' } });
  assert.equal(refused._meta?.['ioi/code'], 'contract.missing');
  assert.deepEqual(await node.guardian.pending(), []);
});

test('a question waits, takes words and not a mere yes, and its words come back', async () => {
  await letAsk('ALLOW');
  await until('it is offered', isOffered);
  const { id, call } = await asks({ question: QUESTION, choices: ['main', 'next'] });
  const listed = await node.ioi('inbox');
  assert.match(listed.stdout, /Which branch is it\\u\{202e\} to go to\?/);
  assert.match(listed.stdout, /next: ioi answer [0-9a-f]{12} WORDS/);
  const bare = await node.ioi('approve', id, ...signed);
  assert.equal(bare.code, 2, bare.stdout);
  assert.match(bare.stderr, /it asks for words/);
  assert.match(bare.stderr, /ioi answer ID WORDS/);
  for (const wrong of [[], ['--choice', '3'], ['--choice', '0'], [' ']]) {
    const refused = await node.ioi('answer', id, ...wrong, ...signed);
    assert.equal(refused.code, 2, `${wrong}: ${refused.stdout}`);
  }
  const answered = await node.ioi('answer', id, '--choice', '2', ...signed, '--json');
  assert.equal(answered.code, 0, answered.stderr);
  const result = await call;
  assert.deepEqual(result.structuredContent, { answer: 'next' });
  assert.notEqual(result.isError, true);
  const own = await asks({ question: 'Why not?' });
  const other = await node.ioi('approve', own.id, '--set', 'question=Why?', ...signed);
  assert.equal(other.code, 2, other.stdout);
  own.id = (await node.waiting()).request_hash;
  assert.equal((await node.ioi('answer', own.id, 'because', 'of', '{"it"}', ...signed)).code, 0);
  const told = await own.call;
  assert.deepEqual(told.structuredContent, { answer: 'because of {"it"}' });
  // Whoever asked is told that it was asked otherwise.
  assert.deepEqual(told._meta?.['ioi/edited'], ['question', 'answer']);
});

test('what is no question is refused, and a no is told as one', async () => {
  for (const given of [{}, { question: 'q', answer: 'mine' }, { question: 'x'.repeat(5000) }]) {
    const refused = await agent.callTool({ name: 'person.ask', arguments: given });
    assert.equal(
      refused._meta?.['ioi/code'],
      'contract.arguments_invalid',
      JSON.stringify(refused),
    );
  }
  const { id, call } = await asks({ question: 'May I ask?' });
  assert.equal((await node.ioi('deny', id, '--reason', 'find out yourself', ...signed)).code, 0);
  assert.equal((await call)._meta?.['ioi/code'], 'approval.denied');
  const stray = await node.ioi('answer', id, 'late', ...signed);
  assert.match(stray.stderr, /nothing waits under|no request/);
  await letAsk('BLOCK');
  await until('it is offered no more', async () => !(await isOffered()));
});
