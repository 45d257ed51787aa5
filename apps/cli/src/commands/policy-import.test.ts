import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { newFolder, removeFolder, runIoi } from '../testing/run-ioi.ts';

const home = newFolder();
const project = join(home, 'shop');
after(() => removeFolder(home));

const write = (path: string, text: string): void => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
};
write(
  join(home, '.claude/settings.json'),
  '{"permissions":{"allow":["Bash(ls:*)"],"deny":["Read(~/.ssh/**)"]}}',
);
write(
  join(project, '.claude/settings.local.json'),
  '{\n  "permissions": {\n    "allow": ["Edit(src/**)", "WebSearch"]\n  }\n}',
);
write(
  join(project, '.codex/rules/a.rules'),
  'prefix_rule(pattern = ["rm"], decision = "forbidden")',
);

const ioi = (...args: readonly string[]) =>
  runIoi(['policy', ...args], { env: { IOI_HOME: join(home, 'node'), HOME: home } });

test('permissions are found where they are kept, shown, and written when asked', async () => {
  const out = join(home, 'imported.json');
  const shown = await ioi('import', '--project', project);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /\/\/ .*settings\.local\.json:3 "Edit\(src\/\*\*\)"/);
  assert.match(shown.stderr, /settings\.local\.json:3 "WebSearch": no call of such a tool/);
  assert(!existsSync(out));
  const written = await ioi('import', '--project', project, '--out', out);
  assert.equal(written.code, 0, written.stderr);
  assert.equal(readFileSync(out, 'utf8'), shown.stdout);
  const tested = await ioi('test', out);
  assert.equal(tested.code, 0, tested.stdout);
  const again = await ioi('import', '--project', project, '--out', out);
  assert.equal(again.code, 2);
});

test('named files are read alone, and one of no known program is a usage fault', async () => {
  const rules = join(project, '.codex/rules/a.rules');
  const one = await ioi('import', rules, '--json');
  assert.equal(one.code, 0, one.stderr);
  const { policy } = JSON.parse(one.stdout) as { policy: string };
  assert.match(policy, /"rm \*\*"/);
  assert.doesNotMatch(policy, /ls/);
  const other = join(home, 'settings.json');
  write(other, '{"tools":{"exclude":["web_fetch"]}}');
  assert.equal((await ioi('import', other)).code, 2);
  assert.equal((await ioi('import', other, '--from', 'gemini')).code, 0);
  assert.equal((await ioi('import', other, '--from', 'nobody')).code, 2);
  assert.equal((await ioi('import', '--from', 'gemini', '--project', project)).code, 2);
});
