import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answers, PROJECT, source } from '../../testing/sources.ts';

const write = ['fs::write', { path: `${PROJECT}/a.ts` }] as const;
const WRITABLE = 'sandbox_mode = "workspace-write"\n';

test('Codex writes unasked only where every file, and no profile, lets it', () => {
  const codex = (...texts: readonly string[]) =>
    answers(texts.map((text) => source('codex', 'config.toml', text)))(...write);
  assert.equal(codex(WRITABLE), 'ALLOW');
  assert.equal(codex(`${WRITABLE}approval_policy = "on-request"\n`), 'ALLOW');
  for (const other of [
    'approval_policy = "untrusted"\n',
    'approval_policy = "some-day"\n',
    'sandbox_mode = "read-only"\n',
    'profile = "careful"\n[profiles.careful]\nsandbox_mode = "read-only"\n',
    '[projects."/home/ada/shop"]\ntrust_level = "untrusted"\n',
  ]) {
    assert.equal(codex(WRITABLE, other), 'REQUIRE_APPROVAL', other);
  }
  const bounded = [source('codex', 'config.toml', WRITABLE)];
  const enforced = source('codex', '/etc/codex/requirements.toml', 'allowed_sandbox_modes = []\n');
  assert.equal(answers([...bounded, enforced])(...write), 'REQUIRE_APPROVAL');
});

test('what bounds other files is not outvoted by them', () => {
  const allow = source('claude', 'settings.json', { permissions: { allow: ['Edit'] } });
  const managed = (value: boolean) =>
    source('claude', 'managed-settings.json', { allowManagedPermissionRulesOnly: value });
  assert.equal(answers([allow, managed(true)])(...write), 'REQUIRE_APPROVAL');
  assert.equal(answers([allow, managed(false)])(...write), 'ALLOW');
  const gemini = source('gemini', 'settings.json', { tools: { allowed: ['write_file'] } });
  const admin = source('gemini', 'settings.json', { admin: { secureModeEnabled: true } });
  assert.equal(answers([gemini])(...write), 'ALLOW');
  assert.equal(answers([gemini, admin])(...write), 'REQUIRE_APPROVAL');
});

test('a name that may end in several places restricts under each reading', () => {
  const gemini = answers([
    source('gemini', 'settings.json', {
      mcpServers: { my_server: { trust: true } },
      tools: { exclude: ['mcp_my_server_do_it'] },
    }),
  ]);
  assert.equal(gemini('mcp::my_server::do_it', {}), 'BLOCK');
  assert.equal(gemini('mcp::my_server::do_that', {}), 'ALLOW');
  const claude = answers([
    source('claude', 'settings.json', {
      permissions: { allow: ['mcp__a__b__c'], deny: ['mcp__x__y__z'] },
    }),
  ]);
  for (const target of ['mcp::x::y__z', 'mcp::x__y::z']) assert.equal(claude(target, {}), 'BLOCK');
});

test('a folder without a name is not taken for all that lies in it', () => {
  for (const entry of ['Edit()', 'Edit(.)', 'Edit(./)', 'Edit(/)', 'Edit(//)', 'Edit(~)']) {
    const ask = answers([source('claude', 'settings.json', { permissions: { allow: [entry] } })]);
    for (const path of [`${PROJECT}/a.ts`, '/home/ada/a', '/etc/a']) {
      assert.equal(ask('fs::write', { path }), 'REQUIRE_APPROVAL', `${entry} ${path}`);
    }
  }
});
