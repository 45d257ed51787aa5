import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { mailPolicy } from '@ioi/law/testing';
import { type Agent, connectAgent } from '../../demo/agent.ts';
import { addMailServer } from '../../testing/mail-server.ts';
import { TestNode } from '../../testing/test-node.ts';

const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];
let agent: Agent;
let log: string;

before(async () => {
  assert.equal((await node.init()).code, 0);
  log = addMailServer(node, ['scope:gmail.send']);
  const { egress: _, ...policy } = mailPolicy;
  writeFileSync(node.home.policy, JSON.stringify(policy));
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  assert.equal((await node.activate()).code, 0);
  agent = await connectAgent(node.home);
});

after(async () => {
  await agent.close();
  await node.close();
});

async function said(...args: string[]): Promise<Record<string, unknown>> {
  const ran = await node.ioi(...args, '--json');
  assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

const owner = (...args: string[]) => said(...args, ...withPassphrase);

const sent = (): string => readFileSync(log, 'utf8');
const send = (body: string) => agent.call('send', { body });

type Request = { readonly authority_request_id: string; readonly subject_id: string };

/** The request of the act that waits, once there is one. */
function asked(): Promise<Request> {
  return until('something is asked for', async () => {
    const { requests } = (await said('wallet', 'requests')) as { requests: Request[] };
    return requests[0];
  });
}

test('an act that lacks its scope waits in the inbox, and goes on when it is granted', async () => {
  const waiting = send('one');
  const { authority_request_id: id, subject_id } = await asked();
  const inbox = await node.ioi('inbox');
  assert.match(inbox.stdout, /next: ioi wallet grant authreq_/);
  const { pending } = (await said('inbox')) as { pending: { request_hash: string }[] };
  const refused = await node.ioi('approve', String(pending[0]?.request_hash), ...withPassphrase);
  assert.match(refused.stderr, /ioi wallet grant authreq_/);
  await owner('wallet', 'grant', id);
  assert.equal((await waiting).isError, false);
  assert.match(sent(), /one/);
  const { grants } = (await said('wallet', 'grants', '--all')) as { grants: { ended?: string }[] };
  assert.equal(grants[0]?.ended, 'constraints.max_calls');
  assert.match(subject_id, /^agent:/);
});

test('a lease serves acts like it until it is used up, and revoking ends it at once', async () => {
  const waiting = send('two');
  const { authority_request_id: id } = await asked();
  await owner('wallet', 'grant', id, '--lease', '--resource', 'tool://mail/**', '--calls', '3');
  await waiting;
  await send('three');
  assert.match(sent(), /three/);
  const { grants } = (await said('wallet', 'leases')) as {
    grants: { grant: { authority_grant_id: string }; remaining: { calls: string } }[];
  };
  assert.equal(grants[0]?.remaining.calls, '1');
  await owner('wallet', 'revoke', String(grants[0]?.grant.authority_grant_id));
  const denied = send('four');
  const request = await asked();
  await owner('wallet', 'deny-request', request.authority_request_id, '--reason', 'enough');
  assert.equal((await denied).code, 'authority.denied');
  assert.doesNotMatch(sent(), /four/);
});

test('what an agent asks ahead is given ahead, and a new epoch takes it back', async () => {
  const { grants } = (await said('wallet', 'grants', '--all')) as {
    grants: { grant: { subject_id: string } }[];
  };
  const subject = String(grants[0]?.grant.subject_id);
  const wanted = ['--scope', 'scope:gmail.send', '--prim', 'prim:net.request'];
  const { request } = await said(
    'wallet',
    'ask',
    subject,
    ...wanted,
    '--resource',
    'tool://mail/**',
  );
  const id = (request as Request).authority_request_id;
  await owner('wallet', 'grant', id, '--for', '8h');
  await send('five');
  assert.match(sent(), /five/);
  const { revocation_epoch } = await owner('wallet', 'revoke-all');
  assert.equal(revocation_epoch, '1');
  assert.deepEqual((await said('wallet', 'leases'))['grants'], []);
});

test('a certificate is listed until it is revoked', async () => {
  const key = join(node.folder, 'manager.key');
  assert.equal((await node.ioi('domain', 'key', 'new', key, ...withPassphrase)).code, 0);
  const bounds = ['--scope', 'scope:repo.write', '--resource', 'file:///src/**', '--budget', '10'];
  const { certificate_id } = await owner('wallet', 'delegate', 'worker://local/m', key, ...bounds);
  const listed = await node.ioi('wallet', 'certificates');
  assert.match(listed.stdout, /worker:\/\/local\/m {2}manager/);
  await owner('wallet', 'revoke', String(certificate_id));
  assert.deepEqual((await said('wallet', 'certificates'))['certificates'], []);
});

const BOUNDS = [
  ...['--scope', 'scope:gmail.send', '--prim', 'prim:net.request'],
  ...['--resource', 'tool://mail/**'],
];

async function newKey(name: string): Promise<string> {
  const path = join(node.folder, `${name}.key`);
  assert.equal((await node.ioi('domain', 'key', 'new', path, ...withPassphrase)).code, 0);
  return path;
}

test('a Manager hands on part of its own, and the key below asks and is granted', async () => {
  const [manager, worker] = [await newKey('chief'), await newKey('hand')];
  const top = await owner('wallet', 'delegate', 'worker://local/chief', manager, ...BOUNDS);
  const below = ['wallet', 'delegate', 'worker://local/hand', worker, '--as-manager', manager];
  const wider = await node.ioi(...below, ...BOUNDS, '--budget', '1', ...withPassphrase);
  assert.match(wider.stderr, /certificate\.wider|goes further/);
  const short = ['--for', '1h'];
  const { certificate_id } = await owner(...below, ...BOUNDS, ...short);
  const asking = ['wallet', 'ask', 'worker://local/hand', ...BOUNDS, ...short, '--sign', worker];
  const { request } = await owner(...asking);
  const id = (request as Request).authority_request_id;
  const other = ['wallet', 'ask', 'worker://local/chief', ...BOUNDS, '--sign', worker];
  assert.match((await node.ioi(...other, ...withPassphrase)).stderr, /not certified/);
  await owner('wallet', 'grant', id, '--as-manager', manager);
  const { grants } = (await said('wallet', 'grants')) as {
    grants: { grant: { subject_id: string }; path: string[] }[];
  };
  assert.deepEqual(grants[0]?.path, [top['certificate_id']]);
  assert.equal(grants[0]?.grant.subject_id, 'worker://local/hand');
  await owner('wallet', 'revoke', String(top['certificate_id']));
  assert.deepEqual((await said('wallet', 'grants'))['grants'], []);
  const { certificates } = await said('wallet', 'certificates');
  assert.ok(!JSON.stringify(certificates).includes(String(certificate_id)));
  const late = await node.ioi(...below, ...BOUNDS, ...withPassphrase);
  assert.match(late.stderr, /no certificate in force[\s\S]*next: ioi wallet certificates/);
});

test('a region goes along with what it bounds, and outside is refused by a witness', async () => {
  const { egress: _, ...policy } = mailPolicy;
  const saved = (name: string, rules: object[]): string => {
    const path = join(node.folder, name);
    writeFileSync(path, JSON.stringify({ ...policy, policy_id: 'region', rules }));
    return path;
  };
  const allowed = { rule_id: 'all', target: 'shop::*', conditions: {}, action: 'ALLOW' };
  const [outside, inside] = [saved('outside.json', [allowed]), saved('inside.json', policy.rules)];
  const waiting = send('six');
  const { authority_request_id: id, subject_id: subject } = await asked();
  const refused = await node.ioi('wallet', 'grant', id, '--region', outside, ...withPassphrase);
  assert.match(refused.stderr, /goes outside: .*: the ceiling says BLOCK/);
  await owner('wallet', 'grant', id, '--region', inside);
  assert.equal((await waiting).isError, false);
  const { request } = await said('wallet', 'ask', subject, ...BOUNDS);
  const ahead = (request as Request).authority_request_id;
  await owner('wallet', 'grant', ahead, '--region', saved('nothing.json', []));
  const beyond = send('seven');
  await owner('wallet', 'deny-request', (await asked()).authority_request_id);
  assert.equal((await beyond).code, 'authority.denied');
  const key = await newKey('bounded');
  const delegate = ['wallet', 'delegate', 'worker://local/b', key, ...BOUNDS, '--region'];
  assert.match((await node.ioi(...delegate, outside, ...withPassphrase)).stderr, /goes outside/);
  await owner(...delegate, inside);
  const below = ['wallet', 'delegate', 'worker://local/c', await newKey('c'), ...BOUNDS];
  const under = [...below, '--as-manager', key, '--for', '1h'];
  const widened = await node.ioi(...under, '--region', outside, ...withPassphrase);
  assert.match(widened.stderr, /goes outside/);
  await owner(...under);
});

test('what cannot be is refused with what to do', async () => {
  for (const [args, next] of [
    [['wallet', 'grant', 'authreq_0000'], /next: ioi wallet requests/],
    [['wallet', 'revoke', 'grant_0000'], /next: ioi wallet grants/],
    [['wallet', 'ask', 'agent://local/a'], /next: ioi wallet ask --help/],
  ] as const) {
    const ran = await node.ioi(...args);
    assert.notEqual(ran.code, 0);
    assert.match(ran.stderr, next);
  }
});
