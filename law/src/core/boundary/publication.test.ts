import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import type { OrganisationPublication, PolicyBundle } from '@ioi/protocol';
import { notesPolicy, smallLog, TestOrganisation } from '../../testing/index.ts';
import { loadPolicy } from '../policy/index.ts';
import { checkPublication, type Expected } from './publication.ts';
import { bundleHash } from './signed-bundle.ts';

const DAY_MS = 86_400_000n;
const agent = smallLog();
const organisation = new TestOrganisation(agent);
const now = BigInt(agent.node.chainTime);
const loaded = loadPolicy(JSON.stringify(notesPolicy));
assert.ok(loaded.ok);
const { rules } = loaded.value;

function published(changed: Partial<PolicyBundle> = {}): OrganisationPublication {
  const { bundle } = organisation.bundle(rules, changed);
  return { public_key: organisation.key.publicKey, bundle, rules };
}

function check(publication: OrganisationPublication, expected: Partial<Expected> = {}): string {
  const all = { keyId: organisation.keyId, now, ...expected };
  const checked = checkPublication(publication, all, verifierRegistry());
  if (!checked.ok) return checked.error.code;
  return checked.value ? 'newer' : 'same';
}

function heldOf({ bundle }: OrganisationPublication) {
  return { version: bundle.version, bundle_hash: bundleHash(bundle) };
}

test('what is published is taken by the fingerprint that was pinned, whole', () => {
  const good = published();
  assert.equal(check(good), 'newer');
  const other = new TestOrganisation(agent, 'other');
  const theirs = { ...other.bundle(rules), public_key: other.key.publicKey, rules };
  assert.equal(check(theirs), 'organisation.wrong_key');
  // The key that is expected, over a bundle that it did not sign.
  assert.equal(check({ ...theirs, public_key: good.public_key }), 'organisation.wrong_key');
  const claimed = { ...theirs.bundle, key_id: organisation.keyId };
  assert.equal(check({ ...good, bundle: claimed }), 'bundle.bad_signature');
  const witnesses = { settings: { retention: { content: { keep_days: 900 } } } };
  assert.equal(
    check({ ...good, bundle: { ...good.bundle, ...witnesses } }),
    'bundle.bad_signature',
  );
  const open = { ...rules, rules: [] };
  assert.ok(canonicalJson(open).ok);
  assert.equal(check({ ...good, rules: open }), 'bundle.rules_invalid');
});

test('a version that is published never goes down, nor is it two bundles', () => {
  const held = heldOf(published({ version: '5' }));
  assert.equal(check(published({ version: '5' }), { held }), 'same');
  assert.equal(check(published({ version: '6' }), { held }), 'newer');
  assert.equal(check(published({ version: '4' }), { held }), 'bundle.older');
  assert.equal(
    check(published({ version: '5', stale: 'keep' }), { held }),
    'bundle.version_reused',
  );
});

test('a clock that is a year off is noticed before anything is bounded', () => {
  const year = 365n * DAY_MS;
  const first = published({ max_age_ms: String(30n * DAY_MS) });
  assert.equal(check(first, { now: now - year }), 'bundle.issued_ahead');
  assert.equal(check(first, { now: now + year }), 'bundle.too_old');
  assert.equal(check(first, { now: now - DAY_MS / 2n }), 'newer');
  // Of an organisation that bounds the node already a newer one is taken, too old or not.
  const held = heldOf(published({ version: '0' }));
  assert.equal(check(first, { held, now: now + year }), 'newer');
});

const said = { break_glass: [] as object[], groups: [{ group: 'a', role: 'auditor' }] };
const provider = {
  issuer: 'https://login.example',
  client_id: 'ioi',
  authorization_endpoint: 'https://login.example/authorize',
  token_endpoint: 'https://login.example/token',
  keys: [{ kid: 'k1', algorithm: 'ed25519', key: 'AAAA' }],
  scope: 'openid groups',
  claim: 'groups',
  is_fresh: true,
};

function withRoles(more: object): OrganisationPublication {
  const roles = { ...provider, ...said, ...more };
  return published({ settings: { roles } as NonNullable<PolicyBundle['settings']> });
}

test('a bundle that says two things of the same is refused with the place', () => {
  const place = (publication: OrganisationPublication): string => {
    const expected = { keyId: organisation.keyId, now };
    const checked = checkPublication(publication, expected, verifierRegistry());
    if (checked.ok) return 'newer';
    return `${checked.error.code} ${checked.error.message.split(': ')[0]}`;
  };
  assert.equal(place(withRoles({})), 'newer');
  const twice = [...said.groups, { group: 'a', role: 'owner' }];
  const at = 'bundle.contradictory /settings/roles';
  assert.equal(place(withRoles({ groups: twice })), `${at}/groups/1`);
  const [one, other] = [organisation.key.publicKey, agent.node.owner.publicKey];
  const glass = (subject: string, public_key: object) => {
    return { subject, public_key, longest_ms: '3600000' };
  };
  const person = [glass('ada', one), glass('ada', other)];
  assert.equal(place(withRoles({ break_glass: person })), `${at}/break_glass/1`);
  const key = [glass('ada', one), glass('bob', one)];
  assert.equal(place(withRoles({ break_glass: key })), `${at}/break_glass/1/public_key`);
  const keys = [...provider.keys, { kid: 'k1', algorithm: 'ed25519', key: 'BBBB' }];
  assert.equal(place(withRoles({ keys })), `${at}/keys/1/kid`);
  const witness = { name: 'w1', url: 'https://w.example', key: ['k'], required: true };
  const witnesses = (more: typeof witness) =>
    published({ settings: { witnesses: [witness, more] } });
  const elsewhere = { ...witness, url: 'https://v.example' };
  const found = 'bundle.contradictory /settings/witnesses/1';
  assert.equal(place(witnesses(elsewhere)), `${found}/name`);
  const beside = { ...witness, name: 'w2', url: 'https://w.example/' };
  assert.equal(place(witnesses(beside)), `${found}/url`);
  const envelope = ['prim:net.request'];
  const narrow = loadPolicy(JSON.stringify({ ...notesPolicy, envelope }));
  assert.ok(narrow.ok);
  const { bundle } = organisation.bundle(narrow.value.rules);
  const kept = { public_key: organisation.key.publicKey, bundle, rules: narrow.value.rules };
  assert.equal(place(kept), 'bundle.contradictory /rules/0');
  // One that is held already goes on being the one that is held.
  const before = withRoles({ groups: twice });
  assert.equal(check(before, { held: heldOf(before) }), 'same');
});
