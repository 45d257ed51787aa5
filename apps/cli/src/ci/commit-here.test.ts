import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { commitHere } from './commit-here.ts';

const BY = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];

function repository(t: TestContext): { readonly folder: string; readonly commit: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-commit-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const git = (...args: string[]) => {
    return execFileSync('git', [...BY, ...args], { cwd: folder, encoding: 'utf8' }).trim();
  };
  git('init', '--quiet');
  git('commit', '--quiet', '--allow-empty', '-m', 'one');
  return { folder, commit: git('rev-parse', 'HEAD') };
}

test('a folder is at the commit of its repository, whatever the environment names', (t) => {
  const [here, other] = [repository(t), repository(t)];
  mkdirSync(join(here.folder, 'sub'));
  assert.equal(commitHere(join(here.folder, 'sub')), here.commit);
  const environment = { ...process.env, GIT_DIR: join(other.folder, '.git') };
  assert.equal(commitHere(here.folder, environment), here.commit);
});

test('files that git would take for a repository name no commit, and run nothing', (t) => {
  const { folder } = repository(t);
  const sub = join(folder, 'sub');
  for (const name of ['objects', 'refs']) mkdirSync(join(sub, name), { recursive: true });
  writeFileSync(join(sub, 'HEAD'), `${'1'.repeat(40)}\n`);
  const marker = join(folder, 'was-run');
  const origin = `url = ${folder}\n promisor = true\n uploadpack = "touch ${marker};"`;
  const extended =
    'repositoryformatversion = 1\n bare = true\n[extensions]\n partialClone = origin';
  writeFileSync(join(sub, 'config'), `[core]\n ${extended}\n[remote "origin"]\n ${origin}\n`);
  assert.equal(commitHere(sub), undefined);
  assert.ok(!existsSync(marker));
});
