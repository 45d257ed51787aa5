import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeSecret } from './describe-secret.ts';

const PLACE = { name: 'key', server: 'host', origin: 'https://host.example' };
const SSH = { ...PLACE, kind: 'ssh_key', origin: 'ssh://host.example:22' };
const EVM = { ...PLACE, kind: 'evm_key', origin: 'evm:1' };
const AWS = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'x'.repeat(40) };
const SIGV4 = { ...PLACE, kind: 'sigv4', region: 'eu-central-1', service: 's3' };
const HOOK = { ...PLACE, kind: 'webhook', header: 'x-signature' };

// Made by ssh-keygen for this test alone; its lines as `ssh-keygen -y` and `-l` tell them.
const OPENSSH = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACAaExDoPlFj58uNrJMqvVViIka6tcKWLLKR9Qjbj7WMEQAAAIhCMkwBQjJM
AQAAAAtzc2gtZWQyNTUxOQAAACAaExDoPlFj58uNrJMqvVViIka6tcKWLLKR9Qjbj7WMEQ
AAAECN9Yjiv0f+PkdpB+unksLBuAnfCU8EFpsNaJVvgZF3SxoTEOg+UWPny42skyq9VWIi
Rrq1wpYsspH1CNuPtYwRAAAAAAECAwQF
-----END OPENSSH PRIVATE KEY-----
`;
const OPENSSH_PUBLIC =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBoTEOg+UWPny42skyq9VWIiRrq1wpYsspH1CNuPtYwR';
const OPENSSH_FINGERPRINT = 'SHA256:M81gVAk44+I8iHa+lnVtxdapYM6lImi3/oy+bqXhwso';

const codeOf = (given: object): string => {
  const read = describeSecret(given as Record<string, unknown>);
  return read.ok ? 'ok' : read.error.code;
};

test('a key of OpenSSH tells its public half and fingerprint, as OpenSSH does', () => {
  const read = describeSecret({ ...SSH, secret: OPENSSH });
  assert.ok(read.ok, JSON.stringify(read));
  assert.equal(read.value.public_key, OPENSSH_PUBLIC);
  assert.equal(read.value.fingerprint, OPENSSH_FINGERPRINT);
});

test('a PEM key does as well; one with a passphrase or of another kind is refused', () => {
  const { privateKey: ed } = generateKeyPairSync('ed25519');
  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  for (const [key, type] of [
    [ed, 'ssh-ed25519 '],
    [ec, 'ecdsa-sha2-nistp256 '],
    [rsa, 'ssh-rsa '],
  ] as const) {
    const secret = String(key.export({ type: 'pkcs8', format: 'pem' }));
    const read = describeSecret({ ...SSH, secret });
    assert.ok(read.ok && read.value.public_key?.startsWith(type), type);
    assert.match(read.value.fingerprint ?? '', /^SHA256:[A-Za-z0-9+/]{43}$/);
  }
  const sealing = { cipher: 'aes-256-cbc', passphrase: 'x' };
  const sealed = String(ed.export({ type: 'pkcs8', format: 'pem', ...sealing }));
  const { privateKey: x } = generateKeyPairSync('x25519');
  const other = String(x.export({ type: 'pkcs8', format: 'pem' }));
  for (const secret of [sealed, other, OPENSSH.slice(0, -60), 'no key']) {
    assert.equal(codeOf({ ...SSH, secret }), 'credential.invalid');
  }
});

test('an EVM key tells its address', () => {
  const secret = `0x${'AC0974BEC39A17E36BA4A6B4D238FF944BACB478CBED5EFCAE784D7BF4F2FF80'}`;
  const read = describeSecret({ ...EVM, secret });
  assert.equal(read.ok && read.value.address, '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266');
  const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
  for (const wrong of ['0'.repeat(64), order, 'f'.repeat(64), 'ab', '']) {
    assert.equal(codeOf({ ...EVM, secret: wrong }), 'credential.invalid');
  }
});

test('what a kind needs is there, and goes where that kind goes', () => {
  const basic = { ...PLACE, kind: 'basic' };
  const person = JSON.stringify({ username: 'ann', password: 'correct horse' });
  const well: object[] = [
    { ...basic, secret: person },
    { ...SIGV4, secret: JSON.stringify(AWS) },
    { ...SIGV4, secret: JSON.stringify({ ...AWS, session_token: 'x'.repeat(40) }) },
    { ...HOOK, secret: JSON.stringify({ secret: 'hook-secret' }) },
    { ...HOOK, algorithm: 'sha512', secret: JSON.stringify({ secret: 'hook-secret' }) },
    { ...PLACE, kind: 'bearer', secret: 'a'.repeat(8), expires_at: '1800000000000' },
  ];
  for (const given of well) assert.equal(codeOf(given), 'ok', JSON.stringify(given));
  const refused: object[] = [
    { ...basic, secret: JSON.stringify({ username: 'a:b', password: 'correct horse' }) },
    { ...basic, secret: JSON.stringify({ username: 'ann', password: 'a\nb-long-enough' }) },
    { ...basic, secret: JSON.stringify({ username: 'ann', password: 'x'.repeat(9), more: '1' }) },
    { ...SIGV4, region: undefined, secret: JSON.stringify(AWS) },
    { ...SIGV4, service: 'S3/', secret: JSON.stringify(AWS) },
    { ...SIGV4, secret: JSON.stringify({ ...AWS, access_key_id: 'short' }) },
    { ...HOOK, header: 'host', secret: JSON.stringify({ secret: 'hook-secret' }) },
    { ...HOOK, algorithm: 'md5', secret: JSON.stringify({ secret: 'hook-secret' }) },
    { ...SSH, origin: 'https://host.example', secret: OPENSSH },
    { ...SSH, origin: 'ssh://host.example', secret: OPENSSH },
    { ...SSH, origin: 'ssh://host.example:65536', secret: OPENSSH },
    { ...EVM, origin: 'evm:0x1', secret: '1'.padStart(64, '0') },
    { ...PLACE, kind: 'bearer', origin: 'evm:1', secret: 'a'.repeat(8) },
    { ...PLACE, kind: 'bearer', secret: 'a'.repeat(8), expires_at: 'soon' },
    { ...PLACE, kind: 'constructor', secret: 'a'.repeat(8) },
  ];
  for (const given of refused) {
    assert.equal(codeOf(given), 'credential.invalid', JSON.stringify(given));
  }
});

test('whatever is given ends in a word, and none repeats what is secret', () => {
  const kinds = ['bearer', 'header', 'basic', 'sigv4', 'ssh_key', 'evm_key', 'webhook', 'oauth'];
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(...kinds));
  const given = fc.record(
    {
      name: fc.oneof(text, fc.constant('key')),
      kind: fc.oneof(text, fc.constantFrom(...kinds)),
      server: fc.oneof(text, fc.constant('host')),
      origin: fc.oneof(fc.webUrl(), text, fc.constantFrom('evm:1', 'ssh://h:22')),
      header: fc.anything(),
      region: fc.anything(),
      service: fc.anything(),
      algorithm: fc.anything(),
      expires_at: fc.anything(),
      secret: fc.oneof(fc.json(), text, fc.anything()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(given, fc.stringMatching(/^[a-z0-9]{24}$/), (asked, planted) => {
      const about: Record<string, unknown> = { ...asked };
      if (typeof about['secret'] === 'string') about['secret'] += planted;
      const read = describeSecret(about);
      if (!read.ok) assert.equal(JSON.stringify(read).includes(planted), false);
      else assert.match(read.value.name, /^[a-z][a-z0-9_-]{0,63}$/);
    }),
    { numRuns: 500 },
  );
});
