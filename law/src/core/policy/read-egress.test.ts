import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type PiiClass, piiClasses } from '../cim/index.ts';
import { canonicalize, policyHash } from './canonicalize.ts';
import { loadPolicy } from './load.ts';

function textOf(egress: unknown): string {
  return JSON.stringify({ policy_id: 'p', rules: [], egress });
}

function faultsOf(egress: unknown): string[] {
  const loaded = loadPolicy(textOf(egress));
  return loaded.ok ? [] : loaded.error.map(({ code, pointer }) => `${code} ${pointer}`);
}

test('what is done about what leaves is read, sorted and covered by the hash', () => {
  const given = [
    { target: 'net::*', deny: ['ssn', 'card_pan', 'ssn'] },
    { target: 'mail::send', transform: ['email'], certain: ['phone'] },
  ];
  const loaded = loadPolicy(textOf(given));
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.value.rules.egress, [
    { target: 'mail::send', transform: ['email'], certain: ['phone'] },
    { target: 'net::*', deny: ['card_pan', 'ssn'] },
  ]);
  assert.equal(loaded.value.policyHash, policyHash(loaded.value.rules));
  const without = loadPolicy(textOf([]));
  assert.ok(without.ok && without.value.policyHash !== loaded.value.policyHash);
});

test('what means nothing, or two things, is refused at its place', () => {
  assert.deepEqual(faultsOf([{ target: 'net::*', deny: ['card'] }]), [
    'policy.invalid_class /egress/0/deny/0',
  ]);
  assert.deepEqual(faultsOf([{ target: 'net::*', block: [] }]), [
    'policy.unknown_field /egress/0/block',
  ]);
  assert.deepEqual(faultsOf([{ deny: ['ssn'] }]), ['policy.missing_field /egress/0']);
  assert.deepEqual(faultsOf([{ target: 'net', deny: ['ssn'] }]), [
    'policy.invalid_target /egress/0/target',
  ]);
  assert.deepEqual(faultsOf([{ target: 'net::*', deny: ['ssn'], transform: ['ssn'] }]), [
    'policy.duplicate_egress /egress/0/deny',
  ]);
  assert.deepEqual(faultsOf([{ target: 'net::*' }, { target: 'net::*' }]), [
    'policy.duplicate_egress /egress/1/target',
  ]);
  assert.deepEqual(faultsOf({}), ['policy.wrong_type /egress']);
  assert.deepEqual(faultsOf([{ target: 'net::*', deny: [] }]), [
    'policy.out_of_range /egress/0/deny',
  ]);
});

test('no order of entries or classes changes the hash', () => {
  const classes = fc.subarray([...piiClasses] as PiiClass[], { minLength: 1 });
  const entries = fc.uniqueArray(
    fc.record({
      target: fc.constantFrom('net::*', 'net::fetch', 'mail::send', 'model::*'),
      deny: classes,
      certain: classes,
    }),
    { selector: ({ target }) => target },
  );
  fc.assert(
    fc.property(entries, (egress) => {
      const rules = { policy_id: 'p', defaults: 'deny_all', rules: [], egress } as const;
      const turned = egress
        .map(({ target, deny, certain }) => {
          return { target, certain: certain.toReversed(), deny: deny.toReversed() };
        })
        .reverse();
      const other = { ...rules, rules: [], egress: turned };
      assert.equal(policyHash({ ...rules, rules: [] }), policyHash(other));
      assert.deepEqual(canonicalize(canonicalize(other)), canonicalize(other));
    }),
  );
});
