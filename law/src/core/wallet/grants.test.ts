import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IssueGrant } from '@ioi/protocol';
import {
  AGENT,
  hashOf,
  notesPolicy,
  pathsIn,
  policyText,
  replaced,
  TestAgent,
  TestNode,
  TestOwner,
} from '../../testing/index.ts';
import { keys, type PolicyHead } from '../boundary/index.ts';
import { type HoldingHead, walletKeys } from './heads.ts';

function begun(): TestOwner {
  const node = new TestNode();
  new TestAgent(node).begin(notesPolicy);
  return new TestOwner(node);
}

test('what was asked for is given once, by the owner', () => {
  const owner = begun();
  const id = owner.ask();
  assert.deepEqual(owner.node.heads('authority_asked'), [id]);
  const issued = owner.grant(id);
  assert.equal(
    owner.try('grant.issue', owner.grant(id, {}, owner.keyOf('other'))),
    'wallet.unauthorised',
  );
  owner.do('grant.issue', issued);
  assert.deepEqual(owner.node.heads('authority_asked'), []);
  assert.equal(owner.try('grant.issue', issued), 'grant.exists');
  const again = owner.grant(id, { resources: ['file:///**'] });
  assert.equal(owner.try('grant.issue', again), 'authority.not_asked');
});

test('a grant is of now: of this epoch, for later, for whoever asked', () => {
  const owner = begun();
  const id = owner.ask();
  const refused: [string, object][] = [
    ['grant.void', { constraints: { expires_at: String(owner.node.chainTime) } }],
    ['grant.void', { revocation_epoch: '1' }],
    ['grant.void', { status: 'revoked' }],
    ['grant.other_subject', { subject_id: 'agent://test/other' }],
    ['grant.other_subject', { issuer_id: 'wallet://local/other' }],
    ['grant.not_that_act', { request_hash: hashOf('act'), policy_hash: hashOf('policy') }],
    ['certificate.unknown', { certificate_id: `cert_${'0'.repeat(32)}` }],
  ];
  for (const [code, terms] of refused) {
    assert.equal(owner.try('grant.issue', owner.grant(id, terms)), code, JSON.stringify(terms));
  }
});

/** Every text of the payload with one bit of one character changed, where that is still JSON. */
function oneBitOff(issued: IssueGrant): { payload: object; place: string }[] {
  return pathsIn(issued).flatMap((path) => {
    const value = path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], issued);
    if (typeof value !== 'string') return [];
    return [0, value.length >> 1, value.length - 1].flatMap((at) => {
      return [1, 2, 4, 8, 16, 32].map((bit) => {
        const code = String.fromCharCode(value.charCodeAt(at) ^ bit);
        const changed = value.slice(0, at) + code + value.slice(at + 1);
        return { payload: replaced(issued, path, changed) as object, place: path.join('.') };
      });
    });
  });
}

test('one bit of any bound field of a grant changed, and it is refused', () => {
  const owner = begun();
  const issued = owner.grant(owner.ask(), {
    constraints: { expires_at: owner.later(), max_calls: '5', max_budget_usd: '10' },
  });
  const changed = oneBitOff(issued);
  assert.ok(changed.length > 200);
  for (const { payload, place } of changed) {
    assert.notEqual(owner.try('grant.issue', payload), 'ok', place);
  }
  assert.equal(owner.try('grant.issue', issued), 'ok');
});

test('one bit of any bound field of a certificate changed, and it is refused', () => {
  const owner = begun();
  const issued = owner.certificate('manager');
  for (const { payload, place } of oneBitOff(issued as never)) {
    assert.notEqual(owner.try('certificate.issue', payload), 'ok', place);
  }
  assert.equal(owner.try('certificate.issue', issued), 'ok');
});

test('a subject holds so many grants, and those that ended make room', () => {
  const owner = begun();
  const soon = { constraints: { expires_at: owner.later(1000n) } };
  for (let count = 0; count < 256; count += 1) owner.give(soon);
  assert.equal(owner.try('grant.issue', owner.grant(owner.ask())), 'grant.too_many');
  owner.node.tick(1000n);
  const id = owner.give();
  const held = owner.node.head<HoldingHead>(walletKeys.holding(AGENT));
  assert.deepEqual(held?.grants, [id]);
});

test('an epoch advances by one, by the owner', () => {
  const owner = begun();
  assert.equal(owner.try('epoch.advance', owner.advance('2')), 'revocation_epoch.moved');
  owner.do('epoch.advance', owner.advance());
  assert.equal(owner.epoch, '1');
  const other = { advance: { revocation_epoch: '2' } };
  const signature = owner.sign('epoch.advance', other.advance, owner.keyOf('other'));
  assert.equal(owner.try('epoch.advance', { ...other, signature }), 'wallet.unauthorised');
});

test('a region is shown to lie inside the policy in force, or the grant is refused', () => {
  const owner = begun();
  const [ask, , write] = notesPolicy.rules;
  const inside = { ...notesPolicy, policy_id: 'inside', rules: [ask!, write!] };
  const wide = { ...write!, rule_id: 'wide', conditions: { allow_paths: ['/'] } };
  const outside = { ...notesPolicy, policy_id: 'outside', rules: [wide] };
  const id = owner.ask();
  const regionOf = (rules: typeof notesPolicy) => owner.node.savePayload(policyText(rules));
  const granted = (region_hash: string) =>
    owner.try('grant.issue', owner.grant(id, { region_hash }));
  assert.equal(granted(hashOf('nobody has it')), 'policy.missing');
  assert.equal(granted(regionOf(outside)), 'grant.region_outside');
  assert.equal(granted(regionOf(inside)), 'ok');
  assert.equal(granted(owner.node.head<PolicyHead>(keys.policy)!.policy_hash), 'ok');
});

test('below a certificate with a region all is given one inside it, or refused', () => {
  const owner = begun();
  const [ask, , write] = notesPolicy.rules;
  const regionOf = (policy_id: string, rules: typeof notesPolicy.rules) =>
    owner.node.savePayload(policyText({ ...notesPolicy, policy_id, rules }));
  const region_hash = regionOf('inside', [ask!, write!]);
  const parent_id = owner.certify('manager', { region_hash });
  const wide = regionOf('wide', [
    { ...write!, rule_id: 'wide', conditions: { allow_paths: ['/'] } },
  ]);
  const manager = owner.keyOf('manager');
  const given = (terms: object) => {
    const certificate = owner.certificate('worker', { parent_id, ...terms }, 'manager');
    const grant = owner.grant(owner.ask(), { certificate_id: parent_id, ...terms }, manager);
    return [
      ['certificate.issue', certificate],
      ['grant.issue', grant],
    ] as const;
  };
  for (const terms of [{}, { region_hash: wide }]) {
    for (const [operation, payload] of given(terms)) {
      assert.equal(owner.try(operation, payload), 'grant.region_outside', operation);
    }
  }
  const [, [operation, outside]] = given({ region_hash: wide });
  const refused = owner.node.tryAdmit(owner.node.propose(`wallet/${operation}`, outside));
  assert.match(
    refused.ok ? '' : refused.error.message,
    /goes outside: fs::write .*the ceiling says/,
  );
  for (const [operation, payload] of given({ region_hash })) {
    assert.equal(owner.try(operation, payload), 'ok', operation);
  }
});

test('who has a region gives nothing without one', () => {
  const owner = begun();
  const region_hash = owner.node.head<PolicyHead>(keys.policy)!.policy_hash;
  const parent_id = owner.certify('manager', { region_hash });
  const certificate = owner.certificate('worker', { parent_id }, 'manager');
  assert.equal(owner.try('certificate.issue', certificate), 'grant.region_outside');
  const terms = { certificate_id: parent_id };
  const grant = owner.grant(owner.ask(), terms, owner.keyOf('manager'));
  assert.equal(owner.try('grant.issue', grant), 'grant.region_outside');
  const within = owner.grant(owner.ask(), { ...terms, region_hash }, owner.keyOf('manager'));
  assert.equal(owner.try('grant.issue', within), 'ok');
});
