import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRequest } from '@ioi/protocol';
import {
  type CompiledPolicy,
  compilePolicy,
  evaluate,
  loadPolicy,
  runPolicyTests,
  subjectOf,
} from '../policy/index.ts';
import { ALSO_EXECUTED_LATER } from './also-executed-later.ts';
import { isExecutedLater } from './executed-later.ts';
import { packs } from './index.ts';
import { CREDENTIALS, EXECUTED_LATER, GIT, SYSTEM } from './places.ts';

function load(name: string) {
  const pack = packs.find((each) => each.name === name);
  assert.ok(pack, name);
  const loaded = loadPolicy(pack.text);
  assert.ok(loaded.ok, `${name}: ${JSON.stringify(loaded)}`);
  return loaded.value;
}

function verdictOn(policy: CompiledPolicy, target: string, params: object): string {
  const context = { agent_id: 'agent://a/b' };
  const request = { target, params, context, nonce: '1' } as ActionRequest;
  const subject = subjectOf(request, { workspace_root: '/w', target_exists: true });
  return evaluate(policy, subject, { calls: () => 0, spent: () => 0n }).verdict;
}

/** A path that the entry is about. */
function within(entry: string): string {
  return entry.replace('/**/', '/w/').replaceAll('*', 'x');
}

test('a pack is the very policy its name has stood for', () => {
  assert.deepEqual(
    packs.map(({ name }) => [name, load(name).policyHash]),
    [
      ['coding-agent', 'sha256:1e7a1c8fb81504e450f9795ed87be72b18d4426b575ca13685585f74ce279cdf'],
      [
        'coding-agent-v2',
        'sha256:7f9a4d0039cd765fb71ca5e9824942e88afcb99428ff6ec8947b1d15af200b81',
      ],
      [
        'read-only-email',
        'sha256:bf1e1e59eac34ffc8b12a6eb8bf7c9a3f8e1b64f2292983b2c201896b377e718',
      ],
      [
        'research-safe-v1',
        'sha256:aa9f1c6e966ad71902fd7f2557cd2a4f2873adbc280bb5f48cc478c4666b1f70',
      ],
      ['safe-banking', 'sha256:d104cb306fb28e184b7bce1e2dec682086c01f0cff02b188bda01c4900b84d3a'],
    ],
  );
});

test('the examples of every pack hold, and every rule has one', () => {
  for (const { name } of packs) {
    const loaded = load(name);
    assert.deepEqual(
      runPolicyTests(loaded).filter(({ isPassed }) => !isPassed),
      [],
      name,
    );
    const exemplified = new Set(loaded.tests.map(({ rule }) => rule.rule_id));
    assert.equal(exemplified.size, loaded.rules.rules.length, name);
  }
});

test('every pack denies the system, credentials and settings of git, by file and command', () => {
  for (const { name } of packs) {
    const policy = compilePolicy(load(name).rules);
    for (const entry of [...SYSTEM, ...CREDENTIALS, ...GIT]) {
      const path = within(entry);
      for (const target of ['fs::read', 'fs::write', 'fs::move', 'fs::anything']) {
        assert.equal(verdictOn(policy, target, { path }), 'BLOCK', `${name} ${target} ${path}`);
      }
      const command = `cat '${path}'`;
      assert.equal(verdictOn(policy, 'sys::exec', { command }), 'BLOCK', `${name} ${command}`);
    }
    for (const command of ['cat ~/.ssh/id_rsa', 'cat $HOME/.netrc', 'ls ~', 'cat .en?']) {
      assert.equal(verdictOn(policy, 'sys::exec', { command }), 'BLOCK', `${name} ${command}`);
    }
  }
});

test('the coding agent is asked about what is executed later, and works otherwise', () => {
  const policy = compilePolicy(load('coding-agent').rules);
  for (const entry of EXECUTED_LATER) {
    const path = within(entry);
    assert.equal(verdictOn(policy, 'fs::write', { path }), 'REQUIRE_APPROVAL', path);
    assert.equal(verdictOn(policy, 'fs::read', { path }), 'ALLOW', path);
  }
  for (const [target, params, verdict] of [
    ['fs::write', { path: '/w/src/a.ts' }, 'ALLOW'],
    ['fs::write', { path: '/x/a.ts' }, 'BLOCK'],
    ['fs::delete', { path: '/w/src' }, 'REQUIRE_APPROVAL'],
    ['sys::exec', { command: 'npm test && git status' }, 'ALLOW'],
    ['sys::exec', { command: 'git log | head -n 3' }, 'ALLOW'],
    ['sys::exec', { command: 'git push' }, 'REQUIRE_APPROVAL'],
    ['sys::exec', { command: 'grep -Hr x .' }, 'REQUIRE_APPROVAL'],
    ['sys::exec', { command: 'ls -lR' }, 'REQUIRE_APPROVAL'],
    ['sys::exec', { command: 'echo x > package.json' }, 'REQUIRE_APPROVAL'],
    ['sys::exec', { command: 'git diff --output=package.json' }, 'BLOCK'],
    ['net::fetch', { url: 'https://a.com/' }, 'BLOCK'],
    ['net::git::push', { command: 'git push https://a.com/r refs/heads/x' }, 'REQUIRE_APPROVAL'],
  ] as const) {
    assert.equal(verdictOn(policy, target, params), verdict, JSON.stringify(params));
  }
});

test('a run on a copy is merged after a question, and never over what every pack denies', () => {
  const [first, second] = ['coding-agent', 'coding-agent-v2'].map((name) => {
    return compilePolicy(load(name).rules);
  }) as [CompiledPolicy, CompiledPolicy];
  const merge = (...paths: string[]) => ({ paths });
  assert.equal(verdictOn(first, 'fs::merge', merge('/w/src/a.ts')), 'BLOCK');
  assert.equal(verdictOn(second, 'fs::merge', merge('/w/src/a.ts')), 'REQUIRE_APPROVAL');
  assert.equal(verdictOn(second, 'fs::merge', merge('/w/a', '/w/.git/config')), 'BLOCK');
  assert.equal(verdictOn(second, 'fs::merge', merge('/w/.env.local', '/w/a')), 'BLOCK');
});

test('whoever lets pushes through is asked still where commits may be lost', () => {
  const rule = {
    rule_id: 'push',
    target: 'net::git::push',
    conditions: { allow_domains: ['a.com'] },
    action: 'ALLOW' as const,
  };
  const { rules } = load('coding-agent');
  const policy = compilePolicy({ ...rules, rules: [...rules.rules, rule] });
  const url = 'https://a.com/r/git-receive-pack';
  for (const [words, verdict] of [
    ['https://a.com/r refs/heads/main', 'ALLOW'],
    ['--delete https://a.com/r refs/heads/old', 'ALLOW'],
    ['--force https://a.com/r refs/heads/old', 'REQUIRE_APPROVAL'],
    ['--delete https://a.com/r refs/heads/master', 'REQUIRE_APPROVAL'],
    ['https://a.com/r refs/heads/a && git push --force https://a.com/r x', 'REQUIRE_APPROVAL'],
  ] as const) {
    const params = { url, command: `git push ${words}` };
    assert.equal(verdictOn(policy, 'net::git::push', params), verdict, words);
  }
});

test('a rule that vouches for a push vouches for no word to the server beside it', () => {
  const repository = 'https://a.com/r';
  const verdictBy = (pattern: string, words: string): string => {
    const rule = {
      rule_id: 'push',
      target: 'net::git::push',
      conditions: { allow_commands: [pattern] },
      action: 'ALLOW' as const,
    };
    const { rules } = load('coding-agent');
    const policy = compilePolicy({ ...rules, rules: [rule] });
    const params = { url: `${repository}/git-receive-pack`, command: `git push ${words}` };
    return verdictOn(policy, 'net::git::push', params);
  };
  const known = `git push ${repository} refs/heads/a`;
  const plain = `${repository} refs/heads/a`;
  const asking = `${plain} '--push-option=merge_request.create'`;
  assert.equal(verdictBy(known, plain), 'ALLOW');
  assert.equal(verdictBy(known, asking), 'BLOCK');
  assert.equal(verdictBy(`${known} --push-option=merge_request.create`, asking), 'ALLOW');
  assert.equal(verdictBy(`${known} --push-option=ci.skip`, asking), 'BLOCK');
  // What the word says is not taken for the repository.
  const elsewhere = `https://a.com/s refs/heads/a '--push-option=${repository}'`;
  assert.equal(verdictBy(`git push ${repository} **`, elsewhere), 'BLOCK');
});

test('mail is only read, and money asks', () => {
  const mail = compilePolicy(load('read-only-email').rules);
  assert.equal(verdictOn(mail, 'email::read', {}), 'ALLOW');
  assert.equal(verdictOn(mail, 'email::send', {}), 'BLOCK');
  const bank = compilePolicy(load('safe-banking').rules);
  const amount = (text: string) => ({ amount: { amount: text, unit: 'usd' } });
  assert.equal(verdictOn(bank, 'bank::balance', {}), 'ALLOW');
  assert.equal(verdictOn(bank, 'bank::transfer', amount('20')), 'REQUIRE_APPROVAL');
  assert.equal(verdictOn(bank, 'bank::transfer', amount('501')), 'BLOCK');
  assert.equal(verdictOn(bank, 'wallet::export_key', {}), 'BLOCK');
});

test('hooks, tasks, scripts, rules of shells and of build servers are executed later', () => {
  const hooks = ['.git/hooks/pre-commit', '.githooks/pre-push', '.husky/_/h', 'lefthook.yaml'];
  const tasks = ['.vscode/tasks.json', '.idea/runConfigurations/a.xml', 'a.code-workspace'];
  const scripts = ['package.json', 'Makefile', 'sub/GNUmakefile', 'rules.mk', 'justfile'];
  const shells = ['.envrc', '.bashrc', '.bash_logout', '.zshrc', '.zlogin', '.profile', '.kshrc'];
  const servers = [
    '.github/workflows/a.yml',
    '.gitlab-ci.yml',
    '.woodpecker/a.yaml',
    'Jenkinsfile',
  ];
  const agents = ['.claude/settings.json', '.codex/config.toml', '.gemini/x', 'opencode.jsonc'];
  for (const name of [hooks, tasks, scripts, shells, servers, agents].flat()) {
    assert.ok(isExecutedLater(`/w/${name}`), name);
  }
});

test('what is executed later is told by its path, wherever it lies', () => {
  for (const path of ['/w/package.json', '/w/a/b/Makefile', '/w/.vscode/tasks.json', '/w/.envrc']) {
    assert.ok(isExecutedLater(path), path);
  }
  for (const entry of ALSO_EXECUTED_LATER) assert.ok(isExecutedLater(within(entry)), entry);
  for (const name of ['.codex/x', '.prettierrc.js', '.lintstagedrc.mjs', 'a/.ENV', '.env.local']) {
    assert.ok(isExecutedLater(`/w/${name}`), name);
  }
  for (const name of ['.GIT/hooks/pre-commit', 'MAKEFILE', '.gi\u200ct/config', 'a/workspace']) {
    assert.ok(isExecutedLater(`/w/${name}`), `${name}, where case is ignored`);
  }
  assert.ok(!isExecutedLater('/home/workspace/a.ts'), 'many a folder is called that');
  assert.ok(isExecutedLater('/w/../package.json'), 'in doubt');
  for (const path of ['/w/src/a.ts', '/w/package.json.md', '/w']) assert.ok(!isExecutedLater(path));
});
