import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import * as fc from 'fast-check';
import {
  anyBudgets,
  anyFacts,
  anyRequest,
  anyRules,
  unusedBudgets,
} from '../../testing/random-policies.ts';
import { compilePolicy } from './compile.ts';
import { evaluate } from './evaluate.ts';
import { couldHold, isPattern, isWithin, readPattern, readRequestPath } from './path.ts';
import { foldCase, likeAscii } from './path-case.ts';
import { evaluateReference } from './reference.ts';
import type { Rule } from './rules.ts';
import { subjectOf, treeTargets } from './subject.ts';

const FACTS: ActionFacts = { workspace_root: '/home/ada/project' };

type Asked = { readonly target: string; readonly facts?: ActionFacts } & Record<string, unknown>;

function verdictOf(guards: readonly string[], asked: Asked, action: Rule['action'] = 'BLOCK') {
  const { target, facts = FACTS, ...params } = asked;
  const rules: Rule[] = [
    { rule_id: 'all', target: 'fs::*', action: 'ALLOW', conditions: {} },
    { rule_id: 'guard', target: 'fs::*', action, conditions: { allow_paths: [...guards] } },
  ];
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules });
  const context = { agent_id: 'agent://a/b' };
  const request = { target, params, context, nonce: '0' } as ActionRequest;
  const subject = subjectOf(request, facts);
  const decision = evaluate(policy, subject, unusedBudgets);
  assert.deepEqual(decision, evaluateReference(policy.rules, subject, unusedBudgets));
  return decision.verdict;
}

const inProject = (path: string): string => `/home/ada/project${path}`;

test('a guarded place cannot be carried away, listed or searched by a folder above it', () => {
  const move = { target: 'fs::move', source: inProject('/vault'), destination: inProject('/open') };
  for (const guard of ['./vault/secrets', inProject('/vault/secrets')]) {
    assert.equal(verdictOf([guard], move), 'BLOCK', guard);
    assert.equal(verdictOf([guard], move, 'REQUIRE_APPROVAL'), 'REQUIRE_APPROVAL', guard);
    for (const target of treeTargets) {
      const places = ['', '/vault', '/vault/secrets', '/vault/secrets/key'].map(inProject);
      for (const path of ['/', '/home/ada', ...places]) {
        assert.equal(verdictOf([guard], { target, path }), 'BLOCK', `${guard} ${target} ${path}`);
      }
      assert.equal(verdictOf([guard], { target, path: inProject('/vault/open') }), 'ALLOW');
      assert.equal(verdictOf([guard], { target, path: inProject('/vaults') }), 'ALLOW');
      assert.equal(verdictOf([guard], { target, path: '/home/bob' }), 'ALLOW');
    }
  }
  const onto = { ...move, source: inProject('/open'), destination: inProject('/vault') };
  assert.equal(verdictOf(['./vault/secrets'], onto), 'BLOCK');
});

test('a folder above a guarded place is free to targets that act on one thing', () => {
  for (const target of ['fs::read', 'fs::stat', 'fs::write', 'fs::mkdir']) {
    const path = inProject('/vault');
    assert.equal(verdictOf(['./vault/secrets'], { target, path }), 'ALLOW', target);
  }
});

test('a guard by wildcards is guarded from every folder that could hold a match', () => {
  const list = (path: string): Asked => ({ target: 'fs::list', path: inProject(path) });
  assert.equal(verdictOf(['./*/secrets'], list('/vault')), 'BLOCK');
  assert.equal(verdictOf(['./v*/secrets'], list('/open')), 'ALLOW');
  assert.equal(verdictOf(['./vault/**/secrets'], list('/vault/a/b')), 'BLOCK');
  assert.equal(verdictOf(['./vault/**/secrets'], list('')), 'BLOCK');
  assert.equal(verdictOf(['./vault/**/secrets'], list('/open')), 'ALLOW');
});

test('a guard that begins with any depth says nothing about the folders above a match', () => {
  for (const guard of ['**/.ssh/**', './**/*.pem', '/**/.env']) {
    for (const target of treeTargets) {
      for (const path of ['/', '/home/ada', inProject(''), inProject('/keys')]) {
        assert.equal(verdictOf([guard], { target, path }), 'ALLOW', `${guard} ${path}`);
      }
    }
  }
  const carried = { target: 'fs::move', source: inProject('/.env'), destination: inProject('/e') };
  assert.equal(verdictOf(['./**/.env'], carried), 'BLOCK');
});

test('a guard fits names in upper and lower case, an ALLOW rule as they are spelt', () => {
  const spellings = ['/.env', '/.ENV', '/.Env', '/A/.eNV/b'];
  for (const guard of ['/**/.env', './**/.Env', '/**/.E*']) {
    for (const path of spellings.map(inProject)) {
      assert.equal(verdictOf([guard], { target: 'fs::read', path }), 'BLOCK', `${guard} ${path}`);
    }
  }
  const read = (path: string): Asked => ({ target: 'fs::read', path });
  assert.equal(verdictOf(['/etc'], read('/ETC/passwd')), 'BLOCK');
  assert.equal(verdictOf(['./vault'], read('/Home/ada/PROJECT/vault')), 'BLOCK');
  assert.equal(verdictOf(['./vault/keys'], { target: 'fs::list', path: '/home/ADA' }), 'BLOCK');
  assert.equal(verdictOf(['/**/.ssh'], read('/w/.\u017f\u017fH/x')), 'BLOCK');
  assert.equal(verdictOf(['/**/.kube'], read('/w/.\u212aUBE')), 'BLOCK');
  assert.equal(verdictOf(['/**/.env'], read('/w/.enva')), 'ALLOW');
  const rules: Rule[] = [
    { rule_id: 'a', target: 'fs::*', action: 'ALLOW', conditions: { allow_paths: ['/w/a'] } },
  ];
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules });
  const context = { agent_id: 'agent://a/b' };
  const request: ActionRequest = { ...read('/w/A'), params: { path: '/w/A' }, context, nonce: '0' };
  assert.equal(evaluate(policy, subjectOf(request, {}), unusedBudgets).verdict, 'BLOCK');
});

test('all characters that fold to ASCII letters are known', () => {
  const found: string[] = [];
  for (let code = 0x80; code < 0x11_0000; code += 1) {
    const character = String.fromCodePoint(code);
    if (/[a-z]/.test(foldCase(character))) found.push(character);
    assert.equal(foldCase(foldCase(character)), foldCase(character));
  }
  assert.equal(found.join(''), likeAscii);
});

test('an ALLOW rule never takes a folder above its places for one of them', () => {
  const rules: Rule[] = [
    { rule_id: 'a', target: 'fs::*', action: 'ALLOW', conditions: { allow_paths: ['/w/a'] } },
  ];
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules });
  const context = { agent_id: 'agent://a/b' };
  for (const target of treeTargets) {
    const request: ActionRequest = { target, params: { path: '/w' }, context, nonce: '0' };
    assert.equal(evaluate(policy, subjectOf(request, {}), unusedBudgets).verdict, 'BLOCK');
  }
});

test('the indexed evaluator decides as the reference does on whole trees', () => {
  const target = fc.constantFrom(...treeTargets);
  const ruled = fc.tuple(anyRules, target).map(([rules, named]) => {
    const turned = rules.rules.map((rule) =>
      ['fs::read', 'net::fetch'].includes(rule.target) ? { ...rule, target: named } : rule,
    );
    return { rules: { ...rules, rules: turned }, target: named };
  });
  let guarded = 0;
  fc.assert(
    fc.property(ruled, anyRequest, anyFacts, anyBudgets, (given, request, facts, budgets) => {
      const policy = compilePolicy(given.rules);
      const subject = subjectOf({ ...request, target: given.target }, facts);
      const decision = evaluate(policy, subject, budgets);
      assert.deepEqual(decision, evaluateReference(policy.rules, subject, budgets));
      const onOne = subjectOf({ ...request, target: 'fs::other' }, facts);
      if (evaluate(policy, onOne, budgets).ruleId !== decision.ruleId) guarded += 1;
    }),
    { numRuns: 6000 },
  );
  assert.ok(guarded > 50, `only ${guarded} decisions were about trees`);
});

test('a path could hold a pattern exactly when something below it matches', () => {
  const names = ['a', 'b', 'ab'];
  const entry = fc.array(fc.constantFrom('a', 'ab', '*', '**', 'a*'), { maxLength: 4 });
  const path = fc.array(fc.constantFrom(...names), { maxLength: 3 });
  const below = extensionsOf(names, 4);
  fc.assert(
    fc.property(entry, path, (components, above) => {
      const pattern = readPattern(`/${components.join('/')}`);
      const read = readRequestPath(`/${above.join('/')}`);
      assert.ok(isPattern(pattern) && read !== undefined);
      const holds = below.some((more) => isWithin([...read, ...more], pattern.components));
      const says = couldHold(read, pattern.components) || isWithin(read, pattern.components);
      assert.equal(says, holds);
    }),
    { numRuns: 1000 },
  );
});

function extensionsOf(names: readonly string[], depth: number): string[][] {
  if (depth === 0) return [[]];
  const shorter = extensionsOf(names, depth - 1);
  const longest = shorter.filter((each) => each.length === depth - 1);
  return [...shorter, ...longest.flatMap((each) => names.map((name) => [...each, name]))];
}

test('a guard with very many folders is walked without recursion', () => {
  const deep = `/w${'/a'.repeat(20_000)}`;
  assert.equal(verdictOf([deep], { target: 'fs::list', path: '/w' }), 'BLOCK');
});
