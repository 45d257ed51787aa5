import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { until } from '@ioi/basis/testing';
import { testCertificate } from '@ioi/law/testing';
import type { ActionRules } from '@ioi/protocol';
import type { Approvers } from '../core/approver-view.ts';
import { RunningIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
});

after(() => node.close());

test('who approves, and how many it takes, is told and set', async () => {
  const none = await node.ioi('approver', 'list');
  assert.match(none.stdout, /no passkeys: the passphrase approves/);
  const rules = ['--high', '2', '--rule', 'ask_payment=3,oob', '--out-of-band', 'high'];
  const set = await node.ioi('approver', 'rules', ...rules, ...withPassphrase, '--json');
  assert.equal(set.code, 0, set.stderr);
  const told = JSON.parse((await node.ioi('approver', 'list', '--json')).stdout) as Approvers;
  assert.deepEqual(told.rules, {
    low: { factors: 1, out_of_band: false },
    high: { factors: 2, out_of_band: true },
    rules: [{ rule_id: 'ask_payment', quorum: { factors: 3, out_of_band: true } }],
  });
  const bad = await node.ioi('approver', 'rules', '--high', '0', ...withPassphrase);
  assert.match(bad.stderr, /from 1 to 8 approvers/);
  const unknown = await node.ioi('approver', 'remove', 'abcd', ...withPassphrase);
  assert.notEqual(unknown.code, 0);
});

test('the owner goes on activating policies, whatever approvals take', async () => {
  assert.equal((await node.activate()).code, 0);
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8')) as ActionRules;
  const [rule] = policy.rules.filter(({ rule_id }) => rule_id === 'ask_before_moving');
  const rules = policy.rules.map((each) => (each === rule ? { ...each, action: 'ALLOW' } : each));
  const wider = join(node.folder, 'wider.json');
  writeFileSync(wider, JSON.stringify({ ...policy, rules }));
  const activated = await node.ioi('policy', 'activate', wider, ...withPassphrase, '--json');
  assert.equal(activated.code, 0, activated.stderr);
  assert.equal(JSON.parse(activated.stdout).widening, 'wider');
});

test('the way in to the page is printed where no browser is wanted', async () => {
  const opened = await node.ioi('inbox', '--open', '--no-browser', '--json');
  const { url } = JSON.parse(opened.stdout) as { url: string };
  assert.match(url, /^http:\/\/localhost:[0-9]+\/#launch=[A-Za-z0-9_-]{43}$/);
});

test('other devices reach the page only while its owner has it open', async () => {
  const closed = await node.ioi('approver', 'listen');
  assert.match(closed.stdout, /closed/);
  const none = await node.ioi('approver', 'add', '--device', 'phone');
  assert.match(none.stderr, /listener\.closed|other devices reach nothing/);
  const { cert, key } = testCertificate('approve.example.org');
  const files = ['--cert', join(node.folder, 'cert.pem'), '--key', join(node.folder, 'key.pem')];
  writeFileSync(join(node.folder, 'cert.pem'), cert);
  writeFileSync(join(node.folder, 'key.pem'), key);
  const place = ['--name', 'approve.example.org', '--port', '28443', '--address', '127.0.0.1'];
  const listen = ['approver', 'listen', ...place, ...files, ...withPassphrase];
  const open = await node.ioi(...listen, '--json');
  assert.equal(open.code, 0, open.stderr);
  assert.equal(JSON.parse(open.stdout).url, 'https://approve.example.org:28443');
  assert.match((await node.ioi('status')).stdout, /devices +https:\/\/approve\.example\.org:28443/);
  const link = await node.ioi('approver', 'add', '--device', 'phone', '--json');
  assert.match(JSON.parse(link.stdout).url, /^https:\/\/approve\.example\.org:28443\/#launch=/);
  const code = await node.ioi('approver', 'confirm', '000000', ...withPassphrase);
  assert.match(code.stderr, /no device shows this code/);
  const stopped = await node.ioi('approver', 'listen', '--stop', '--json');
  assert.deepEqual(JSON.parse(stopped.stdout), { open: false });
});

const NAME = 'laptop.relay.example.org';

async function relayAt(t: TestContext, listen: string): Promise<[RunningIoi, string]> {
  const data = join(node.folder, 'relay');
  const serve = ['relay', 'serve', '--data', data, '--listen', listen, '--json'];
  const relay = new RunningIoi(t, serve, {});
  await until('the relay listens', () => relay.stdout.includes('}'));
  return [relay, JSON.parse(relay.stdout).address];
}

async function standsAt(state: string): Promise<void> {
  await until(`the node is ${state}`, async () => {
    return (await node.guardian.listener()).relay?.state === state;
  });
}

/** As a browser there: by the name, and only if what answers has the key of our certificate. */
async function pageThrough(relay: string, cert: string): Promise<string> {
  const port = Number(relay.split(':')[1]);
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', servername: NAME, ca: cert });
  const typed = ['site: none', 'mode: navigate', 'dest: document'].map(
    (each) => `sec-fetch-${each}`,
  );
  const lines = ['GET / HTTP/1.1', `host: ${NAME}:${port}`, 'connection: close', ...typed];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return text(socket);
}

test('approvers reach the page over a relay that comes and goes and cannot be it', async (t) => {
  const data = ['--data', join(node.folder, 'relay')];
  const [first, address] = await relayAt(t, '127.0.0.1:0');
  const joined = await node.ioi('relay', 'join', address, '--name', NAME, '--json');
  assert.equal(joined.code, 0, joined.stderr);
  const { cert, key } = testCertificate(NAME);
  writeFileSync(join(node.folder, 'relay-cert.pem'), cert);
  writeFileSync(join(node.folder, 'relay-key.pem'), key);
  const files = ['cert', 'key'].flatMap((n) => [`--${n}`, join(node.folder, `relay-${n}.pem`)]);
  const open = await node.ioi(
    'approver',
    'listen',
    '--relay',
    ...files,
    ...withPassphrase,
    '--json',
  );
  assert.equal(open.code, 0, open.stderr);
  assert.equal(JSON.parse(open.stdout).url, `https://${NAME}:${address.split(':')[1]}`);
  const unknown = await until('the relay refuses whom it does not know', async () => {
    return (await node.guardian.listener()).relay?.code === 'relay.not_added';
  });
  assert.ok(unknown);
  await assert.rejects(pageThrough(address, cert), /unrecognized name/i);
  const added = await node.ioi('relay', 'add', NAME, JSON.parse(joined.stdout).key_id, ...data);
  assert.equal(added.code, 0, added.stderr);
  await standsAt('linked');
  assert.match(await pageThrough(address, cert), /^HTTP\/1\.1 200 .*<title>/s);
  await assert.rejects(pageThrough(address, testCertificate(NAME).cert), /certificate/);
  assert.match((await node.ioi('status')).stdout, /devices +https:.*, linked at the relay/);
  await first.stop('SIGKILL');
  await standsAt('away');
  assert.match((await node.ioi('doctor')).stdout, /away at the relay .*relay\.unreachable/);
  await relayAt(t, address);
  await standsAt('linked');
  assert.match(await pageThrough(address, cert), /^HTTP\/1\.1 200 /);
  assert.equal((await node.ioi('relay', 'leave')).code, 0);
  assert.deepEqual(await node.guardian.listener(), { open: false });
  await assert.rejects(pageThrough(address, cert), /unrecognized name/i);
});
