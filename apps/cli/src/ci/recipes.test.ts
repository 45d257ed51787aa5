import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { IOI, newFolder, removeFolder } from '../testing/run-ioi.ts';

const GUIDE = new URL('../../../../docs/guides/ci.md', import.meta.url);
const home = newFolder();

after(() => removeFolder(home));

/** What the recipes of the guide run themselves, and the files that they keep afterwards. */
function recipes(): { readonly lines: readonly string[]; readonly kept: readonly string[] }[] {
  const text = readFileSync(GUIDE, 'utf8');
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => {
    const said = [...yaml.matchAll(/^\s+- (?:run: )?((?:ioi|sudo) .*)$/gm)];
    const kept = [...yaml.matchAll(/(?:sarif_file|path|junit|paths): \[?([\w./-]+)/g)];
    const [lines, files] = [said, kept].map((found) => found.map(([, each = '']) => each));
    return { lines: lines ?? [], kept: files ?? [] };
  });
}

/** A checkout as a job gets it, with the package in PATH as `ioi`. */
function checkout(name: string): string {
  const folder = join(home, name);
  mkdirSync(join(folder, '.ioi'), { recursive: true });
  const rule = {
    target: 'net::fetch',
    action: 'ALLOW',
    conditions: { allow_domains: ['a.example'] },
  };
  const policy = { policy_id: 'job', rules: [rule] };
  writeFileSync(join(folder, '.ioi', 'policy.json'), JSON.stringify(policy));
  program(join(folder, 'agent.sh'), 'echo ran; test -f .ioi/policy.json');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder });
  git('init', '--quiet');
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@a.example', 'commit', '--quiet', '-m', 'one');
  mkdirSync(join(home, 'bin'), { recursive: true });
  program(join(home, 'bin', 'ioi'), `exec "${process.execPath}" "${IOI}" "$@"`);
  return folder;
}

function program(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** A line as the server's shell runs it. Undefined where the test is skipped. */
function run(t: TestContext, line: string, cwd: string) {
  const env = { PATH: `${join(home, 'bin')}:/usr/bin:/bin`, HOME: home };
  const ran = spawnSync('sh', ['-e', '-c', line], { cwd, env, encoding: 'utf8', timeout: 120_000 });
  const isWithout = ran.status === 125 && ran.stderr.includes('no sandbox');
  if (isWithout) t.skip('no sandbox here: ioi mcp sandbox');
  return isWithout ? undefined : ran;
}

test('the lines of both recipes run in a checkout, and make each file that is kept', (t) => {
  const found = recipes();
  assert.equal(found.length, 2);
  for (const [at, { lines, kept }] of found.entries()) {
    const folder = checkout(`job-${at}`);
    const own = lines.filter((line) => line.startsWith('ioi '));
    assert.equal(own.length, 1, lines.join('\n'));
    // What installs the package is the server's: of it only the name of the package is ours.
    for (const line of lines.filter((each) => !own.includes(each))) {
      assert.match(line, /^sudo apt-get install -y bubblewrap && npm install -g \.\/ioi-\S+\.tgz$/);
    }
    const ran = run(t, own[0] ?? '', folder);
    if (ran === undefined) return;
    assert.equal(ran.status, 0, ran.stderr);
    assert.match(ran.stdout, /^ran$/m);
    assert.ok(kept.length > 1, 'files are kept');
    for (const path of kept) assert.ok(existsSync(join(folder, path)), path);
    const verified = run(t, 'ioi verify ioi-ci/log.jsonl', folder);
    assert.equal(verified?.status, 0, String(verified?.stderr));
  }
});
