import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '@ioi/canon';
import type { ApprovalToken, ApproverSession } from '@ioi/protocol';
import {
  type Forging,
  hashOf,
  smallLog,
  TestApprovers,
  TestOrganisation,
  TestPasskey,
  TestProvider,
  unsignedOf,
} from '../../testing/index.ts';
import { keys } from '../boundary/heads.ts';
import { challengeOf } from './assertion.ts';
import type { ApproversHead } from './heads.ts';

function waiting() {
  const agent = smallLog();
  const asked = agent.write('/notes/b', { target_exists: true });
  agent.decide(asked);
  return { agent, approvers: new TestApprovers(agent), ...asked };
}

type Waiting = ReturnType<typeof waiting>;

/** The message of the refusal, or nothing when the decision was admitted. */
function answer({ agent, payload }: Waiting, token: ApprovalToken): string {
  const proposed = agent.node.propose('action.decide', { ...payload, token });
  const result = agent.node.tryAdmit(proposed);
  return result.ok ? '' : result.error.message;
}

function signedInToken(
  { agent, approvers, request }: Waiting,
  session: ApproverSession,
): ApprovalToken {
  return approvers.sessionToken(agent.token(request), session, 'sign_in');
}

function tried(at: Waiting, provider: TestProvider, forging: Forging = {}): string {
  const session = at.approvers.signIn(provider, { forging });
  return answer(at, signedInToken(at, session));
}

test('somebody who signed in at the pinned provider approves what is of low risk', () => {
  for (const algorithm of ['rs256', 'es256', 'ed25519'] as const) {
    const at = waiting();
    const provider = new TestProvider(algorithm);
    assert.match(tried(at, provider), /session: no such factor$/);
    at.approvers.enrollLevel(provider.factor());
    assert.equal(tried(at, provider), '');
    assert.equal(tried(at, provider, { claims: { aud: ['node-1'], azp: 'node-1' } }), '');
  }
});

test('an ID token holds for one person, one client, one session and its own time', () => {
  const at = waiting();
  const provider = new TestProvider();
  at.approvers.enrollLevel(provider.factor());
  const now = Number(at.agent.node.chainTime / 1000n);
  const broken: [RegExp, Forging['claims']][] = [
    [/iss$/, { iss: 'https://other.example' }],
    [/aud$/, { aud: 'node-2' }],
    [/aud$/, { aud: ['node-1', 'node-2'] }],
    [/aud$/, { aud: [] }],
    [/azp$/, { azp: 'node-2' }],
    [/sub$/, { sub: 'mallory' }],
    [/nonce$/, { nonce: challengeOf(hashOf('other')) }],
    [/nonce$/, { nonce: undefined }],
    [/exp$/, { exp: now }],
    [/exp$/, { exp: undefined }],
    [/exp$/, { exp: String(now + 600) }],
    [/iat$/, { iat: now - 120 }],
    [/iat$/, { iat: now + 120 }],
    [/nbf$/, { nbf: now + 120 }],
    [/auth_time$/, { auth_time: undefined }],
    [/auth_time$/, { auth_time: now - 3600 }],
  ];
  for (const [why, claims] of broken) {
    assert.match(tried(at, provider, { claims: claims ?? {} }), why, JSON.stringify(claims));
  }
});

test('no algorithm, key or header that the owner did not pin verifies an ID token', () => {
  const at = waiting();
  const provider = new TestProvider();
  at.approvers.enrollLevel(provider.factor());
  const forgeries: [RegExp, Forging][] = [
    [/alg$/, { header: { alg: 'none' }, by: 'none' }],
    [/alg$/, { header: { alg: 'HS256' }, by: 'hmac' }],
    [/alg$/, { header: { alg: 'RS384' } }],
    [/alg$/, { header: { alg: 'constructor' } }],
    [/bad_signature$/, { header: { alg: 'RS256' }, by: 'hmac' }],
    [/kid/, { header: { alg: 'ES256' } }],
    [/kid/, { header: { kid: 'k2' } }],
    [/crit$/, { header: { crit: ['b64'], b64: false } }],
    [/typ$/, { header: { typ: 'at+jwt' } }],
  ];
  for (const [why, forging] of forgeries) {
    assert.match(tried(at, provider, forging), why, JSON.stringify(forging));
  }
  const swapped = new TestProvider();
  assert.match(tried(at, swapped), /bad_signature$/);
  assert.match(tried(at, swapped, { header: { jwk: {}, jku: 'https://x' } }), /bad_signature$/);
  const curve = new TestProvider('es256');
  at.approvers.enrollLevel(curve.factor());
  assert.match(tried(at, curve, { by: 'high_s' }), /bad_signature$/);
});

test('an ID token that opened one session opens no other', () => {
  const at = waiting();
  const provider = new TestProvider();
  at.approvers.enrollLevel(provider.factor());
  const session = at.approvers.signIn(provider);
  assert.equal(answer(at, signedInToken(at, session)), '');
  const longer = String(BigInt(session.expires) + 1n);
  for (const change of [{ nonce: '6' }, { expires: longer }, { opened: session.expires }]) {
    const other = { ...session, ...change };
    assert.match(answer(at, signedInToken(at, other)), /session: (nonce|expires)$/);
  }
  const thief = new TestApprovers(at.agent);
  const stolen = { ...session, session_key: thief.session(new TestPasskey('es256')).session_key };
  const token = thief.sessionToken(at.agent.token(at.request), stolen, 'sign_in');
  assert.match(answer(at, token), /session: nonce$/);
});

test('who signed in says so, and is not taken for a passkey', () => {
  const at = waiting();
  const provider = new TestProvider();
  at.approvers.enrollLevel(provider.factor());
  const session = at.approvers.signIn(provider);
  for (const method of ['session', 'passkey', 'passphrase', 'group'] as const) {
    const token = at.approvers.sessionToken(at.agent.token(at.request), session, method);
    assert.match(answer(at, token), /method$/);
  }
  const own = provider.factor({ acts_as: [at.request.context.agent_id] });
  at.approvers.enrollLevel(own);
  assert.match(answer(at, signedInToken(at, session)), /separation/);
  at.approvers.revoke({ factorId: own.factor_id as Digest });
  assert.match(answer(at, signedInToken(at, session)), /no such factor$/);
});

test('a sign-in signs nothing that may widen, alone or beside others', () => {
  const agent = smallLog();
  const approvers = new TestApprovers(agent);
  const organisation = new TestOrganisation(agent);
  organisation.pin();
  const provider = new TestProvider();
  approvers.enrollLevel(provider.factor());
  const [classical, quantum] = [new TestPasskey('es256'), new TestPasskey('ml-dsa-44')];
  approvers.enroll(classical);
  approvers.enroll(quantum);
  const unpinning = organisation.unpinning();
  const refused = (token: object): string => {
    const payload = { ...unpinning, token };
    const proposed = agent.node.propose('governance/organisation.unpin', payload);
    const result = agent.node.tryAdmit(proposed);
    return result.ok ? '' : result.error.message;
  };
  const session = approvers.signIn(provider);
  const alone = approvers.sessionToken(unpinning.token, session, 'sign_in');
  assert.match(refused(alone), /method$/);
  const draft = unsignedOf({ ...unpinning.token, method: 'passkey' });
  const { user_sig } = approvers.sessionToken(draft as ApprovalToken, session, 'passkey');
  const beside = { ...draft, user_sig: quantum.sign(draft), co_sigs: [user_sig] };
  assert.match(refused(beside), /method$/);
  const two = { ...draft, user_sig: classical.sign(draft), co_sigs: [classical.sign(draft)] };
  assert.match(refused(two), /the same factor twice$/);
});

test('two ES256 passkeys are not hybrid in sum', () => {
  const agent = smallLog();
  const approvers = new TestApprovers(agent);
  const organisation = new TestOrganisation(agent);
  organisation.pin();
  const [one, other] = [new TestPasskey('es256'), new TestPasskey('es256')];
  approvers.enroll(one);
  approvers.enroll(other);
  const unpinning = organisation.unpinning();
  const draft = unsignedOf({ ...unpinning.token, method: 'passkey' });
  const token = { ...draft, user_sig: one.sign(draft), co_sigs: [other.sign(draft)] };
  const proposed = agent.node.propose('governance/organisation.unpin', { ...unpinning, token });
  const result = agent.node.tryAdmit(proposed);
  assert.match(result.ok ? '' : result.error.message, /not hybrid in sum$/);
});

test('renewed keys of a provider stand in place of those before, and need the owner', () => {
  const at = waiting();
  const [before, after] = [new TestProvider(), new TestProvider()];
  at.approvers.enrollLevel(before.factor());
  assert.match(tried(at, after), /bad_signature$/);
  at.approvers.enrollLevel(after.factor());
  assert.equal(tried(at, after), '');
  assert.match(tried(at, before), /bad_signature$/);
  const head = at.agent.node.head<ApproversHead>(keys.approvers);
  assert.equal(head?.levels?.length, 1);
  const wrong = { ...after.factor(), subject: 'mallory' };
  assert.equal(at.approvers.refusedLevel(wrong), 'factor.id_mismatch');
  const namesake = after.factor({ subject: 'mallory' });
  assert.equal(at.approvers.refusedLevel(namesake), 'factor.known');
});
