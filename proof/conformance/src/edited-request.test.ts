import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import {
  findChromium,
  type McpPeer,
  PASSPHRASE,
  Person,
  SupervisedNode,
  startBrowser,
  type Waiting,
} from '@ioi/kit';
import type { Browser } from 'playwright-core';

let node: SupervisedNode;
let agent: McpPeer;
let browser: Browser | undefined;

before(async () => {
  node = await SupervisedNode.start();
  agent = await node.connectMcp();
});

after(async () => {
  await browser?.close();
  agent.close();
  await node.stop();
});

function waiting(path: string): Promise<Waiting> {
  return node.waiting(({ request }) => request.params['path'] === path);
}

function file(name: string): string {
  return join(node.workspace, name);
}

function edit(request_hash: string, path: string[], value: unknown, passphrase = PASSPHRASE) {
  const body = { request_hash, changes: [{ path, value }], passphrase };
  return node.guardianApi('POST', '/edit', body);
}

test('an agent gets the result of what a person edited, and is told so', async () => {
  const content = 'a long text, '.repeat(400);
  const call = agent.call('write_file', { path: file('a.txt'), content });
  const old = await waiting(file('a.txt'));
  const edited = await edit(old.request_hash, ['path'], file('b.txt'));
  assert.equal(edited.status, 200, JSON.stringify(edited.body));
  assert.equal(edited.body['verdict'], 'PendingApproval');
  const fresh = await waiting(file('b.txt'));
  assert.equal(fresh.request_hash, edited.body['request_hash']);
  const late = { request_hash: old.request_hash, passphrase: PASSPHRASE };
  assert.equal((await node.guardianApi('POST', '/approve', late)).status, 409);
  const approving = { request_hash: fresh.request_hash, passphrase: PASSPHRASE };
  const approved = await node.guardianApi('POST', '/approve', approving);
  const token = approved.body['token'] as { request_hash: string };
  assert.equal(token.request_hash, fresh.request_hash);
  const told = JSON.stringify(await call);
  assert.match(told, /A person edited this call \(path\)/);
  assert.match(told, /"ioi\/edited":\["path"\]/);
  assert.equal(readFileSync(file('b.txt'), 'utf8'), content);
  assert.equal(existsSync(file('a.txt')), false);
  const shown = await node.api('GET', `/v1/show/${old.request_hash}`);
  assert.match(JSON.stringify(shown.body), new RegExp(`"replaced_by":"${fresh.request_hash}"`));
});

test('an edit that makes no sense is refused by name, and what was edited waits on', async () => {
  const call = agent.call('write_file', { path: file('c.txt'), content: 'x' });
  const { request_hash } = await waiting(file('c.txt'));
  const refused: [string, string[], unknown][] = [
    ['edit.no_such_value', ['nothing'], 'x'],
    ['edit.no_such_value', ['path', 'deep'], 'x'],
    ['contract.arguments_invalid', ['content'], { not: 'a text' }],
  ];
  for (const [code, path, value] of refused) {
    const { status, body } = await edit(request_hash, path, value);
    assert.deepEqual([status, body['code']], [409, code], JSON.stringify(body));
  }
  const wrong = await edit(request_hash, ['path'], file('d.txt'), 'a guess');
  assert.equal(wrong.status, 409);
  assert.equal((await waiting(file('c.txt'))).request_hash, request_hash);
  const denying = { request_hash, passphrase: PASSPHRASE };
  assert.equal((await node.guardianApi('POST', '/deny', denying)).status, 200);
  assert.match(JSON.stringify(await call), /approval\.denied/);
});

test('a request that lost its caller is edited, and asked again it gives that result', async () => {
  const other = await node.connectMcp();
  const asked = { path: file('e.txt'), content: 'kept' };
  other.call('write_file', asked).catch(() => {});
  const old = await waiting(file('e.txt'));
  other.close();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const edited = await edit(old.request_hash, ['content'], 'as a person wants it');
  assert.equal(edited.status, 200, JSON.stringify(edited.body));
  const approving = { request_hash: edited.body['request_hash'], passphrase: PASSPHRASE };
  assert.equal((await node.guardianApi('POST', '/approve', approving)).status, 200);
  const written = () => existsSync(file('e.txt')) && readFileSync(file('e.txt'), 'utf8');
  await until('it is written', () => written() === 'as a person wants it');
});

test('on the page a person edits, and approves what it became', async () => {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error('no chromium (apt-get install chromium)');
  browser = await startBrowser(chromium);
  const owner = await Person.at(browser);
  await owner.open(await node.launch());
  writeFileSync(file('f.txt'), 'as it was');
  const call = agent.call('write_file', { path: file('f.txt'), content: 'of the agent' });
  await waiting(file('f.txt'));
  const card = owner.page.locator('article');
  await card.getByLabel('Passphrase of the owner').fill(PASSPHRASE);
  await card.getByRole('button', { name: 'Edit' }).click();
  const text = card.getByLabel('Parameters, as JSON');
  const params = JSON.parse(await text.inputValue()) as Record<string, unknown>;
  await text.fill(JSON.stringify({ ...params, content: 'of the person' }));
  await owner.looks();
  await card.getByRole('button', { name: 'Ask for this instead' }).click();
  await owner.said(/edit: done/);
  await owner.page.getByText('of the person').waitFor();
  await owner.looks();
  await card.getByLabel('Passphrase of the owner').fill(PASSPHRASE);
  await card.getByRole('button', { name: 'Approve with the passphrase' }).click();
  await owner.said(/approve: done/);
  assert.match(JSON.stringify(await call), /ioi\/edited/);
  assert.equal(readFileSync(file('f.txt'), 'utf8'), 'of the person');
});

test('on the page a person gives what waits another hour', async () => {
  assert.ok(browser);
  const owner = await Person.at(browser);
  await owner.open(await node.launch());
  const call = agent.call('write_file', { path: file('g.txt'), content: 'x' });
  const { request_hash, expires } = await waiting(file('g.txt'));
  const card = owner.page.locator('article');
  await card.getByLabel('Passphrase of the owner').fill(PASSPHRASE);
  await owner.looks();
  await card.getByRole('button', { name: 'One more hour' }).click();
  await owner.said(/more time: done/);
  const later = await waiting(file('g.txt'));
  assert.equal(BigInt(later.expires), BigInt(expires) + 3_600_000n);
  await node.guardianApi('POST', '/deny', { request_hash, passphrase: PASSPHRASE });
  assert.match(JSON.stringify(await call), /approval\.denied/);
});
