import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules } from '@ioi/protocol';
import { joinLayers } from './join-layers.ts';
import { loadPolicy } from './load.ts';

type Rule = ActionRules['rules'][number];

const read: Rule = { rule_id: 'read', target: 'fs::read', conditions: {}, action: 'ALLOW' };
const keys: Rule = {
  rule_id: 'keys',
  target: 'fs::*',
  conditions: { allow_paths: ['/**/.ssh'] },
  action: 'BLOCK',
};

function layer(name: string, rules: readonly Rule[], more: Partial<ActionRules> = {}) {
  return {
    name,
    rules: { policy_id: name, defaults: 'deny_all' as const, ...more, rules: [...rules] },
  };
}

function refusal(...layers: ReturnType<typeof layer>[]): string {
  const joined = joinLayers('all', layers);
  return joined.ok ? 'joined' : `${joined.error.code} ${joined.error.message}`;
}

test('layers are joined to one policy that loads, each rule once', () => {
  const layers = [layer('base', [read, keys]), layer('team', [read], { unit: 'USD' })];
  const joined = joinLayers('all', layers);
  assert.ok(joined.ok);
  assert.deepEqual(
    joined.value.rules.map(({ rule_id }) => rule_id),
    ['read', 'keys'],
  );
  assert.equal(joined.value.unit, 'USD');
  assert.ok(loadPolicy(JSON.stringify(joined.value)).ok);
});

test('layers that contradict each other are refused, and the refusal names both', () => {
  const other: Rule = { ...read, target: 'fs::list' };
  const differs = /^policy\.layers_contradict rule read of team .* differs from rule read of base/;
  assert.match(refusal(layer('base', [read]), layer('team', [other])), differs);
  const blocked: Rule = { ...read, rule_id: 'no_read', action: 'BLOCK' };
  const otherwise = /rule no_read of team \(BLOCK fs::read\) decides otherwise .* of base \(ALLOW/;
  assert.match(refusal(layer('base', [read]), layer('team', [blocked])), otherwise);
  const units = [layer('base', [], { unit: 'USD' }), layer('team', [], { unit: 'EUR' })];
  assert.match(refusal(...units), /count in USD and EUR/);
  assert.match(refusal(layer('base', [read], { mode: 'observe' })), /base says `mode`/);
  const sends = { egress: [{ target: 'net::*', deny: ['email' as const] }] };
  assert.equal(refusal(layer('base', [], sends), layer('team', [], sends)), 'joined');
  const lets = { egress: [{ target: 'net::*', transform: ['email' as const] }] };
  assert.match(refusal(layer('base', [], sends), layer('team', [], lets)), /net::\* sends/);
});

test('of envelopes what all of them hold is let', () => {
  const layers = [
    layer('base', [], { envelope: ['prim:fs.read', 'prim:fs.write'] }),
    layer('team', [], { envelope: ['prim:fs.read'] }),
    layer('more', []),
  ];
  const joined = joinLayers('all', layers);
  assert.ok(joined.ok);
  assert.deepEqual(joined.value.envelope, ['prim:fs.read']);
});
