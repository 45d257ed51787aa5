import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import type { Truth } from './condition.ts';
import { matcherOf } from './conditions.ts';
import { loadPolicy } from './load.ts';
import type { Action, ConditionName, Conditions } from './rules.ts';
import { subjectOf } from './subject.ts';

const FACTS = { workspace_root: '/w' };

function truthOf(
  given: Conditions,
  params: object,
  action: Action,
  facts: ActionFacts = FACTS,
): Truth | undefined {
  const [name] = Object.keys(given) as ConditionName[];
  const context = { agent_id: 'agent://a/b' };
  const request = { target: 'sys::exec', params, context, nonce: '0' } as ActionRequest;
  return matcherOf(name as ConditionName, given, action)?.(subjectOf(request, facts));
}

const given = { allow_commands: ['git status **', 'ls **', 'rm -rf **'] };

test('allow_commands vouches for all that is started, and catches any of it', () => {
  for (const [params, allows, blocks] of [
    [{ command: 'git status' }, 'yes', 'yes'],
    [{ command: 'git status; ls' }, 'yes', 'yes'],
    [{ command: 'git status; pwd' }, 'no', 'yes'],
    [{ command: 'pwd' }, 'no', 'no'],
    [{ command: 'pwd > x' }, 'no', 'no'],
    [{ command: 'ls > x' }, 'no', 'yes'],
    [{ command: 'ls 2> /dev/null' }, 'yes', 'yes'],
    [{ command: 'sudo rm -fr x' }, 'no', 'yes'],
    [{ argv: ['rm', '-r', '-f', 'x'] }, 'yes', 'yes'],
    [{ argv: ['pwd', '; rm -rf x'] }, 'no', 'no'],
    [{ argv: ['ls'], command: 'pwd' }, 'no', 'yes'],
  ] as const) {
    assert.equal(truthOf(given, params, 'ALLOW'), allows, JSON.stringify(params));
    assert.equal(truthOf(given, params, 'BLOCK'), blocks, JSON.stringify(params));
  }
});

test('no list lets through what Gemini CLI puts around a command; a restriction sees in', () => {
  const around = (command: string): string =>
    'shopt -u promptvars nullglob extglob nocaseglob dotglob; _bgpids_file=/tmp/a/b.tmp\n' +
    `(\n  trap 'jobs -p > "$_bgpids_file"' EXIT\n${command}\n)\n__code=$?\nexit $__code`;
  const all = ['ls **', 'shopt **', 'trap **', 'jobs **', 'tee **', 'exit **'];
  const params = { command: around('ls x') };
  assert.equal(truthOf({ allow_commands: ['ls **'] }, params, 'ALLOW'), 'no');
  assert.equal(truthOf({ allow_commands: all }, params, 'ALLOW'), 'unknown');
  assert.equal(truthOf({ allow_commands: ['ls **'] }, params, 'BLOCK'), 'yes');
  assert.equal(truthOf({ allow_commands: ['rm **'] }, params, 'REQUIRE_APPROVAL'), 'no');
});

test('what is not understood never allows and never escapes a restriction', () => {
  for (const params of [
    {},
    { command: 7 },
    { argv: 'ls' },
    { argv: ['pwd', 7] },
    { command: 'pwd', args: ['x'] },
    { command: 'pwd', env: { PATH: '/x' } },
    { command: 'pwd', env: 'PATH=/x' },
    { command: { $payload: `sha256:${'0'.repeat(64)}`, bytes: 9 } },
    { command: '$x' },
    { command: "pwd '" },
    { command: 'python -c x' },
  ]) {
    assert.equal(truthOf(given, params, 'ALLOW'), 'unknown', JSON.stringify(params));
    assert.equal(truthOf(given, params, 'BLOCK'), 'unknown', JSON.stringify(params));
  }
  assert.equal(truthOf(given, { command: '' }, 'ALLOW'), 'unknown');
  assert.equal(truthOf({ allow_commands: ['$'] }, { command: 'pwd' }, 'BLOCK'), 'unknown');
});

test('allow_paths guards what commands name', () => {
  const inside = { allow_paths: ['/w'] };
  const guard = { allow_paths: ['/w/vault', '/**/.ssh'] };
  for (const [params, allows, blocks] of [
    [{ command: 'cat a' }, 'yes', 'no'],
    [{ command: 'ls' }, 'yes', 'no'],
    [{ command: 'ls', cwd: '/x' }, 'no', 'no'],
    [{ command: 'ls', cwd: '/w/vault' }, 'yes', 'yes'],
    [{ command: 'cat a', cwd: 'w' }, 'unknown', 'unknown'],
    [{ command: 'cat /x' }, 'no', 'no'],
    [{ command: 'cat vault/a' }, 'yes', 'yes'],
    [{ command: 'rm -r /w' }, 'yes', 'yes'],
    [{ command: 'echo x > vault' }, 'yes', 'yes'],
    [{ command: 'cd vault; cat a' }, 'yes', 'yes'],
    [{ command: 'cat ~/.ssh/id' }, 'unknown', 'unknown'],
    [{ command: 'cat ../x' }, 'unknown', 'unknown'],
    [{ command: 'cat *' }, 'unknown', 'unknown'],
    [{ argv: ['cat', '/x/.ssh/id'] }, 'no', 'yes'],
  ] as const) {
    assert.equal(truthOf(inside, params, 'ALLOW'), allows, JSON.stringify(params));
    assert.equal(truthOf(guard, params, 'BLOCK'), blocks, JSON.stringify(params));
  }
  assert.equal(truthOf(guard, { command: 'cat a' }, 'BLOCK', {}), 'unknown');
  for (const [command, blocks] of [
    ['rg key', 'yes'],
    ['rg -A 3 key', 'yes'],
    ['grep -r key', 'yes'],
    ['grep -rn key src', 'no'],
    ['git add -A', 'yes'],
    ['tar c src', 'no'],
    ['tar c .', 'yes'],
    ['ls -R', 'yes'],
    ['grep key a', 'no'],
  ] as const) {
    assert.equal(truthOf(guard, { command }, 'BLOCK'), blocks, command);
  }
});

test('commands in a policy get one spelling, and faults point at the place', () => {
  const load = (allow_commands: readonly string[]) =>
    loadPolicy(
      JSON.stringify({
        policy_id: 'p',
        rules: [{ target: 'sys::exec', conditions: { allow_commands }, action: 'ALLOW' }],
      }),
    );
  const loaded = load(['rm -fr **', 'rm --recursive --force **', 'ls']);
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.value.rules.rules[0]?.conditions.allow_commands, ['ls', 'rm -f -r **']);
  const refused = load(['ls', 'ls; rm x']);
  const [fault] = refused.ok ? [] : refused.error;
  assert.equal(fault?.code, 'policy.invalid_command');
  assert.equal(fault?.pointer, '/rules/0/conditions/allow_commands/1');
});
