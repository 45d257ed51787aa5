import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { TestPasskey } from '@ioi/law/testing';
import { GovernanceApi } from '../shell/governance-api.ts';
import { findSockets } from '../shell/home.ts';
import { NodeWithAgent } from '../testing/node-with-agent.ts';
import { PageVisitor } from '../testing/page-visitor.ts';
import { runIoi } from '../testing/run-ioi.ts';
import { PASSPHRASE } from '../testing/test-node.ts';

const own = new NodeWithAgent();
const { node } = own;
const withPassphrase = ['--passphrase-file', node.passphraseFile];
const said = async (...args: string[]): Promise<string> => (await node.ioi(...args)).stdout;

test('a pause lets pass until its end, says so everywhere, and is over by itself', async () => {
  for (const span of ['9h', 'soon']) {
    const refused = await node.ioi('pause', '--for', span, ...withPassphrase);
    assert.match(refused.stderr, /at most 8h/);
  }
  const unsigned = await node.ioi('pause', '--for', '1h', '--no-input');
  assert.notEqual(unsigned.code, 0);
  const paused = await node.ioi('pause', '--for', '1h', ...withPassphrase);
  assert.equal(paused.code, 0, paused.stderr);
  assert.match(paused.stderr, /OBSERVING until 20/);
  assert.match(paused.stderr, /counts as widening/);
  assert.match(await said('status'), /policy +OBSERVING until 20[^,]*, only BLOCK rules hold/);
  assert.match((await node.ioi('inbox')).stderr, /OBSERVING until 20/);
  assert.match(await said('policy', 'show'), /OBSERVING until 20/);
  const made = (name: string): string => join(node.workspace, name);
  const move = (source: string, destination: string) =>
    own.agent.call('move_file', { source: made(source), destination: made(destination) });
  await move('notes.txt', 'moved.txt');
  assert(existsSync(made('moved.txt')));
  const blocked = await own.agent.call('read_text_file', { path: made('.env') });
  assert.equal(blocked.code, 'policy.blocked');
  assert.match(await said('log', '-n', '20', '--plain'), /, observes until 20/);
  const resumed = await node.ioi('resume', ...withPassphrase);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /This tightens: no approval needed/);
  const short = await node.ioi('pause', '--for', '3s', ...withPassphrase);
  assert.equal(short.code, 0, short.stderr);
  await until('the pause is over', async () => !/OBSERVING/.test(await said('status')));
  const outside = await own.agent.call('create_directory', { path: '/etc/ioi-never' });
  assert.notEqual(outside.code, undefined);
  assert.ok(!existsSync('/etc/ioi-never'));
  const file = join(node.folder, 'log.ioi');
  assert.equal((await node.ioi('export', '--out', file)).code, 0);
  const verified = await runIoi(['verify', file], { env: { IOI_HOME: join(node.folder, 'no') } });
  assert.equal(verified.code, 0, verified.stdout);
});

/** Enrolled by the owner, for the page of this machine. */
async function enrolled(page: PageVisitor): Promise<TestPasskey> {
  const passkey = new TestPasskey('ed25519', page.origin);
  const governance = new GovernanceApi(findSockets(node.home));
  const wish = { operation: 'factor.enroll', asked: { factor: passkey.factor() } };
  await governance.sign(wish, (await governance.review(wish)).review_hash, PASSPHRASE);
  return passkey;
}

test('with a passkey a pause waits for it on the page, and says how that ended', async () => {
  const { url } = JSON.parse(await said('inbox', '--open', '--no-browser', '--json'));
  const page = await PageVisitor.open(url);
  const passkey = await enrolled(page);
  const shown = () =>
    until('it is shown', async () => {
      const { step_up } = (await page.ask('/api/inbox')).body;
      return step_up as { request_hash: string; warnings: string[] } | undefined;
    });
  const leaving = node.ioi('pause', '--for', '1h', ...withPassphrase);
  const { request_hash: left } = await shown();
  await page.ask('/api/step-up/leave', { request_hash: left });
  const ended = await leaving;
  assert.equal(ended.code, 3, ended.stderr);
  assert.match(ended.stderr, /a passkey has to confirm it .*ioi inbox --open/);
  assert.match(ended.stderr, /it was left on the page: nothing changed/);
  const pausing = node.ioi('pause', '--for', '1h', ...withPassphrase);
  const { request_hash, warnings } = await shown();
  assert.match(String(warnings), /only observes/);
  assert.doesNotMatch(await said('status'), /OBSERVING/);
  const { body } = await page.ask('/api/step-up/challenge', { request_hash });
  const made = passkey.assert(passkey.factorId, { challenge: String(body['challenge']) });
  const { credential_id } = passkey.factor();
  const confirmed = { request_hash, assertion: { ...made, credential_id } };
  assert.equal((await page.ask('/api/step-up/confirm', confirmed)).status, 200);
  const paused = await pausing;
  assert.equal(paused.code, 0, paused.stderr);
  assert.match(await said('status'), /OBSERVING until/);
  assert.match(await said('log', '-n', '5', '--plain'), /, confirmed by a passkey/);
  assert.equal((await node.ioi('resume', ...withPassphrase)).code, 0);
});
