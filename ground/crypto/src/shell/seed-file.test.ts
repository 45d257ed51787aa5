import { deepEqual, equal, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSeedFile, readSeedFile } from './seed-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-seed-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a seed file gives its key back, to its account and under its format only', () => {
  const path = join(folder, 'a.key');
  const key = createSeedFile(path, 'test/1');
  deepEqual(readSeedFile(path, 'test/1').publicKey, key.publicKey);
  equal(statSync(path).mode & 0o777, 0o600);
  throws(() => readSeedFile(path, 'test/2'), /no key file of the format test\/2/);
  throws(() => createSeedFile(path, 'test/1'), /EEXIST/);
  writeFileSync(path, JSON.stringify({ format: 'test/1', ed25519: 'AAAA', ml_dsa_44: '' }));
  throws(() => readSeedFile(path, 'test/1'), /no key file/);
  writeFileSync(path, 'secret');
  throws(
    () => readSeedFile(path, 'test/1'),
    (fault: Error) => !fault.message.includes('secret'),
  );
});
