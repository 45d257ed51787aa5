import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  ActionRequest,
  ApprovalRules,
  ApprovalToken,
  DecideAction,
  WebAuthnAssertion,
} from '@ioi/protocol';
import {
  hashOf,
  smallLog,
  type Tampering,
  type TestAgent,
  TestApprovers,
  TestPasskey,
  unsignedOf,
} from '../../testing/index.ts';
import { keys } from '../boundary/heads.ts';
import type { ApproversHead } from './heads.ts';

type Waiting = {
  readonly agent: TestAgent;
  readonly approvers: TestApprovers;
  readonly request: ActionRequest;
  readonly payload: DecideAction;
};

function waiting(): Waiting {
  const agent = smallLog();
  const asked = agent.write('/notes/b', { target_exists: true });
  agent.decide(asked);
  return { agent, approvers: new TestApprovers(agent), ...asked };
}

function unsigned({ agent, request }: Waiting, method: ApprovalToken['method'] = 'passkey') {
  return unsignedOf(agent.token(request, { method }));
}

/** The message of the refusal, or nothing when the decision was admitted. */
function answer({ agent, payload }: Waiting, token: ApprovalToken): string {
  const proposed = agent.node.propose('action.decide', { ...payload, token });
  const result = agent.node.tryAdmit(proposed);
  return result.ok ? '' : result.error.message;
}

const ALGORITHMS = ['es256', 'ed25519', 'ml-dsa-44'] as const;

test('a passkey the owner enrolled approves exactly the token it signed', () => {
  for (const algorithm of ALGORITHMS) {
    const at = waiting();
    const passkey = new TestPasskey(algorithm);
    const token = unsigned(at);
    assert.match(answer(at, { ...token, user_sig: passkey.sign(token) }), /no such factor$/);
    at.approvers.enroll(passkey);
    const signed = { ...token, user_sig: passkey.sign(token) };
    assert.equal(answer(at, signed), '');
    const changes: Partial<ApprovalToken>[] = [
      { nonce: '2' },
      { counter: '2' },
      { expires: String(BigInt(token.expires) + 1n) },
      { visual_hash: hashOf('other') },
      { grant_linkage: hashOf('other') },
    ];
    for (const change of changes) {
      assert.match(answer(at, { ...signed, ...change }), /challenge$/, JSON.stringify(change));
    }
    assert.match(answer(at, { ...signed, method: 'session' }), /challenge$/);
    const said = unsigned(at, 'passphrase');
    assert.match(answer(at, { ...said, user_sig: passkey.sign(said) }), /method$/);
  }
});

test('an assertion holds with its user, place, ceremony and counter, and not otherwise', () => {
  const at = waiting();
  const passkey = new TestPasskey('es256');
  passkey.counter = 7;
  at.approvers.enroll(passkey);
  const broken: [RegExp, Tampering][] = [
    [/user verification$/, { flags: 0x01 }],
    [/user presence$/, { flags: 0x04 }],
    [/user presence$/, { flags: 0x00 }],
    [/counter$/, { counter: 7 }],
    [/counter$/, { counter: 6 }],
    [/counter$/, { counter: 0 }],
    [/origin$/, { origin: 'http://localhost:4748' }],
    [/origin$/, { origin: 'http://127.0.0.1:4747' }],
    [/origin$/, { origin: 'https://localhost:4747' }],
    [/relying party$/, { rpId: 'example.com' }],
    [/type$/, { type: 'webauthn.create' }],
    [/challenge$/, { challenge: 'AAAA' }],
    [/frame$/, { clientData: { crossOrigin: true } }],
    [/frame$/, { clientData: { topOrigin: 'http://localhost:4747' } }],
    [/crypto\.bad_signature$/, { highS: true }],
  ];
  for (const [why, tampering] of broken) {
    const token = unsigned(at);
    const said = answer(at, { ...token, user_sig: passkey.sign(token, tampering) });
    assert.match(said, why, JSON.stringify(tampering));
  }
});

test('no bit of an assertion can be changed', () => {
  const at = waiting();
  const passkey = new TestPasskey('ed25519');
  at.approvers.enroll(passkey);
  const token = unsigned(at);
  const whole = passkey.sign(token);
  for (const field of ['authenticator_data', 'client_data', 'signature'] as const) {
    const bytes = Buffer.from(whole[field], 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit += 5) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const user_sig: WebAuthnAssertion = { ...whole, [field]: changed.toString('base64') };
      assert.notEqual(answer(at, { ...token, user_sig }), '', `${field}, bit ${bit}`);
    }
  }
  assert.equal(answer(at, { ...token, user_sig: whole }), '');
});

test('a passkey that was revoked approves nothing, also what it signed before', () => {
  const at = waiting();
  const passkey = new TestPasskey('es256');
  at.approvers.enroll(passkey);
  const token = unsigned(at);
  const signed = { ...token, user_sig: passkey.sign(token) };
  assert.equal(answer(at, signed), '');
  at.approvers.revoke(passkey);
  assert.match(answer(at, signed), /no such factor$/);
});

const ONE = { factors: 1, out_of_band: false };
const TWO: ApprovalRules = { low: { ...ONE, factors: 2 }, high: { ...ONE, factors: 2 }, rules: [] };

test('as many distinct factors as the owner asks for, each over the same token', () => {
  const at = waiting();
  const [first, second] = [new TestPasskey('es256'), new TestPasskey('ml-dsa-44')];
  at.approvers.enroll(first);
  at.approvers.enroll(second);
  at.approvers.setRules(TWO);
  const token = unsigned(at);
  const user_sig = first.sign(token);
  assert.match(answer(at, { ...token, user_sig }), /factors: 1 of 2$/);
  const twice = { ...token, user_sig, co_sigs: [first.sign(token)] };
  assert.match(answer(at, twice), /the same factor twice$/);
  const other = { ...token, user_sig, co_sigs: [second.sign({ ...token, nonce: '2' })] };
  assert.match(answer(at, other), /challenge$/);
  assert.equal(answer(at, { ...token, user_sig, co_sigs: [second.sign(token)] }), '');
});

test('a rule of the policy may take more than its risk class, and another device', () => {
  const at = waiting();
  const [here, elsewhere] = [
    new TestPasskey('es256'),
    new TestPasskey('es256', 'https://approve.example:8443'),
  ];
  at.approvers.enroll(here);
  at.approvers.enroll(elsewhere);
  const quorum = { factors: 1, out_of_band: true };
  at.approvers.setRules({ low: ONE, high: ONE, rules: [{ rule_id: 'ask_overwrite', quorum }] });
  const token = unsigned(at);
  assert.match(answer(at, { ...token, user_sig: here.sign(token) }), /out of band/);
  assert.equal(answer(at, { ...token, user_sig: elsewhere.sign(token) }), '');
});

test('who made a request does not approve it', () => {
  const at = waiting();
  const passkey = new TestPasskey('es256');
  at.approvers.enroll(passkey, { acts_as: [at.request.context.agent_id] });
  const token = unsigned(at);
  assert.match(answer(at, { ...token, user_sig: passkey.sign(token) }), /separation/);
});

test('an unlocked page signs low risk for a while, and nothing else', () => {
  const at = waiting();
  const passkey = new TestPasskey('es256');
  at.approvers.enroll(passkey);
  const { approvers, agent } = at;
  const base = agent.token(at.request, { method: 'session' });
  const session = approvers.session(passkey);
  assert.equal(answer(at, approvers.sessionToken(base, session)), '');
  const long = String(agent.node.chainTime + 15n * 60_000n + 1n);
  const broken: [RegExp, Parameters<TestApprovers['session']>[1]][] = [
    [/session: too long$/, { expires: long }],
    [/session: expires$/, { expires: String(agent.node.chainTime) }],
    [/session: expires$/, { opened: String(agent.node.chainTime + 1n) }],
    [/session: audience$/, { audience: hashOf('other') }],
  ];
  for (const [why, change] of broken) {
    const signed = approvers.sessionToken(base, approvers.session(passkey, change));
    assert.match(answer(at, signed), why);
  }
  const whole = approvers.sessionToken(base, session);
  const stolen = { ...session, session_key: { algorithm: 'ed25519' as const, key: 'AAAA' } };
  const user_sig = { ...whole.user_sig, session: stolen } as ApprovalToken['user_sig'];
  assert.match(answer(at, { ...whole, user_sig }), /session: challenge$/);
  assert.match(answer(at, { ...whole, nonce: '9' }), /crypto\.bad_signature$/);
});

test('what is said of the approvers is the next thing said of them, by the owner', () => {
  const { agent, approvers } = waiting();
  const passkey = new TestPasskey('es256');
  const enrolling = approvers.enrolling(passkey.factor());
  const refused = (payload: object): string => {
    const result = agent.node.tryAdmit(agent.node.propose('governance/factor.enroll', payload));
    return result.ok ? '' : result.error.code;
  };
  const { enrollment, signature } = enrolling;
  const later = { ...enrollment, sequence: '2' };
  assert.equal(refused({ enrollment: later, signature }), 'governance.unauthorised');
  const wrongOrigin = passkey.factor({ origin: 'https://example.com', rp_id: 'localhost' });
  assert.equal(refused(approvers.enrolling(wrongOrigin)), 'factor.wrong_origin');
  const plain = passkey.factor({ origin: 'http://example.com', rp_id: 'example.com' });
  assert.equal(refused(approvers.enrolling(plain)), 'factor.wrong_origin');
  const renamed = passkey.factor({ factor_id: hashOf('other') });
  assert.equal(refused(approvers.enrolling(renamed)), 'factor.id_mismatch');
  assert.equal(refused(enrolling), '');
  approvers.enroll(passkey);
  assert.equal(refused(enrolling), 'approvers.moved');
  assert.equal(refused(approvers.enrolling(passkey.factor())), 'factor.known');
  assert.equal(agent.node.head<ApproversHead>(keys.approvers)?.factors.length, 1);
});
