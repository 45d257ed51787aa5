import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules } from '@ioi/protocol';
import { compilePolicy } from '../compile.ts';
import type { Rule } from '../rules.ts';
import { includes } from './includes.ts';

type Said = readonly [action: Rule['action'], ...allow_commands: string[]];

function policyOf(rules: readonly Said[]): ActionRules {
  const named = rules.map(([action, ...allow_commands], at): Rule => {
    const conditions = allow_commands.length === 0 ? {} : { allow_commands };
    return { rule_id: `rule_${at}`, target: 'sys::exec', conditions, action };
  });
  return { policy_id: 'test', defaults: 'deny_all', rules: named };
}

function compareAll(cases: readonly (readonly [readonly Said[], readonly Said[], string])[]): void {
  for (const [before, after, verdict] of cases) {
    const [was, is] = [before, after].map((rules) => compilePolicy(policyOf(rules)));
    assert(was && is);
    assert.equal(includes(was, is).verdict, verdict, JSON.stringify({ before, after }));
  }
}

test('commands that read whole trees are told apart by program, first operand and options', () => {
  const never = ['BLOCK', '@tree'] as const;
  const ask = ['REQUIRE_APPROVAL', '@tree'] as const;
  const without = (...allowed: Said): readonly [readonly Said[], readonly Said[]] => {
    return [[allowed, never], [allowed]];
  };
  compareAll([
    [...without('ALLOW'), 'refused'],
    [...without('ALLOW', 'git status'), 'included'],
    [...without('ALLOW', 'git **'), 'refused'],
    [...without('ALLOW', 'git *'), 'refused'],
    [...without('ALLOW', 'git ADD'), 'included'],
    [...without('ALLOW', 'grep * *'), 'included'],
    [...without('ALLOW', 'grep --rec * *'), 'refused'],
    [...without('ALLOW', 'grep **'), 'refused'],
    [...without('ALLOW', 'tar-1 *'), 'refused'],
    [[['ALLOW'], ask], [['ALLOW'], ['REQUIRE_APPROVAL', 'grep -r']], 'refused'],
    [[['ALLOW'], ['BLOCK', 'tar **']], [['ALLOW'], never], 'included'],
    // `git x add` adds nothing.
    [[['ALLOW'], ['BLOCK', 'git add **']], [['ALLOW'], never], 'refused'],
    [
      [
        ['ALLOW', 'git * *'],
        ['BLOCK', 'git add'],
      ],
      [['ALLOW', 'git * *'], never],
      'refused',
    ],
    [
      [
        ['ALLOW', 'git *'],
        ['BLOCK', 'git add'],
      ],
      [['ALLOW', 'git *'], never],
      'refused',
    ],
    [
      [
        ['ALLOW', 'git add *'],
        ['BLOCK', 'git add'],
      ],
      [['ALLOW', 'git add *'], never],
      'included',
    ],
  ]);
});

test('a program in a version is caught by its name with and without it', () => {
  const [clang, version] = [['BLOCK', 'clang'] as const, ['BLOCK', 'clang-18'] as const];
  const allowed = ['ALLOW', 'clang-18 *'] as const;
  compareAll([
    [[allowed, clang], [allowed], 'refused'],
    [[allowed, clang], [allowed, version], 'included'],
    [[['ALLOW'], version], [['ALLOW'], clang], 'included'],
    [[['ALLOW'], clang], [['ALLOW'], version], 'refused'],
  ]);
});
