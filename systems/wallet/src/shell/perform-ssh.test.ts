import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { encodeBase64, encodeHex, ok } from '@ioi/basis';
import { loginBytes, messageBytes, publicKeyLine } from '@ioi/crypto/ssh';
import { readSshKey, type SshKey, signSsh, verifySsh } from '@ioi/crypto/ssh/shell';
import type { SshOperation } from '@ioi/law';
import { performSsh } from './perform-ssh.ts';

function made(): { readonly secret: string; readonly key: SshKey; readonly blob: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const secret = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const key = readSshKey(secret);
  assert.ok(key);
  return { secret, key, blob: encodeBase64(key.publicKey.blob) };
}

const own = made();
const host = made();
const stranger = made();
const sessionId = new Uint8Array(randomBytes(32));
const algorithm = 'ssh-ed25519';

const message = {
  namespace: 'git',
  hash_algorithm: 'sha512',
  message_digest: 'ab'.repeat(64),
  algorithm,
};
const login = {
  user: 'git',
  session_id: encodeHex(sessionId),
  host_key: host.blob,
  host_signature: encodeBase64(signSsh(host.key, algorithm, sessionId) as Uint8Array),
  public_key: own.blob,
  is_host_bound: true,
  algorithm,
};
const signing: SshOperation = { effect: 'sign', namespaces: ['git'] };
const entering: SshOperation = {
  effect: 'authenticate',
  host_keys: [host.blob],
  users: ['git'],
};

/** What is signed, or the code of the refusal, and how often the key was asked for. */
async function perform(operation: SshOperation, given: object, kind = 'ssh_key') {
  let leases = 0;
  const lease = async () => {
    leases += 1;
    return ok({ kind, secret: own.secret });
  };
  const done = await performSsh({ operation, given: given as Record<string, unknown> }, lease);
  if (done.ok) return { leases, facts: Object(done.value['structuredContent']), code: '' };
  assert.equal(done.error.isSent, false);
  return { leases, facts: {}, code: done.error.code };
}

test('a message is signed as OpenSSH does, and nothing of the key is told', async () => {
  const { facts, leases } = await perform(signing, message);
  const digest = Buffer.from(message.message_digest, 'hex');
  const data = messageBytes({ namespace: 'git', hashAlgorithm: 'sha512', digest });
  assert.ok(verifySsh(own.key.publicKey.blob, data, Buffer.from(facts.signature, 'base64')));
  assert.equal(facts.public_key, publicKeyLine(own.key.publicKey));
  assert.match(facts.armored, /^-----BEGIN SSH SIGNATURE-----\n/);
  assert.equal(leases, 1);
});

test('a login is signed for the user, the host and the session that were said', async () => {
  for (const is_host_bound of [true, false]) {
    const { facts } = await perform(entering, { ...login, is_host_bound });
    const bound = is_host_bound ? { hostKey: host.key.publicKey.blob } : {};
    const publicKey = own.key.publicKey.blob;
    const data = loginBytes({ sessionId, user: 'git', algorithm, publicKey, ...bound });
    assert.ok(verifySsh(publicKey, data, Buffer.from(facts.signature, 'base64')));
    assert.equal(facts.armored, undefined);
  }
});

test('for another namespace, host, user or session the key is not even asked for', async () => {
  const foreign = signSsh(stranger.key, algorithm, sessionId) as Uint8Array;
  const cases: readonly (readonly [SshOperation, object, string])[] = [
    [signing, { ...message, namespace: 'file' }, 'ssh.other_namespace'],
    [signing, { ...message, namespace: 'a b' }, 'ssh.invalid'],
    [signing, { ...message, message_digest: 'ab' }, 'ssh.invalid'],
    [signing, { ...message, hash_algorithm: 'sha1' }, 'ssh.invalid'],
    [signing, login, 'ssh.invalid'],
    [entering, message, 'ssh.invalid'],
    [entering, { ...login, user: 'root' }, 'ssh.other_user'],
    [entering, { ...login, user: 'git\0' }, 'ssh.other_user'],
    [entering, { ...login, host_key: stranger.blob }, 'ssh.other_host'],
    [entering, { ...login, host_signature: encodeBase64(foreign) }, 'ssh.other_host'],
    [entering, { ...login, session_id: 'cd'.repeat(32) }, 'ssh.other_host'],
    [entering, { ...login, session_id: 'cd' }, 'ssh.invalid'],
    [entering, { ...login, algorithm: 1 }, 'ssh.invalid'],
    [{ effect: 'authenticate', host_keys: [] }, login, 'ssh.other_host'],
  ];
  for (const [at, [operation, given, code]] of cases.entries()) {
    const done = await perform(operation, given);
    assert.deepEqual([done.code, done.leases], [code, 0], `case ${at}`);
  }
});

test('another kind of secret, another key or another algorithm signs nothing', async () => {
  assert.equal((await perform(signing, message, 'bearer')).code, 'connector.other_secret');
  const other = { ...login, public_key: stranger.blob };
  assert.equal((await perform(entering, other)).code, 'ssh.other_key');
  const rsa = { ...message, algorithm: 'rsa-sha2-512' };
  assert.equal((await perform(signing, rsa)).code, 'ssh.other_algorithm');
});
