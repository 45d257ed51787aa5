import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gitBytes } from './git-bytes.ts';

const NAME = 'rules.json';
const BY = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];

function repository(t: TestContext, files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-served-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const git = (...args: string[]) => execFileSync('git', [...BY, ...args], { cwd: folder });
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '-m', 'one');
  return folder;
}

test('a repository takes no more of the disk than it may, and nothing stays of it', async (t) => {
  const most = { bytes: 1_000, diskBytes: 300_000 };
  const before = left();
  const small = repository(t, { [NAME]: '{}' });
  assert.equal(Buffer.from(await gitBytes(small, NAME, most)).toString(), '{}');
  assert.equal(Buffer.from(await gitBytes(`file://${small}`, NAME, most)).toString(), '{}');
  const huge = repository(t, { [NAME]: '{}', huge: randomBytes(2_000_000) });
  for (const address of [huge, `file://${huge}`]) {
    await assert.rejects(gitBytes(address, NAME, most), address);
  }
  const long = repository(t, { [NAME]: ' '.repeat(2_000) });
  await assert.rejects(gitBytes(long, NAME, most), /maxBuffer/);
  assert.deepEqual(left(), before);
});

function left(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('ioi-organisation-'));
}
