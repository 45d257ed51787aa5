import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answers, PROJECT, source } from '../../testing/sources.ts';
import { loadPolicy } from '../policy/index.ts';
import { importPermissions, printImported } from './index.ts';

const run = (command: string) => ['sys::exec', { command, cwd: PROJECT }] as const;
const file = (verb: string, path: string) => [`fs::${verb}`, { path }] as const;

const CLAUDE = {
  permissions: {
    allow: [
      'Bash(npm run test:*)',
      'Bash(git status)',
      'Bash(git *)',
      'Bash(cat:*)',
      'Read(src/**)',
      'Edit(//home/ada/shop/src/**)',
      'Write(docs/**)',
      'WebFetch(domain:example.com)',
      'mcp__github__get_issue',
      'mcp__mail',
      'WebSearch',
    ],
    ask: ['Bash(git push:*)'],
    deny: ['Bash(curl *)', 'Read(./.env)', 'Read(~/.ssh/**)', 'mcp__github__delete_repo'],
    defaultMode: 'acceptEdits',
  },
  sandbox: {
    autoAllowBashIfSandboxed: true,
    filesystem: { denyWrite: ['/etc'] },
    network: { allowedDomains: ['npmjs.org'] },
  },
};

test('permissions of Claude Code decide here as there, or more carefully', () => {
  const ask = answers([source('claude', '.claude/settings.json', CLAUDE)]);
  for (const [expected, request] of [
    ['ALLOW', run('npm run test -- --watch')],
    ['ALLOW', run('git status && git log -3 --no-pager')],
    ['REQUIRE_APPROVAL', run('git push origin main')],
    ['REQUIRE_APPROVAL', run('npm run build')],
    ['BLOCK', run('git status && curl example.com')],
    ['BLOCK', run('cat .env')],
    ['ALLOW', run('cat src/a.ts')],
    ['ALLOW', file('read', `${PROJECT}/src/a.ts`)],
    ['BLOCK', file('read', `${PROJECT}/.env`)],
    ['BLOCK', file('read', '/home/ada/.ssh/id_ed25519')],
    ['BLOCK', file('write', '/etc/hosts')],
    ['ALLOW', file('write', `${PROJECT}/src/a.ts`)],
    ['REQUIRE_APPROVAL', file('write', `${PROJECT}/docs/a.md`)],
    ['REQUIRE_APPROVAL', ['net::fetch', { url: 'https://example.com/' }]],
    ['REQUIRE_APPROVAL', ['net::fetch', { url: 'https://below.example.com/' }]],
    ['ALLOW', ['mcp::github::get_issue', {}]],
    ['BLOCK', ['mcp::github::delete_repo', {}]],
    ['ALLOW', ['mcp::mail::send', {}]],
    ['REQUIRE_APPROVAL', ['mcp::other::send', {}]],
  ] as const) {
    assert.equal(ask(request[0], request[1]), expected, JSON.stringify(request));
  }
});

test('what cannot be said is listed with its line and the reason', () => {
  const { untranslated } = importPermissions([source('claude', 'settings.json', CLAUDE)]);
  assert.deepEqual(
    untranslated.map(({ place, reason }) => [place.line, place.text, reason.slice(0, 24)]),
    [
      [14, '"WebSearch"', 'no call of such a tool p'],
      [25, '"defaultMode": "acceptEdits"', 'a mode is no rule; what '],
      [28, '"autoAllowBashIfSandboxed": true', 'it lets more through ins'],
      [35, '"allowedDomains": [\n        "npmjs.org"\n      ]', 'it lets more through ins'],
    ],
  );
});

test('an entry that asks stands over a narrower one that allows, as in the source', () => {
  const permissions = { allow: ['Bash(git status)', 'Bash(ls)'], ask: ['Bash(git:*)'] };
  const files = [source('claude', 'settings.json', { permissions })];
  const ask = answers(files);
  assert.equal(ask(...run('git status')), 'REQUIRE_APPROVAL');
  assert.equal(ask(...run('ls')), 'ALLOW');
  const { untranslated } = importPermissions(files);
  assert.match(untranslated[0]?.reason ?? '', /asking stands over allowing/);
});

test('where something denied cannot be said, what it might be about is asked for', () => {
  for (const deny of ['Bash(* --force)', 'Bash(bash:*)', 'Bash(timeout:*)', 'Bash(', '*', 7]) {
    const permissions = { allow: ['Bash(ls:*)', 'Bash(git:*)'], deny: [deny] };
    const ask = answers([source('claude', 'settings.json', { permissions })]);
    assert.equal(ask(...run('ls -l')), 'REQUIRE_APPROVAL', String(deny));
    assert.equal(ask(...run('bash -c "ls"')), 'REQUIRE_APPROVAL', String(deny));
  }
});

test('a file that cannot be trusted leaves nothing allowed', () => {
  const good = { permissions: { allow: ['Bash(ls:*)', 'Read'] } };
  for (const bad of [
    '{"permissions": {"deny": ["Read"]}, "permissions": {}}',
    '{"permissions": {"deny": [',
    '[]',
    '',
    `${'['.repeat(10_000)}`,
    '\u0000',
  ]) {
    const ask = answers([source('claude', 'a.json', good), source('claude', 'b.json', bad)]);
    assert.equal(ask(...run('ls')), 'REQUIRE_APPROVAL', bad.slice(0, 40));
    assert.equal(ask(...file('read', '/a')), 'REQUIRE_APPROVAL');
  }
});

test('no text of a source ends a comment or moves a terminal', () => {
  const name = 'a\n"rules": [{"target": "fs::*", "action": "ALLOW"}],\u202e\u2028\r.json';
  const entry = 'Bash(ls\u2028:*)\n, "x": 1 //';
  const permissions = { allow: ['Bash(ls)', entry], deny: [entry] };
  const text = printImported(importPermissions([source('claude', name, { permissions })]), 'p');
  assert.match(text, /^[\n -~]*$/);
  assert(loadPolicy(text).ok);
  assert(!text.split('\n').some((line) => line.startsWith('"rules"')));
});

test('a sandbox of Codex is folders to read and write; commands are asked for', () => {
  const config = `
model = "gpt-5.1-codex"
approval_policy = "on-request"
sandbox_mode = "workspace-write"

[sandbox_workspace_write]
writable_roots = ["/home/ada/notes", "relative", "/"]
network_access = true

[mcp_servers.github]
command = "docker"
disabled_tools = ["delete_repo"]
`;
  const files = [source('codex', 'config.toml', config)];
  const ask = answers(files);
  assert.equal(ask(...file('write', `${PROJECT}/a`)), 'ALLOW');
  assert.equal(ask(...file('write', '/home/ada/notes/a')), 'ALLOW');
  assert.equal(ask(...file('write', `${PROJECT}/.git/hooks/x`)), 'REQUIRE_APPROVAL');
  assert.equal(ask(...file('write', '/etc/hosts')), 'REQUIRE_APPROVAL');
  assert.equal(ask(...run('ls')), 'REQUIRE_APPROVAL');
  assert.equal(ask('mcp::github::delete_repo', {}), 'BLOCK');
  const lines = importPermissions(files).untranslated.map(({ place }) => place.line);
  assert.deepEqual(lines, [7, 7, 3, 8]);
  const never = config.replace('on-request', 'never');
  assert.equal(answers([source('codex', 'config.toml', never)])(...run('ls')), 'BLOCK');
});

test('rules of Codex are prefixes with alternatives; the strictest decides', () => {
  const rules = `
# comments and 'texts' of both kinds
prefix_rule(pattern = ["git", ["status", "log"]], match = [["git", "log"]])
prefix_rule(
    pattern = ['git', 'log', "--all"],
    decision = "prompt",
    justification = "say \\"why\\"",
)
prefix_rule(pattern = ["rm"], decision = "forbidden")
network_rule(host = "evil.example", protocol = "https", decision = "deny")
`;
  const ask = answers([source('codex', 'default.rules', rules)]);
  assert.equal(ask(...run('git status')), 'ALLOW');
  assert.equal(ask(...run('git log --all')), 'REQUIRE_APPROVAL');
  assert.equal(ask(...run('git diff')), 'REQUIRE_APPROVAL');
  assert.equal(ask(...run('git status; rm x')), 'BLOCK');
  assert.equal(ask('net::fetch', { url: 'https://evil.example/' }), 'BLOCK');
  for (const more of [
    'x = 1',
    'load("a", "b")',
    'prefix_rule(pattern = ["rm" + "x"], decision = "forbidden")',
    'prefix_rule(pattern = ["rm" "x"], decision = "forbidden")',
    'prefix_rule(pattern = [W], decision = "forbidden")',
    'prefix_rule(pattern = ["a"], decision = "unheard")',
    'forbid(pattern = ["git"])',
    'prefix_rule(pattern = ["\\u0067it"], decision = "forbidden")',
  ]) {
    const careful = answers([source('codex', 'default.rules', `${rules}\n${more}`)]);
    assert.equal(careful(...run('git status')), 'REQUIRE_APPROVAL', more);
  }
});

const GEMINI = {
  tools: {
    allowed: ['run_shell_command(git status)', 'ReadFileTool', 'server__look', 'nonsense(x)'],
    exclude: ['run_shell_command(rm)', 'web_fetch'],
    sandbox: 'docker',
  },
  mcpServers: {
    calendar: { command: 'calendar', trust: true, excludeTools: ['delete_event'] },
    narrow: { command: 'narrow', trust: true, includeTools: ['look'] },
  },
};

test('settings of Gemini CLI decide here as there, or more carefully', () => {
  const ask = answers([source('gemini', '.gemini/settings.json', GEMINI)]);
  assert.equal(ask(...run('git status -s')), 'ALLOW');
  assert.equal(ask(...run('git status; rm x')), 'BLOCK');
  assert.equal(ask(...file('read', '/anything')), 'ALLOW');
  assert.equal(ask(...file('write', '/anything')), 'REQUIRE_APPROVAL');
  assert.equal(ask('net::fetch', { url: 'https://a.example/' }), 'BLOCK');
  assert.equal(ask('mcp::server::look', {}), 'ALLOW');
  assert.equal(ask('mcp::calendar::add_event', {}), 'ALLOW');
  assert.equal(ask('mcp::calendar::delete_event', {}), 'BLOCK');
  assert.equal(ask('mcp::narrow::other', {}), 'REQUIRE_APPROVAL');
  const core = { coreTools: ['read_file', 'run_shell_command(ls)'], allowedTools: ['replace'] };
  const only = answers([source('gemini', 'settings.json', core)]);
  assert.equal(only(...file('write', '/anything')), 'BLOCK');
  assert.equal(only(...run('git status')), 'REQUIRE_APPROVAL');
});

test('a policy of Gemini CLI: whatever the priorities, what denies stands first', () => {
  const policy = `
[[rule]]
toolName = "run_shell_command"
commandPrefix = ["git status", "npm test"]
decision = "allow"
priority = 999

[[rule]]
commandPrefix = "npm"
decision = "ask_user"
priority = 1

[[rule]]
toolName = ["write_file", "replace"]
decision = "deny"
priority = 10
denyMessage = "no"

[[rule]]
mcpName = "mail"
toolName = "send"
decision = "allow"
priority = 10
`;
  const ask = answers([source('gemini', 'rules.toml', policy)]);
  assert.equal(ask(...run('git status')), 'ALLOW');
  assert.equal(ask(...run('npm test')), 'REQUIRE_APPROVAL');
  assert.equal(ask(...file('write', '/a')), 'BLOCK');
  assert.equal(ask('mcp::mail::send', {}), 'ALLOW');
  for (const strange of ['argsPattern = "x"', 'commandRegex = "g.*"', 'modes = ["plan"]']) {
    const rule = ['[[rule]]', 'toolName = "run_shell_command"', strange, 'decision = "deny"'];
    const more = [policy, ...rule, 'priority = 1'].join('\n');
    const files = [source('gemini', 'rules.toml', more)];
    assert.equal(answers(files)(...run('git status')), 'REQUIRE_APPROVAL', strange);
    const { place } = importPermissions(files).untranslated.at(-1) ?? {};
    assert.equal(place?.line, 25);
  }
});
