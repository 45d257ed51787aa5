import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { loginBytes, messageBytes, publicKeyLine } from '@ioi/crypto/ssh';
import { readSshKey, type SshKey, signSsh, verifySsh } from '@ioi/crypto/ssh/shell';
import { AgentClient } from '../testing/agent-client.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];
const keygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
const algorithm = 'ssh-ed25519';
const PLACE = 'ssh://127.0.0.1:2222';
const POLICY = {
  policy_id: 'ssh',
  defaults: 'deny_all',
  rules: [
    { rule_id: 'logins', target: 'ssh::authenticate::*', conditions: {}, action: 'ALLOW' },
    { rule_id: 'messages', target: 'ssh::sign::*', conditions: {}, action: 'REQUIRE_APPROVAL' },
  ],
};

function made(): { readonly pem: string; readonly key: SshKey } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { pem, key: readSshKey(pem) as SshKey };
}

const own = made();
const host = made();
let env: Record<string, string>;
let client: AgentClient;

async function well(...args: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await node.ioi(...args, '--json');
  assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout === '' ? {} : JSON.parse(ran.stdout);
}

const file = (name: string): string => join(node.folder, name);

/** As a node's owner sets it up: the host's keys, the secret, the policy, a lease for all of it. */
before(async () => {
  assert.equal((await node.init()).code, 0);
  const salt = randomBytes(20);
  const hash = createHmac('sha1', salt).update('[127.0.0.1]:2222').digest('base64');
  const line = publicKeyLine(host.key.publicKey);
  writeFileSync(file('known'), `# ours\n|1|${salt.toString('base64')}|${hash} ${line}\n`);
  writeFileSync(file('key'), own.pem, { mode: 0o600 });
  writeFileSync(file('ssh.json'), JSON.stringify(POLICY));
  const known = ['--known-hosts', file('known'), '--namespace', 'file', 'git'];
  const where = ['--secret', 'deploy', '--name', 'box', ...known];
  const added = await well('connector', 'add', 'ssh://git@127.0.0.1:2222', ...where);
  assert.deepEqual(added['tools'], ['sign_message', 'authenticate']);
  await well('up', '--detach');
  const bound = ['--server', 'box', '--origin', PLACE, '--file', file('key')];
  await well('wallet', 'secret', 'set', 'deploy', '--kind', 'ssh_key', ...bound, ...withPassphrase);
  await well('connector', 'test', 'box');
  await well('policy', 'activate', file('ssh.json'), ...withPassphrase);
  const agent = `${String((await well('status'))['node_id']).replace('node:', 'agent:')}/mcp`;
  const scopes = ['--scope', 'scope:box.sign_message', '--scope', 'scope:box.authenticate'];
  const wanted = [...scopes, '--prim', 'prim:net.request', '--resource', 'tool://box/**'];
  await well('wallet', 'ask', agent, ...wanted);
  const { requests } = (await well('wallet', 'requests')) as {
    requests: { authority_request_id: string }[];
  };
  const id = String(requests[0]?.authority_request_id);
  await well('wallet', 'grant', id, '--lease', ...withPassphrase);
  const { socket, pid } = await well('ssh-agent');
  env = { SSH_AUTH_SOCK: String(socket), SSH_AGENT_PID: String(pid) };
  client = await AgentClient.open(String(socket));
});

after(async () => {
  client.close();
  await node.close();
});

const blob = own.key.publicKey.blob;
const hostKey = host.key.publicKey.blob;

function loginIn(sessionId: Uint8Array, user = 'git'): Uint8Array {
  return loginBytes({ sessionId, user, algorithm, publicKey: blob, hostKey });
}

test('a login is signed in a session that its host signed, with a receipt', async () => {
  assert.deepEqual(await client.identities(), [blob]);
  const sessionId = new Uint8Array(randomBytes(32));
  const signature = signSsh(host.key, algorithm, sessionId) as Uint8Array;
  const data = loginIn(sessionId);
  assert.equal(await client.sign(blob, data), undefined, 'nobody said which session it is');
  assert.ok(await client.bind(hostKey, sessionId, signature));
  const signed = await client.sign(blob, data);
  assert.ok(signed && verifySsh(blob, data, signed));
  const log = (await node.ioi('log', '-n', '4', '--json')).stdout;
  assert.match(log, /ssh::authenticate::box\.authenticate/);
  assert.match(log, /completed/);
});

test('what is no login of this user at this host is not signed', async () => {
  const other = made().key;
  const sessionId = new Uint8Array(randomBytes(32));
  const forged = signSsh(other, algorithm, sessionId) as Uint8Array;
  const second = await AgentClient.open(String(env['SSH_AUTH_SOCK']));
  assert.ok(await second.bind(hostKey, sessionId, forged), 'it is looked at when it is used');
  assert.equal(await second.sign(blob, loginIn(sessionId)), undefined, 'another signed it');
  const honest = new Uint8Array(randomBytes(32));
  await second.bind(hostKey, honest, signSsh(host.key, algorithm, honest) as Uint8Array);
  assert.equal(await second.sign(blob, loginIn(honest, 'root')), undefined, 'another user');
  assert.equal(await second.sign(blob, randomBytes(64)), undefined, 'bytes of any kind');
  assert.equal(await second.sign(other.publicKey.blob, loginIn(honest)), undefined, 'a key');
  const namespace = 'sudo';
  const message = { namespace, hashAlgorithm: 'sha256', digest: sessionId } as const;
  assert.equal(await second.sign(blob, messageBytes(message)), undefined, 'a namespace');
  assert.equal((await second.ask(Uint8Array.of(17))).type, 5, 'keys are not added here');
  assert.ok(await second.sign(blob, loginIn(honest)), 'the sound one is signed all the same');
  await second.bind(hostKey, honest, signSsh(host.key, algorithm, honest) as Uint8Array, 1);
  assert.equal(await second.sign(blob, loginIn(honest)), undefined, 'it was forwarded');
  second.close();
});

test('a person sees the namespace and the digest, and the client waits', async () => {
  const digest = new Uint8Array(randomBytes(64));
  const data = messageBytes({ namespace: 'git', hashAlgorithm: 'sha512', digest });
  const signing = client.sign(blob, data);
  const waiting = await node.waiting();
  const shown = await node.ioi('show', waiting.request_hash);
  assert.match(shown.stdout, new RegExp(Buffer.from(digest).toString('hex')));
  assert.match(shown.stdout, /git/);
  await well('approve', waiting.request_hash, ...withPassphrase);
  const signed = await signing;
  assert.ok(signed && verifySsh(blob, data, signed));
});

test('ssh-keygen signs by it, and verifies it', { skip: !keygen && 'no ssh-keygen' }, async () => {
  writeFileSync(file('id.pub'), `${publicKeyLine(own.key.publicKey)}\n`);
  writeFileSync(file('text'), 'a text\n');
  const line = publicKeyLine(own.key.publicKey);
  writeFileSync(file('allowed'), `me@example namespaces="file" ${line}\n`);
  const sign = ['ssh-keygen', '-Y', 'sign', '-f', file('id.pub'), '-n', 'file', file('text')];
  const running = node.ioi('ssh-agent', '--', ...sign);
  const waiting = await node.waiting();
  await well('approve', waiting.request_hash, ...withPassphrase);
  const ran = await running;
  assert.equal(ran.code, 0, ran.stderr);
  const verify = ['-Y', 'verify', '-f', file('allowed'), '-I', 'me@example', '-n', 'file'];
  const input = readFileSync(file('text'));
  const said = execFileSync('ssh-keygen', [...verify, '-s', file('text.sig')], { input });
  assert.match(String(said), /^Good "file" signature for me@example/);
});

test('it goes as it came: by its process, and nothing is left of it', async () => {
  const folder = dirname(String(env['SSH_AUTH_SOCK']));
  const others = await node.ioiWith(
    { SSH_AUTH_SOCK: '/tmp/x', SSH_AGENT_PID: '1' },
    'ssh-agent',
    '-k',
  );
  assert.equal(others.code, 2, 'that is none of ours');
  assert.equal((await node.ioiWith(env, 'ssh-agent', '-k')).code, 0);
  await until('its socket is gone', () => !existsSync(folder));
});
