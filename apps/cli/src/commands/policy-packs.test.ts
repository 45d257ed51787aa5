import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newFolder, removeFolder, runIoi } from '../testing/run-ioi.ts';

const home = newFolder();
after(() => removeFolder(home));
const ioi = (...args: readonly string[]) => runIoi(args, { env: { IOI_HOME: home, HOME: home } });

test('packs are listed, shown, checked and tested by name, without a node', async () => {
  const listed = await ioi('policy', 'packs', '--json');
  assert.equal(listed.code, 0, listed.stderr);
  const { packs } = JSON.parse(listed.stdout) as { packs: { name: string; policy_hash: string }[] };
  assert.deepEqual(
    packs.map(({ name }) => name),
    ['coding-agent', 'coding-agent-v2', 'read-only-email', 'research-safe-v1', 'safe-banking'],
  );
  for (const { name, policy_hash } of packs) {
    const checked = await ioi('policy', 'check', `pack:${name}`, '--json');
    assert.equal(JSON.parse(checked.stdout).policy_hash, policy_hash);
    const tested = await ioi('policy', 'test', `pack:${name}`);
    assert.equal(tested.code, 0, tested.stdout);
  }
  const shown = await ioi('policy', 'show', '--pack', 'coding-agent');
  assert.match(shown.stdout, /^pack coding-agent, sha256:/);
  assert.match(shown.stdout, /never_credentials_by_files/);
  const unknown = await ioi('policy', 'check', 'pack:nothing');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /there is no pack `nothing`; those there are: coding-agent/);
});
