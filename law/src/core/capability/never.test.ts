import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuntimeToolContract } from '@ioi/protocol';
import { compilePolicy, type Layers, loadPolicy } from '../policy/index.ts';
import { neverPasses } from './never.ts';

type Rule = { target: string; action: string; conditions?: object };

function layers(rules: readonly Rule[], more: object = {}, above?: readonly Rule[]): Layers {
  const compiled = (each: readonly Rule[], members: object) => {
    const text = JSON.stringify({
      policy_id: 'p',
      ...members,
      rules: each.map((rule) => ({ conditions: {}, ...rule })),
    });
    const loaded = loadPolicy(text);
    assert.ok(loaded.ok, JSON.stringify(loaded));
    return compilePolicy(loaded.value.rules);
  };
  const ceiling = above && { policy: compiled(above, {}) };
  return { local: compiled(rules, more), ...(ceiling ? { ceiling } : {}) };
}

const tool = (target: string, able: string[] = []) =>
  ({
    target,
    primitive_capabilities: able,
    authority_scopes: [],
  }) as unknown as RuntimeToolContract;

const ALLOW = { target: 'fs::*', action: 'ALLOW' };

test('what no rule but BLOCK rules speak of never passes', () => {
  assert.ok(neverPasses(layers([ALLOW]), tool('gui::click')));
  assert.ok(!neverPasses(layers([ALLOW]), tool('fs::read')));
  assert.ok(!neverPasses(layers([{ ...ALLOW, action: 'REQUIRE_APPROVAL' }]), tool('fs::read')));
  const some = { target: 'gui::click', action: 'BLOCK', conditions: { allow_apps: ['x'] } };
  assert.ok(neverPasses(layers([some]), tool('gui::click')));
});

test('a BLOCK rule without conditions hides, one with conditions does not', () => {
  const block = { target: 'fs::read', action: 'BLOCK' };
  assert.ok(neverPasses(layers([ALLOW, block]), tool('fs::read')));
  const some = { ...block, conditions: { allow_paths: ['/etc'] } };
  assert.ok(!neverPasses(layers([ALLOW, some]), tool('fs::read')));
});

test('a policy that observes lets pass what only the default denies', () => {
  assert.ok(!neverPasses(layers([], { mode: 'observe' }), tool('gui::click')));
  const block = { target: 'gui::click', action: 'BLOCK' };
  assert.ok(neverPasses(layers([block], { mode: 'observe' }), tool('gui::click')));
});

test('either layer and either envelope hides', () => {
  assert.ok(neverPasses(layers([ALLOW], {}, []), tool('fs::read')));
  assert.ok(!neverPasses(layers([ALLOW], {}, [ALLOW]), tool('fs::read')));
  const held = layers([ALLOW], { envelope: ['prim:fs.read'] });
  assert.ok(neverPasses(held, tool('fs::write', ['prim:fs.write'])));
  assert.ok(!neverPasses(held, tool('fs::read', ['prim:fs.read'])));
});

test('before any policy nothing is hidden', () => {
  assert.ok(!neverPasses({ local: undefined }, tool('fs::read')));
});
