import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyId } from '@ioi/crypto';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import type { OrganisationRoles, RoleSession } from '@ioi/protocol';
import { ROLES, ROUTE_ROLES } from '@ioi/protocol';
import {
  bytesOf,
  type Forging,
  hashOf,
  notesPolicy,
  smallLog,
  TestApprovers,
  TestOrganisation,
  TestPasskey,
  TestProvider,
  unsignedOf,
  writeContract,
} from '../../testing/index.ts';
import { rolesInForce } from '../boundary/layers-in-force.ts';
import { challengeOf } from '../factors/assertion.ts';
import { isAgentOf, mayAs, principalOf } from './people.ts';
import { type RoleSessionHead, roleKeys, rolesIn } from './sessions.ts';
import { ANYBODY } from './sign-in.ts';

const HOUR_MS = 3_600_000n;
/** The client by which people sign in; another is for approvals. */
const PEOPLE = 'people';
const GROUPS: OrganisationRoles['groups'] = [
  { group: 'audit', role: 'auditor' },
  { group: 'leads', role: 'approver' },
  { group: 'staff', role: 'agent-user' },
];

class World {
  readonly agent = smallLog();
  readonly organisation = new TestOrganisation(this.agent);
  readonly provider = new TestProvider('ed25519');
  readonly own = generateHybridKey();
  #version = 0;
  #tokens = 0;

  constructor() {
    this.organisation.pin();
    this.publish();
  }

  get roles(): OrganisationRoles {
    const { keys, issuer, authorization_endpoint, token_endpoint } = this.provider.factor();
    return {
      ...{ issuer, client_id: PEOPLE, authorization_endpoint, token_endpoint, keys },
      ...{ scope: 'openid groups', claim: 'groups', is_fresh: true, groups: GROUPS },
      break_glass: [
        { subject: 'alice-7', public_key: this.own.publicKey, longest_ms: String(HOUR_MS) },
      ],
    };
  }

  publish(changed: Partial<OrganisationRoles> = {}): void {
    this.#version += 1;
    const settings = { roles: { ...this.roles, ...changed } };
    this.organisation.accept(notesPolicy, { version: String(this.#version), settings });
  }

  session(changed: Partial<RoleSession> = {}): RoleSession {
    const { node } = this.agent;
    this.#tokens += 1;
    return {
      artifact: 'RoleSession',
      audience: keyId(node.guardian.publicKey),
      token_hash: hashOf({ token: this.#tokens }),
      expires: String(node.chainTime + HOUR_MS),
      ...changed,
    };
  }

  idToken(session: RoleSession, claims: Forging['claims'] = { groups: ['audit'] }): string {
    const nonce = challengeOf(hashOf(session));
    const own = { aud: PEOPLE, ...claims };
    return this.provider.idToken(nonce, this.agent.node.chainTime, { claims: own });
  }

  /** The code of the refusal, or ''. */
  open(payload: object): string {
    const { node } = this.agent;
    const proposed = node.propose('roles/open', payload);
    const result = node.tryAdmit(proposed);
    if (!result.ok) return `${result.error.code} ${result.error.message}`;
    node.seal(proposed);
    return '';
  }

  signIn(claims: Forging['claims'] = { groups: ['audit'] }): RoleSession {
    const session = this.session();
    assert.equal(this.open({ session, id_token: this.idToken(session, claims) }), '');
    return session;
  }

  rolesOf({ token_hash }: RoleSession, now = this.agent.node.chainTime) {
    const { node } = this.agent;
    const head = node.head<RoleSessionHead>(roleKeys.session(token_hash));
    return rolesIn(head, rolesInForce(node.view), now);
  }

  close({ token_hash }: RoleSession, reason: string): string {
    const { node } = this.agent;
    const proposed = node.propose('roles/close', { token_hash, reason });
    const result = node.tryAdmit(proposed);
    if (!result.ok) return result.error.code;
    node.seal(proposed);
    return '';
  }
}

/** An agent asks for what a person has to approve. */
function overwriting(agent: World['agent'], agentId: string) {
  const request = agent.request('fs::write', { path: '/notes/b', content: 'x' });
  const context = { ...request.context, agent_id: agentId };
  return agent.ask({ ...request, context }, writeContract, { target_exists: true });
}

test('whoever signs in has the roles of their groups, until it is over', () => {
  const world = new World();
  const auditor = world.signIn();
  assert.deepEqual(world.rolesOf(auditor), ['auditor']);
  const both = world.signIn({ groups: ['staff', 'leads', 'unknown'], sub: 'bob' });
  assert.deepEqual(world.rolesOf(both), ['approver', 'agent-user']);
  assert.deepEqual(world.rolesOf(world.signIn({ groups: 'audit' })), ['auditor']);
  assert.deepEqual(world.rolesOf(auditor, BigInt(auditor.expires)), []);
  assert.equal(world.close(auditor, 'expired'), 'role.still_held');
  assert.equal(world.close(auditor, 'signed_out'), '');
  assert.deepEqual(world.rolesOf(auditor), []);
  assert.equal(world.close(auditor, 'signed_out'), 'role.session_over');
  const again = { session: auditor, id_token: world.idToken(auditor) };
  assert.match(world.open(again), /^role\.session_exists/);
});

test('a session is opened by an ID token of the pinned provider, for exactly it', () => {
  const world = new World();
  const session = world.session();
  const opening = (claims: Forging['claims']) => ({
    session,
    id_token: world.idToken(session, claims),
  });
  assert.match(world.open(opening({ groups: ['none'] })), /^role\.none /);
  assert.match(world.open(opening({ groups: { audit: true } })), /^role\.none /);
  assert.match(world.open(opening({})), /^role\.none /);
  assert.match(world.open(opening({ groups: ['audit'], aud: 'other' })), /sign_in\.invalid.*aud$/);
  const old = Number((world.agent.node.chainTime - HOUR_MS) / 1000n);
  const stale = { groups: ['audit'], iat: old, auth_time: old };
  assert.match(world.open(opening(stale)), /(iat|auth_time)$/);
  const other = world.session();
  const stolen = { session: other, id_token: world.idToken(session) };
  assert.match(world.open(stolen), /nonce$/);
  const forger = new TestProvider('ed25519');
  const nonce = challengeOf(hashOf(session));
  const at = world.agent.node.chainTime;
  const forged = forger.idToken(nonce, at, { claims: { groups: ['audit'] } });
  assert.match(world.open({ session, id_token: forged }), /bad_signature$/);
  const elsewhere = world.session({ audience: hashOf('other') });
  const id_token = world.idToken(elsewhere);
  assert.match(world.open({ session: elsewhere, id_token }), /^role\.invalid/);
  world.organisation.unpin();
  assert.match(world.open(opening({ groups: ['audit'] })), /^role\.none_given/);
});

test('nobody stays signed in longer than half a day, nor past what the organisation says', () => {
  const world = new World();
  const expires = String(world.agent.node.chainTime + 1000n * HOUR_MS);
  const session = world.session({ expires });
  assert.equal(world.open({ session, id_token: world.idToken(session) }), '');
  const until = world.agent.node.chainTime + 12n * HOUR_MS;
  assert.deepEqual(world.rolesOf(session, until - 1n), ['auditor']);
  assert.deepEqual(world.rolesOf(session, until), []);
  world.publish({ groups: [{ group: 'leads', role: 'auditor' }] });
  assert.deepEqual(world.rolesOf(session), []);
  world.publish();
  assert.deepEqual(world.rolesOf(session), ['auditor']);
  world.publish({ offboarded: ['alice-7'] });
  assert.deepEqual(world.rolesOf(session), []);
  assert.equal(world.close(session, 'role_lost'), '');
  world.publish();
  assert.deepEqual(world.rolesOf(session), []);
});

test('the glass is broken by the person named, with the key named, for a while', () => {
  const world = new World();
  const session = world.session({
    break_glass: { reason: 'the approvers are away' },
    expires: String(world.agent.node.chainTime + 100n * HOUR_MS),
  });
  const signed = (statement: object, by = world.own) =>
    signHybrid(by, 'SIG_DOMAIN_SESSION', bytesOf(statement));
  const id_token = world.idToken(session, {});
  assert.match(world.open({ session, id_token }), /^role\.bad_signature/);
  const stranger = { session, id_token, signature: signed(session, generateHybridKey()) };
  assert.match(world.open(stranger), /^role\.bad_signature/);
  const other = { session, id_token, signature: signed({ ...session, expires: '1' }) };
  assert.match(world.open(other), /^role\.bad_signature/);
  const bob = { session, id_token: world.idToken(session, { sub: 'bob' }) };
  const signature = signed(session);
  assert.match(world.open({ ...bob, signature }), /^role\.no_break_glass/);
  assert.equal(world.open({ session, id_token, signature }), '');
  assert.deepEqual(world.rolesOf(session), ['owner']);
  assert.deepEqual(world.rolesOf(session, world.agent.node.chainTime + HOUR_MS), []);
  const { publicKey: public_key } = generateHybridKey();
  const renewed = { subject: 'alice-7', public_key, longest_ms: String(HOUR_MS) };
  world.publish({ break_glass: [renewed] });
  assert.deepEqual(world.rolesOf(session), [], 'the key that signed is named no more');
  world.publish();
  assert.deepEqual(world.rolesOf(session), ['owner']);
  world.publish({ offboarded: ['alice-7'] });
  assert.deepEqual(world.rolesOf(session), []);
  world.publish({ break_glass: [] });
  assert.deepEqual(world.rolesOf(session), []);
});

test('an approver by group approves low risk, and never for an agent of their own', () => {
  const world = new World();
  const { agent, provider } = world;
  const approvers = new TestApprovers(agent);
  const anybody = provider.factor({ subject: ANYBODY });
  const asked = (origin: string): string => {
    const own = overwriting(agent, origin);
    agent.decide(own);
    const opened = approvers.signIn(provider, { forging: { claims: { groups: ['leads'] } } });
    const opened_by = { ...opened.opened_by, key_id: anybody.factor_id };
    const session = { ...opened, opened_by } as typeof opened;
    const token = approvers.sessionToken(agent.token(own.request), session, 'sign_in');
    const result = agent.node.tryAdmit(
      agent.node.propose('action.decide', { ...own.payload, token }),
    );
    return result.ok ? '' : result.error.message;
  };
  const { issuer } = provider;
  const [alice, bob] = ['alice-7', 'bob'].map((subject) => principalOf({ issuer, subject }));
  assert.match(asked(`agent://local/mcp/${bob}`), /no such factor$/, 'the owner did not say so');
  approvers.enrollLevel(anybody);
  assert.equal(asked(`agent://local/mcp/${bob}-laptop`), '');
  assert.match(asked(`agent://local/mcp/${alice}-laptop`), /separation/);
  assert.match(asked(`agent://local/mcp/${alice}`), /separation/);
  world.publish({ groups: [{ group: 'leads', role: 'auditor' }] });
  assert.match(asked(`agent://local/mcp/${bob}`), /no such factor$/);
  world.publish({ offboarded: ['alice-7'] });
  assert.match(asked(`agent://local/mcp/${bob}`), /no such factor$/);
});

test('one person is one approver, also by a client that signs in for nothing else', () => {
  const world = new World();
  const { agent, provider } = world;
  const approvers = new TestApprovers(agent);
  const client_id = 'approvals';
  const anybody = provider.factor({ label: 'organisation', subject: ANYBODY, client_id });
  approvers.enrollLevel(anybody);
  approvers.enrollLevel(provider.factor());
  const asked = overwriting(agent, 'agent://test/mcp');
  agent.decide(asked);
  const draft = agent.token(asked.request);
  const tokenBy = (key_id: string, aud: string) => {
    const claims = { groups: ['leads'], aud };
    const opened = approvers.signIn(provider, { forging: { claims } });
    const opened_by = { ...opened.opened_by, key_id };
    return approvers.sessionToken(draft, { ...opened, opened_by } as typeof opened, 'sign_in');
  };
  const answer = (token: object): string => {
    const payload = { ...asked.payload, token };
    const result = agent.node.tryAdmit(agent.node.propose('action.decide', payload));
    return result.ok ? '' : result.error.message;
  };
  const forRoles = provider.factor({ label: 'one client', subject: ANYBODY, client_id: PEOPLE });
  const ownForRoles = provider.factor({ label: 'own', client_id: PEOPLE });
  for (const factor of [forRoles, ownForRoles]) {
    approvers.enrollLevel(factor);
    assert.match(answer(tokenBy(factor.factor_id, PEOPLE)), /people sign in with a role by it$/);
  }
  const byRole = tokenBy(anybody.factor_id, client_id);
  const byLevel = tokenBy(provider.factor().factor_id, provider.clientId);
  assert.equal(answer(byRole), '');
  assert.match(answer(tokenBy(anybody.factor_id, provider.clientId)), /aud$/);
  const quorum = { factors: 2, out_of_band: false };
  approvers.setRules({ low: quorum, high: quorum, rules: [] });
  assert.match(answer(byRole), /factors: 1 of 2$/);
  assert.match(answer({ ...byRole, co_sigs: [byLevel.user_sig] }), /one person twice$/);
});

test('what somebody who left was enrolled with approves nothing, nor do agents act', () => {
  const world = new World();
  const { agent, provider } = world;
  const approvers = new TestApprovers(agent);
  const principal = principalOf({ issuer: provider.issuer, subject: 'alice-7' });
  const own = `agent://local/mcp/${principal}`;
  const passkey = new TestPasskey('ed25519');
  approvers.enroll(passkey, { acts_as: [own] });
  approvers.enrollLevel(provider.factor());
  const asked = overwriting(agent, 'agent://test/mcp');
  agent.decide(asked);
  const answer = (token: object): string => {
    const payload = { ...asked.payload, token };
    const result = agent.node.tryAdmit(agent.node.propose('action.decide', payload));
    return result.ok ? '' : result.error.message;
  };
  const byPasskey = () => {
    const token = unsignedOf({ ...agent.token(asked.request), method: 'passkey' });
    return { ...token, user_sig: passkey.sign(token) };
  };
  const byLevel = () =>
    approvers.sessionToken(agent.token(asked.request), approvers.signIn(provider), 'sign_in');
  assert.equal(answer(byPasskey()), '');
  assert.equal(answer(byLevel()), '');
  world.publish({ offboarded: ['alice-7'] });
  assert.match(answer(byPasskey()), /its person has left$/);
  assert.match(answer(byLevel()), /session: its person has left$/, 'and unlocks no page');
  const reading = overwriting(agent, own);
  const refused = agent.node.tryAdmit(agent.node.propose('action.decide', reading.payload));
  assert.equal(refused.ok ? '' : refused.error.code, 'role.offboarded');
});

test('a role may what it includes, and no more', () => {
  const may = (role: (typeof ROLES)[number], route: string) =>
    mayAs([role], ROUTE_ROLES[route] ?? 'owner');
  const changing = Object.keys(ROUTE_ROLES).filter((route) => !route.startsWith('GET '));
  const byAuditor = changing.filter((route) => may('auditor', route)).toSorted();
  assert.deepEqual(byAuditor, [
    'DELETE /v1/role-session',
    'POST /v1/data/select',
    'POST /v1/policy/effective',
    'POST /v1/query',
    'POST /v1/resolve',
    'POST /v1/role-session',
    'POST /v1/sign-ins',
    'POST /v1/workflows/check',
  ]);
  assert.ok(Object.keys(ROUTE_ROLES).every((route) => may('owner', route)));
  for (const role of ROLES.filter((each) => each !== 'owner')) {
    assert.equal(may(role, 'POST /v1/workbench'), false);
    assert.equal(may(role, 'DELETE /v1/stop'), false);
  }
  assert.ok(may('operator', 'POST /v1/mcp/reload') && !may('approver', 'POST /v1/mcp/reload'));
  assert.ok(may('agent-user', 'POST /v1/mcp/tokens/{name}') && !may('agent-user', 'GET /v1/log'));
  assert.equal(mayAs([], 'member'), false);
});

test('an agent is of the person whose part of its id it has, and of nobody else', () => {
  const person = { issuer: 'https://accounts.example', subject: 'alice-7' };
  const principal = principalOf(person);
  assert.ok(isAgentOf(person, `agent://node/mcp/${principal}`));
  assert.ok(isAgentOf(person, `agent://node/mcp/${principal}-laptop`));
  assert.equal(isAgentOf(person, `agent://node/mcp/${principal}0`), false);
  assert.equal(isAgentOf(person, `agent://node/mcp/x${principal}`), false);
  assert.equal(isAgentOf({ ...person, subject: 'bob' }, `agent://node/mcp/${principal}`), false);
});

test('a clock a year off, either way, refuses by name and widens nothing', () => {
  const year = 365n * 24n * HOUR_MS;
  const world = new World();
  const { agent } = world;
  const { node } = agent;
  const held = world.signIn();
  const signInAt = (real: bigint): string => {
    const session = world.session();
    const claims = { aud: PEOPLE, groups: ['audit'] };
    const id_token = world.provider.idToken(challengeOf(hashOf(session)), real, { claims });
    return world.open({ session, id_token });
  };
  assert.match(signInAt(node.chainTime + year), /^sign_in\.invalid.*iat$/, 'behind');
  assert.match(signInAt(node.chainTime - year), /^sign_in\.invalid.*exp$/, 'ahead');
  const real = node.chainTime;
  node.resync(real + year);
  assert.deepEqual(world.rolesOf(held), [], 'what was held is over');
  assert.match(signInAt(real), /exp$/);
  const back = node.tryAdmit(
    node.propose('clock.resync', { from: '0', to: String(real) }, 'guardian'),
  );
  assert.ok(!back.ok, 'Chain Time never goes back');
  // By a clock that is kept: the organisation publishes again, and people sign in again.
  world.publish();
  assert.equal(signInAt(node.chainTime), '');
});
