import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  armoredSignature,
  isSameBytes,
  jwkOfSshPublic,
  loginBytes,
  messageBytes,
  publicKeyLine,
  readLogin,
  readMessage,
  readOpenSsh,
  SshFields,
  type SshLogin,
  type SshMessage,
  sshJoined,
  sshNumber,
  sshString,
} from '../../core/ssh/index.ts';
import { isSshAlgorithm, readSshKey, type SshKey, signSsh, verifySsh } from './index.ts';

type Sample = {
  readonly name: string;
  readonly private: string;
  readonly public: string;
  readonly signature: string;
};

const file = new URL('../../testing/ssh-keys.json', import.meta.url);
const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: readonly Sample[] };
const digest = new Uint8Array(createHash('sha512').update('hello\n').digest());
const message: SshMessage = { namespace: 'file', hashAlgorithm: 'sha512', digest };

function keyOf(sample: Sample): SshKey {
  const key = readSshKey(sample.private);
  assert.ok(key, sample.name);
  return key;
}

/** The parts of an armored signature that a verifier goes by. */
function partsOf(armored: string) {
  const bytes = Buffer.from(armored.replaceAll(/-----.*-----|\n/g, ''), 'base64');
  const fields = new SshFields(bytes.subarray('SSHSIG'.length));
  fields.number();
  const [key, , , , signature] = Array.from({ length: 5 }, () => fields.bytes());
  assert.ok(key && signature && fields.isAtEnd);
  return { key, signature };
}

function algorithmOf({ publicKey: { type } }: SshKey): string {
  return type === 'ssh-rsa' ? 'rsa-sha2-512' : type;
}

test('keys as OpenSSH writes them are read, with their public halves', () => {
  for (const sample of keys) {
    assert.equal(publicKeyLine(keyOf(sample).publicKey), sample.public, sample.name);
    const blob = Buffer.from(sample.public.split(' ')[1] ?? '', 'base64');
    assert.ok(jwkOfSshPublic(blob), sample.name);
  }
});

test('what OpenSSH signed is verified, and what is signed is as OpenSSH signs it', () => {
  const data = messageBytes(message);
  for (const sample of keys) {
    const key = keyOf(sample);
    const { key: blob, signature } = partsOf(sample.signature);
    assert.ok(verifySsh(blob, data, signature), sample.name);
    const own = signSsh(key, algorithmOf(key), data);
    assert.ok(own && verifySsh(key.publicKey.blob, data, own), sample.name);
    // ECDSA is signed with chance.
    if (sample.name.startsWith('ecdsa')) continue;
    assert.equal(armoredSignature(message, key.publicKey.blob, own), sample.signature);
  }
});

test('a signature of other bytes, another key or with a bit changed is none', () => {
  const data = messageBytes(message);
  for (const [at, sample] of keys.entries()) {
    const key = keyOf(sample);
    const signature = signSsh(key, algorithmOf(key), data);
    assert.ok(signature);
    const { blob } = key.publicKey;
    const other = keyOf(keys[(at + 1) % keys.length] as Sample).publicKey.blob;
    assert.ok(!verifySsh(other, data, signature));
    assert.ok(!verifySsh(blob, sshJoined(data, Uint8Array.of(0)), signature));
    assert.ok(!verifySsh(blob, data, sshJoined(signature, Uint8Array.of(0))));
    for (let byte = 0; byte < signature.length; byte += 7) {
      const changed: Uint8Array = new Uint8Array(signature);
      changed[byte] = (changed[byte] as number) ^ 1;
      assert.ok(!verifySsh(blob, data, changed), `${sample.name} ${byte}`);
    }
  }
});

test('nothing is signed with SHA-1, nor under the name of another kind of key', () => {
  for (const sample of keys) {
    const key = keyOf(sample);
    for (const wrong of ['ssh-rsa', 'ssh-dss', 'constructor', '']) {
      assert.ok(!isSshAlgorithm(wrong, key.publicKey));
      assert.equal(signSsh(key, wrong, digest), undefined);
    }
  }
});

test('a private key with another public half, a second key or a passphrase is not read', () => {
  const [sample] = keys as readonly [Sample];
  const bytes = Buffer.from(sample.private.replaceAll(/-----.*-----|\n/g, ''), 'base64');
  const seed = bytes.indexOf(Buffer.from(readOpenSsh(sample.private)?.jwk.d ?? '', 'base64url'));
  const isSeed = (at: number): boolean => at >= seed && at < seed + 32;
  const isComment = (at: number): boolean => at >= seed + 64;
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    const [begin = '', end = ''] = sample.private.match(/-----.*-----/g) ?? [];
    const text = `${begin}\n${changed.toString('base64')}\n${end}\n`;
    const read = readOpenSsh(text);
    // Nobody can see from its outside that a seed is another one.
    if (read) assert.ok(isSeed(at) || isComment(at), `byte ${at}`);
  }
  const { privateKey } = generateKeyPairSync('x25519');
  const foreign = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  for (const text of [foreign, 'no key', '']) assert.equal(readSshKey(text), undefined);
});

const bytesOf = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });

test('what is signed is read again, and anything else is no message and no login', () => {
  const login: fc.Arbitrary<SshLogin> = fc
    .record({
      sessionId: bytesOf(20, 64),
      user: fc.stringMatching(/^[a-z]{1,12}$/),
      algorithm: fc.constantFrom('ssh-ed25519', 'rsa-sha2-512'),
      publicKey: bytesOf(1, 64),
      hostKey: fc.option(bytesOf(1, 64), { nil: undefined }),
    })
    .map(({ hostKey, ...rest }) => (hostKey === undefined ? rest : { ...rest, hostKey }));
  fc.assert(
    fc.property(login, fc.nat(), (given, place) => {
      const bytes = loginBytes(given);
      const read = readLogin(bytes);
      assert.ok(read && isSameBytes(loginBytes(read), bytes));
      assert.equal(readMessage(bytes), undefined);
      assert.equal(readLogin(bytes.subarray(0, place % bytes.length)), undefined);
      assert.equal(readLogin(sshJoined(bytes, Uint8Array.of(1))), undefined);
    }),
  );
  const bytes = messageBytes(message);
  assert.deepEqual(readMessage(bytes), message);
  assert.equal(readLogin(bytes), undefined);
  const reserved = [sshString('file'), sshString('x'), sshString('sha512'), sshString(digest)];
  for (const wrong of [
    bytes.subarray(1),
    sshJoined(bytes, Uint8Array.of(0)),
    messageBytes({ ...message, namespace: '' }),
    messageBytes({ ...message, namespace: 'a b' }),
    messageBytes({ ...message, digest: digest.subarray(1) }),
    sshJoined(Buffer.from('SSHSIG'), ...reserved),
    sshJoined(sshNumber(4), Buffer.from('root')),
    new Uint8Array(0),
  ]) {
    assert.equal(readMessage(wrong), undefined);
  }
});

test('a login for another service, by another method or without its proof is none', () => {
  const login = { sessionId: digest, user: 'git', algorithm: 'ssh-ed25519', publicKey: digest };
  const bytes = Buffer.from(loginBytes(login));
  const changed = (from: string, to: string) => {
    return sshJoined(
      ...bytes
        .toString('latin1')
        .split(from)
        .flatMap((part, at) => {
          return [...(at === 0 ? [] : [Buffer.from(to)]), Buffer.from(part, 'latin1')];
        }),
    );
  };
  assert.ok(readLogin(changed('ssh-connection', 'ssh-connection')));
  assert.equal(readLogin(changed('ssh-connection', 'ssh-userauth!!')), undefined);
  assert.equal(readLogin(changed('publickey', 'hostbased')), undefined);
  const proof = bytes.indexOf('publickey') + 'publickey'.length;
  const without = Buffer.from(bytes);
  without[proof] = 0;
  assert.equal(readLogin(without), undefined);
});
