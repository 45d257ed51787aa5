import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  enrolDevice,
  findChromium,
  type McpPeer,
  openListener,
  PASSPHRASE,
  Person,
  SupervisedNode,
  startBrowser,
} from '@ioi/kit';
import type { Browser } from 'playwright-core';

let node: SupervisedNode;
let browser: Browser;
let agent: McpPeer;
let phone: Person;
let here: Person;

before(async () => {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error('no chromium (apt-get install chromium)');
  node = await SupervisedNode.start();
  browser = await startBrowser(chromium);
  agent = await node.connectMcp();
  await openListener(node);
  phone = await enrolDevice(node, browser, 'phone');
});

after(async () => {
  agent.close();
  await browser.close();
  await node.stop();
});

async function waiting(risk: string): Promise<string> {
  const found = await node.waiting(({ contract }) => contract.risk_class === risk);
  return found.request_hash;
}

async function codeOf(request_hash: string): Promise<string> {
  const { body } = await node.guardianApi('POST', '/device/codes', { request_hash });
  const [first] = body['codes'] as { label: string; code: string }[];
  assert.equal(first?.label, 'phone');
  return first.code;
}

function file(name: string): string {
  return join(node.workspace, name);
}

async function setRules(outOfBand: boolean): Promise<void> {
  const one = { factors: 1, out_of_band: false };
  const asked = { low: one, high: { ...one, out_of_band: outOfBand }, rules: [] };
  await sign({ operation: 'approval.rules', asked });
}

/** As the owner does: what is signed is what was reviewed. */
async function sign(wish: { readonly operation: string; readonly asked: object }): Promise<void> {
  const { body: review } = await node.guardianApi('POST', '/governance/review', wish);
  const signing = { ...wish, review_hash: review['review_hash'], passphrase: PASSPHRASE };
  const signed = await node.guardianApi('POST', '/governance/sign', signing);
  assert.equal(signed.status, 200, JSON.stringify(signed.body));
}

test('another device approves high risk with the code that the node shows', async () => {
  writeFileSync(file('a.txt'), 'moved');
  const call = agent.call('move_file', { source: file('a.txt'), destination: file('b.txt') });
  const hash = await waiting('high');
  const card = phone.page.locator('article.high');
  await card.waitFor();
  assert.equal(await phone.page.locator('#enroll').isVisible(), false);
  assert.equal(await phone.page.locator('[type=password]:visible').count(), 0);
  const code = await codeOf(hash);
  const wrong = String((Number(code) + 1) % 100).padStart(2, '0');
  await phone.looks();
  await card.locator('.match').fill(wrong);
  await card.getByRole('button', { name: 'Approve with a passkey' }).click();
  await phone.said(/not the code of this request/);
  await card.locator('.match').fill(code);
  await card.getByRole('button', { name: 'Approve with a passkey' }).click();
  await phone.said(/approve: done/);
  await call;
  assert.ok(existsSync(file('b.txt')));
});

test('what is to be approved out of band is approved there, and not on the page here', async () => {
  await setRules(true);
  writeFileSync(file('c.txt'), 'moved');
  const call = agent.call('move_file', { source: file('c.txt'), destination: file('d.txt') });
  const hash = await waiting('high');
  const code = await codeOf(hash);
  const card = phone.page.locator('article.high');
  await card.locator('.match').fill(code);
  here = await Person.at(browser);
  await here.open(await node.launch());
  await here.makePasskey('laptop', PASSPHRASE);
  // What the phone shows has changed by this, and what stands in its field has not.
  await phone.page.locator('#passkeys').getByText('laptop').waitFor();
  const own = here.page.locator('article.high');
  await own.getByText(`${code} for phone`).waitFor();
  await here.looks();
  await own.getByRole('button', { name: 'Approve with a passkey' }).click();
  await here.said(/1 of 1 signed/);
  assert.equal(existsSync(file('d.txt')), false);
  assert.equal(await card.locator('.match').inputValue(), code);
  await card.getByRole('button', { name: 'Approve with a passkey' }).click();
  await phone.said(/approve: done/);
  await call;
  assert.ok(existsSync(file('d.txt')));
  await setRules(false);
});

test('rules that observe are confirmed on the page here, by a passkey', async () => {
  const rule = { rule_id: 'all', target: 'fs::*', conditions: {}, action: 'ALLOW' };
  const observing = { policy_id: 'watch', mode: 'observe', rules: [rule] };
  const activating = node.activate(JSON.stringify(observing));
  const card = here.page.locator('#step-up article');
  await card.getByText(/It only observes/).waitFor();
  assert.equal(await phone.page.locator('#step-up article').count(), 0);
  await here.page.bringToFront();
  const before = await node.api('GET', '/v1/status');
  assert.doesNotMatch(JSON.stringify(before.body), /"mode":"observe"/);
  await here.looks();
  await card.getByRole('button', { name: 'Confirm with a passkey' }).click();
  await here.said(/confirm: done/);
  assert.equal((await activating).status, 200);
  await card.waitFor({ state: 'detached' });
});

test('a revoked device is shown nothing, and a closed listener answers nobody', async () => {
  const { body } = await node.guardianApi('GET', '/approvers');
  const factors = body['factors'] as { factor_id: string; label: string }[];
  const phoneFactor = factors.find(({ label }) => label === 'phone');
  await sign({ operation: 'factor.revoke', asked: { factor_id: phoneFactor?.factor_id } });
  await phone.page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
  await phone.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await phone.said(/approves nothing here/);
  const stopped = await node.guardianApi('POST', '/listener/stop', {});
  assert.deepEqual(stopped.body, { open: false });
  await phone.said(/fetch|network/i);
});
