import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcceptBundle, ActionRules } from '@ioi/protocol';
import * as fc from 'fast-check';
import {
  hashOf,
  notesPolicy,
  smallLog,
  TestAgent,
  TestNode,
  TestOrganisation,
  textOf,
} from '../../testing/index.ts';
import { type BundleHead, keys, type PolicyHead } from './heads.ts';
import { bundleInForce } from './layers-in-force.ts';

function pinned(agent = smallLog()): TestOrganisation {
  const organisation = new TestOrganisation(agent);
  organisation.pin();
  return organisation;
}

function refusal({ agent }: TestOrganisation, payload: object): string {
  const result = agent.node.tryAdmit(agent.node.propose('bundle.accept', payload));
  return result.ok ? 'admitted' : `${result.error.code} ${result.error.message}`;
}

function held({ agent }: TestOrganisation): BundleHead | undefined {
  return bundleInForce(agent.node.view);
}

test('a bundle is accepted of the organisation that is pinned, and of no other', () => {
  const loose = new TestOrganisation(smallLog());
  assert.match(refusal(loose, loose.bundle(notesPolicy)), /^organisation\.none_pinned/);
  const organisation = pinned();
  const { agent } = organisation;
  const other = new TestOrganisation(agent, 'other');
  assert.match(refusal(organisation, other.bundle(notesPolicy)), /^bundle\.other_organisation/);
  const renamed = other.bundle(notesPolicy, { organisation_id: organisation.id });
  assert.match(refusal(organisation, renamed), /^bundle\.other_organisation/);
  const entry = organisation.accept(notesPolicy);
  assert.equal(entry.operation, 'boundary/bundle.accept');
  assert.equal(held(organisation)?.version, '1');
  assert.equal(agent.node.head<PolicyHead>(keys.policy)?.policy_id, 'notes');
});

test('a bundle is worth what the pinned key signed, with both signatures', () => {
  const organisation = pinned();
  const { agent, key } = organisation;
  const good = organisation.bundle(notesPolicy).bundle;
  const { signature, ...rest } = good;
  const stranger = new TestNode({ seed: 'stranger' }).owner;
  const lying = { ...organisation.signed(rest, stranger).signature, key_id: signature.key_id };
  const forged: object[] = [
    { ...good, signature: lying },
    organisation.signed(rest, agent.node.owner),
    { ...good, signature: { ...signature, ml_dsa_44: signature.ed25519 } },
    { ...good, signature: { ...signature, ml_dsa_44: '' } },
    { ...good, signature: { ...signature, ed25519: '' } },
    { ...good, version: '2' },
    { ...good, max_age_ms: '99999999999' },
    { ...good, stale: 'keep' },
    { ...good, issued: '0' },
    { ...good, policy_hash: agent.node.savePayload(textOf(openPolicy)) },
  ];
  for (const bundle of forged) {
    assert.match(refusal(organisation, { bundle }), /^bundle\.bad_signature crypto\./);
  }
  const { ml_dsa_44: _, ...half } = signature;
  const unsigned = refusal(organisation, { bundle: { ...good, signature: half } });
  assert.match(unsigned, /^operation\.invalid_payload/);
  assert.equal(key.publicKey.algorithm, 'hybrid-ed25519-ml-dsa-44');
  assert.equal(refusal(organisation, { bundle: good }), 'admitted');
});

const openPolicy: ActionRules = {
  policy_id: 'open',
  defaults: 'deny_all',
  rules: [{ rule_id: 'all', target: 'fs::write', conditions: {}, action: 'ALLOW' }],
};

test('rules that are missing, too large, do not load or are not canonical are refused', () => {
  const organisation = pinned();
  const { node } = organisation.agent;
  const over = (text: string): string => {
    return refusal(
      organisation,
      organisation.bundle(notesPolicy, { policy_hash: node.savePayload(text) }),
    );
  };
  const missing = organisation.bundle(notesPolicy, { policy_hash: hashOf('nothing') });
  assert.match(refusal(organisation, missing), /^bundle\.rules_missing/);
  assert.match(over(' '.repeat(2 * 1024 * 1024 + 1)), /^bundle\.too_large/);
  assert.match(over('not rules'), /^bundle\.rules_invalid/);
  assert.match(over('{"rules":[]}'), /^bundle\.rules_invalid/);
  const [rule] = openPolicy.rules;
  assert.ok(rule);
  const broken = { ...rule, action: 'BLOCK', conditions: { block_text_pattern: '(' } };
  assert.match(over(textOf({ ...openPolicy, rules: [broken] })), /^bundle\.rules_invalid/);
  assert.match(over(textOf({ ...openPolicy, rules: [rule, rule] })), /^bundle\.rules_invalid/);
  assert.match(over(JSON.stringify(openPolicy, null, 1)), /^bundle\.rules_invalid .*canonical/);
});

test('the version never goes down, in any order of bundles', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 12 }), (versions) => {
      const organisation = pinned(new TestAgent(new TestNode()));
      let newest: number | undefined;
      for (const [at, version] of versions.entries()) {
        const changed = { version: String(version), max_age_ms: String(at) };
        const answer = refusal(organisation, organisation.bundle(notesPolicy, changed));
        if (newest === undefined || version > newest) {
          assert.equal(answer, 'admitted');
          organisation.accept(notesPolicy, changed);
          newest = version;
        } else {
          const code = version === newest ? /^bundle\.version_reused/ : /^bundle\.older/;
          assert.match(answer, code);
        }
        assert.equal(held(organisation)?.version, String(newest));
      }
    }),
    { numRuns: 12 },
  );
});

test('the same bundle again does not make it younger', () => {
  const organisation = pinned();
  const bundle: AcceptBundle = organisation.bundle(notesPolicy);
  const { node } = organisation.agent;
  node.seal(node.propose('bundle.accept', bundle));
  const before = held(organisation);
  node.tick(1_000n);
  assert.match(refusal(organisation, bundle), /^bundle\.already_held/);
  assert.deepEqual(held(organisation), before);
});

test('pinning is signed by the owner, once; unpinning takes a token, once', () => {
  const organisation = pinned();
  const { agent } = organisation;
  const { node } = agent;
  const said = (operation: string, payload: object): string => {
    const result = node.tryAdmit(node.propose(`governance/organisation.${operation}`, payload));
    return result.ok ? 'admitted' : `${result.error.code} ${result.error.message}`;
  };
  const other = new TestOrganisation(agent, 'other');
  assert.match(said('pin', other.pinning()), /^organisation\.pinned/);
  const first = organisation.pinning({ sequence: '1' });
  const whole = organisation.unpinning();
  const { token: _, ...without } = whole;
  assert.match(said('unpin', without), /^approval\.required/);
  const elsewhere = other.unpinning();
  assert.match(said('unpin', elsewhere), /^organisation\.moved/);
  assert.match(said('unpin', { ...whole, request: elsewhere.request }), /^approval\.invalid/);
  assert.match(said('unpin', { ...whole, signature: first.signature }), /^governance\.unauth/);
  node.seal(node.propose('governance/organisation.unpin', whole));
  assert.match(said('unpin', whole), /^organisation\.none_pinned/);
  assert.match(said('pin', first), /^organisation\.moved/);
  organisation.pin();
  assert.match(said('unpin', whole), /^organisation\.moved/);
});

test('what an organisation reached is still known when it is pinned again', () => {
  const organisation = pinned();
  organisation.accept(notesPolicy, { version: '7' });
  organisation.unpin();
  assert.equal(held(organisation), undefined);
  organisation.pin();
  assert.equal(held(organisation)?.version, '7');
  const older = organisation.bundle(notesPolicy, { version: '6' });
  assert.match(refusal(organisation, older), /^bundle\.older/);
});
