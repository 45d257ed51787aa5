import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { newFolder, removeFolder } from '../testing/run-ioi.ts';
import { SEARCHED, secretFilesIn } from './secret-files.ts';

function folderWith(t: TestContext, ...files: readonly string[]): string {
  const folder = newFolder();
  t.after(() => removeFolder(folder));
  for (const path of files.map((each) => join(folder, each))) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
  return folder;
}

test('files of secrets are found below, but not in code of others or behind links', (t) => {
  const secrets = ['.env', '.env.local', 'apps/web/.env', 'apps/web/config/.env.production'];
  const others = ['.env.example', 'apps/.environment', 'node_modules/a/.env', '.git/.env', 'x.env'];
  const folder = folderWith(t, ...secrets, ...others);
  symlinkSync('/', join(folder, 'everything'));
  const { paths, isCut } = secretFilesIn(folder);
  assert.deepEqual([...paths].sort(), secrets.map((each) => join(folder, each)).sort());
  assert.equal(isCut, false);
  assert.deepEqual(secretFilesIn(join(folder, 'none')).paths, []);
});

test('where it is not looked to the end, that is said', (t) => {
  const folder = folderWith(t, '.env', 'a/.env', 'a/b/.env', 'a/b/c/d');
  assert.deepEqual(
    secretFilesIn(folder, { ...SEARCHED, depth: 1 }).paths.map((path) => path.slice(folder.length)),
    ['/.env', '/a/.env'],
  );
  assert.equal(secretFilesIn(folder, { ...SEARCHED, depth: 1 }).isCut, true);
  assert.equal(secretFilesIn(folder, { ...SEARCHED, depth: 3 }).isCut, false);
  assert.equal(secretFilesIn(folder, { ...SEARCHED, entries: 3 }).isCut, true);
  const few = secretFilesIn(folder, { ...SEARCHED, files: 1 });
  assert.deepEqual([few.paths.length, few.isCut], [1, true]);
});
