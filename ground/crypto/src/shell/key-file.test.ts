import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs } from '@ioi/basis/testing';
import { canonicalJson } from '@ioi/canon';
import { openKeyFile, sealKeyFile } from './key-file.ts';
import { exportSeeds, generateHybridKey } from './keys.ts';

const CHEAP = { memory_kib: 8, passes: 1, parallelism: 1 };
const key = generateHybridKey({
  ed25519: new Uint8Array(32).fill(11),
  mlDsa44: new Uint8Array(32).fill(12),
});
const sealed = await sealKeyFile(key, 'correct horse', CHEAP);

type File = Record<string, Record<string, unknown>> & { ciphertext: string; format: string };

async function codeOf(text: string, passphrase = 'correct horse'): Promise<string> {
  const opened = await openKeyFile(text, passphrase);
  return opened.ok ? 'opened' : opened.error.code;
}

function changed(change: (file: File) => void): string {
  const file = JSON.parse(sealed) as File;
  change(file);
  return JSON.stringify(file);
}

test('a key file opens with its passphrase to the same key', async () => {
  const opened = await openKeyFile(sealed, 'correct horse');
  ok(opened.ok);
  deepEqual(opened.value.publicKey, key.publicKey);
  deepEqual(exportSeeds(opened.value), exportSeeds(key));
});

test('another passphrase does not open it', async () => {
  for (const wrong of ['', 'Correct horse', 'correct horse ', 'x'.repeat(10_000)]) {
    equal(await codeOf(sealed, wrong), 'keyfile.wrong_passphrase');
  }
});

test('a passphrase typed with other accents is the same passphrase', async () => {
  const accented = await sealKeyFile(key, 'caf\u00e9', CHEAP);
  equal(await codeOf(accented, 'cafe\u0301'), 'opened');
});

test('the same key is never sealed to the same text', async () => {
  const again = await sealKeyFile(key, 'correct horse', CHEAP);
  ok(again !== sealed);
  const [first, second] = [JSON.parse(sealed), JSON.parse(again)] as [File, File];
  ok(first['kdf']?.['salt'] !== second['kdf']?.['salt']);
  ok(first['cipher']?.['nonce'] !== second['cipher']?.['nonce']);
});

test('no field can be changed without notice', async () => {
  const other = generateHybridKey();
  const changes: ((file: File) => void)[] = [
    (file) => Object.assign(file['kdf'] ?? {}, { passes: 2 }),
    (file) => Object.assign(file['kdf'] ?? {}, { memory_kib: 16 }),
    (file) => Object.assign(file['kdf'] ?? {}, { salt: 'AAAAAAAAAAAAAAAAAAAAAA==' }),
    (file) => Object.assign(file['cipher'] ?? {}, { nonce: Buffer.alloc(24).toString('base64') }),
    (file) => Object.assign(file['public_key'] ?? {}, { ed25519: other.publicKey.ed25519 }),
    (file) => Object.assign(file, { ciphertext: Buffer.alloc(80).toString('base64') }),
  ];
  for (const change of changes) equal(await codeOf(changed(change)), 'keyfile.wrong_passphrase');
});

test('members in another order are the same file', async () => {
  const reversed = Object.fromEntries(Object.entries(JSON.parse(sealed) as File).reverse());
  equal(await codeOf(JSON.stringify(reversed)), 'opened');
  const canonical = canonicalJson(JSON.parse(sealed));
  equal(canonical.ok && `${canonical.value}\n`, sealed);
});

test('a file that asks for too much work is refused before any is done', async () => {
  const greedy = [
    { memory_kib: 1024 * 1024 + 1 },
    { memory_kib: 2 ** 40 },
    { passes: 17 },
    { memory_kib: 1024 * 1024, passes: 16 },
    { parallelism: 17 },
    { memory_kib: 7 },
    { passes: 0 },
    { passes: 1.5 },
    { parallelism: -1 },
    { memory_kib: '64' },
  ];
  const took = await processorMs(async () => {
    for (const cost of greedy) {
      const text = changed((file) => Object.assign(file['kdf'] ?? {}, cost));
      equal(await codeOf(text), 'keyfile.kdf_too_costly', JSON.stringify(cost));
    }
  });
  ok(took < 1000, `${took} ms`);
});

test('a format from the future is named as such', async () => {
  equal(await codeOf('{"format":"ioi-keyfile/2","x":1}'), 'keyfile.unknown_format');
  const format = changed((file) => Object.assign(file, { format: 'age' }));
  equal(await codeOf(format), 'keyfile.unknown_format');
  const kdf = changed((file) => Object.assign(file['kdf'] ?? {}, { name: 'scrypt' }));
  equal(await codeOf(kdf), 'keyfile.unknown_format');
});

test('what was never a key file is damaged', async () => {
  const hostile = [
    '',
    'null',
    '[]',
    '{}',
    '{"format":"ioi-keyfile/1"}',
    sealed.slice(0, -10),
    sealed.replace('{', '{"format":"ioi-keyfile/1",'),
    changed((file) => Object.assign(file, { extra: 1 })),
    changed((file) => Object.assign(file, { ciphertext: 'AAAA' })),
    changed((file) => Object.assign(file, { kdf: [] })),
    changed((file) => Object.assign(file['kdf'] ?? {}, { salt: 'AA==' })),
    changed((file) => Object.assign(file['public_key'] ?? {}, { algorithm: 'ed25519' })),
    `"${'x'.repeat(70_000)}"`,
  ];
  for (const text of hostile) equal(await codeOf(text), 'keyfile.damaged', text.slice(0, 60));
});
