import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePolicy, evaluate, loadPolicy, runPolicyTests, subjectOf } from '@ioi/law';
import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import fc from 'fast-check';
import { starterPolicy } from './starter-policy.ts';

const noBudgets = { calls: () => 0, spent: () => 0n };

function loadedFor(workspace: string) {
  const text = starterPolicy(workspace);
  assert.ok(text.ok);
  const loaded = loadPolicy(text.value);
  assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.error));
  return loaded.value;
}

function verdictOf(
  target: string,
  params: ActionRequest['params'],
  facts: ActionFacts = {},
): string {
  const policy = compilePolicy(loadedFor('/home/ada/project').rules);
  const context = { agent_id: 'agent://local/test' };
  const request: ActionRequest = { target, params, context, nonce: '1' };
  const given = { workspace_root: '/home/ada/project', ...facts };
  return evaluate(policy, subjectOf(request, given), noBudgets).verdict;
}

test('the starter policy loads, and every example in it holds', () => {
  const results = runPolicyTests(loadedFor('/home/ada/project'));
  assert.ok(results.length >= 10);
  assert.deepEqual(
    results.filter(({ isPassed }) => !isPassed),
    [],
  );
});

test('the starter policy reads and creates inside, asks before it replaces', () => {
  const inside = { path: '/home/ada/project/a/b.txt' };
  assert.equal(verdictOf('fs::read', inside), 'ALLOW');
  assert.equal(verdictOf('fs::list', { path: '/home/ada/project' }), 'ALLOW');
  assert.equal(verdictOf('fs::write', inside, { target_exists: false }), 'ALLOW');
  assert.equal(verdictOf('fs::write', inside, { target_exists: true }), 'REQUIRE_APPROVAL');
  assert.equal(verdictOf('fs::write', inside), 'REQUIRE_APPROVAL');
  const move = { source: '/home/ada/project/a', destination: '/home/ada/project/b' };
  assert.equal(verdictOf('fs::move', move), 'REQUIRE_APPROVAL');
  for (const path of ['/home/ada', '/home/ada/project2/x', '/etc/passwd', '/']) {
    assert.equal(verdictOf('fs::read', { path }), 'BLOCK');
    assert.equal(verdictOf('fs::write', { path }, { target_exists: false }), 'BLOCK');
  }
  assert.equal(verdictOf('shell::run', { command: 'ls' }), 'BLOCK');
});

test('the starter policy keeps secrets from every file tool, inside and outside', () => {
  const names = ['.ssh/id_ed25519', '.env', 'keys/server.pem', '.git/config', '.git/hooks/x'];
  for (const name of names) {
    for (const target of ['fs::read', 'fs::list', 'fs::write', 'fs::stat']) {
      const params = { path: `/home/ada/project/deep/${name}` };
      assert.equal(verdictOf(target, params, { target_exists: false }), 'BLOCK');
    }
  }
  const paths = ['/home/ada/project/a', '/home/ada/project/.ssh/id_rsa'];
  assert.equal(verdictOf('fs::read', { paths }), 'BLOCK');
});

test('the starter policy lets no tool write what runs later, and lets it be read', () => {
  const names = ['.git/commondir', '.git/config.worktree', '.vscode/tasks.json', 'a/.idea/x.xml'];
  for (const name of [...names, '.envrc']) {
    const params = { path: `/home/ada/project/${name}` };
    assert.equal(verdictOf('fs::write', params, { target_exists: false }), 'BLOCK');
    assert.equal(verdictOf('fs::mkdir', params), 'BLOCK');
    assert.equal(verdictOf('fs::read', params), 'ALLOW');
    const move = { source: '/home/ada/project/a', destination: params.path };
    assert.equal(verdictOf('fs::move', move), 'BLOCK');
  }
});

test('a workspace with any other name still makes a policy that is about it alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const workspace = `/srv/${name.replaceAll(/[/*\0]/g, '_')}`;
      if (/(^|\/)\.\.?$/.test(workspace) || !workspace.isWellFormed()) return;
      const { rules } = loadedFor(workspace);
      const read = rules.rules.find(({ rule_id }) => rule_id === 'read_workspace');
      assert.deepEqual(read?.conditions.allow_paths, [workspace]);
    }),
  );
});

test('the whole disk, a relative path and a wildcard are no workspace', () => {
  for (const workspace of ['/', 'project', '', '/srv/*', '/a\0b']) {
    assert.equal(starterPolicy(workspace).ok, false);
  }
});
