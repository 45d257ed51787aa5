import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules } from '@ioi/protocol';
import { packs } from '../packs/index.ts';
import { contradictionIn } from './contradictions.ts';
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

test('what one layer allows and another blocks whole is refused, in either order', () => {
  const frozen: Rule = { rule_id: 'no_files', target: 'fs::*', conditions: {}, action: 'BLOCK' };
  const never = /^policy\.layers_contradict rule read of team .* never applies: .* of base/;
  assert.match(refusal(layer('base', [frozen]), layer('team', [read])), never);
  assert.match(refusal(layer('team', [read]), layer('base', [frozen])), never);
  const ask: Rule = { ...read, rule_id: 'ask', action: 'REQUIRE_APPROVAL' };
  assert.match(refusal(layer('base', [frozen]), layer('team', [ask])), /rule ask of team .* never/);
  const own = { ...read, rule_id: 'own', conditions: { allow_paths: ['/w/.ssh/known'] } };
  const guard = { ...keys, conditions: { allow_paths: ['/w/.ssh'] } };
  assert.match(refusal(layer('base', [guard]), layer('team', [own])), /rule own of team .* never/);
  // A guard that takes a part away contradicts nothing, nor does a layer that freezes itself.
  assert.equal(refusal(layer('base', [keys]), layer('team', [read])), 'joined');
  assert.equal(refusal(layer('base', [frozen, read])), 'joined');
});

test('an envelope that keeps out what a layer lets be done is refused with what is missing', () => {
  const write: Rule = { ...read, rule_id: 'write', target: 'fs::write' };
  const reading = layer('base', [read], { envelope: ['prim:fs.read'] });
  const kept = /rule write of team .* takes prim:fs\.write, which the envelope of base keeps out/;
  assert.match(refusal(reading, layer('team', [write])), kept);
  assert.match(refusal(layer('team', [write]), reading), kept);
  assert.equal(refusal(reading, layer('team', [{ ...write, action: 'BLOCK' }])), 'joined');
  const other = layer('team', [], { envelope: ['prim:net.request'] });
  const apart = /the envelope of team keeps out|base and team have nothing in common/;
  assert.match(refusal(layer('base', [], { envelope: ['prim:fs.read'] }), other), apart);
  assert.equal(refusal(reading, layer('team', [{ ...write, target: 'git::push' }])), 'joined');
});

test('the packs that there are contradict neither each other nor themselves', () => {
  for (const { name, text } of packs) {
    const loaded = loadPolicy(text);
    assert.ok(loaded.ok);
    assert.equal(contradictionIn(loaded.value.rules), undefined, name);
  }
});

test('rules that decide otherwise on the very same are found in one policy too, at once', () => {
  const blocked: Rule = { ...read, rule_id: 'no_read', action: 'BLOCK' };
  const found = contradictionIn(layer('all', [read, keys, blocked]).rules);
  assert.match(`${found?.at} ${found?.message}`, /^\/rules\/2 rule no_read .* than rule read/);
  const narrow = contradictionIn(layer('all', [read], { envelope: [] }).rules);
  assert.match(`${narrow?.at} ${narrow?.message}`, /^\/rules\/0 .* takes prim:fs\.read, which/);
  const many = Array.from({ length: 20_000 }, (_, at): Rule => {
    const conditions = { allow_paths: [`/w/${at}`] };
    return { ...read, rule_id: `r${at}`, conditions, action: at % 2 ? 'ALLOW' : 'BLOCK' };
  });
  const before = process.cpuUsage().user;
  assert.equal(contradictionIn(layer('all', many).rules), undefined);
  assert.ok(process.cpuUsage(undefined).user - before < 5_000_000);
});
