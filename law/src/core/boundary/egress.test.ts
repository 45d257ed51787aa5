import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8, finish } from '@ioi/basis';
import { type Digest, digestBytes, digestOf } from '@ioi/canon';
import type { DecideAction, FirewallDecisionReceipt } from '@ioi/protocol';
import {
  mailContract,
  mailPolicy,
  type Outgoing,
  outgoing,
  TestAgent,
  TestNode,
} from '../../testing/index.ts';
import { admit, workAhead } from '../ledger/index.ts';
import { compilePolicy } from '../policy/index.ts';
import { egressLayer, inspectedAhead, inspectVault } from './egress.ts';
import type { BoundaryEvent } from './events.ts';
import { simulatePolicy } from './simulate.ts';

const CARD = '4111 1111 1111 1111';
const IBAN = 'DE89 3704 0044 0532 0130 00';
const MAIL = 'anna@example.com';

function mailing(rules = mailPolicy): { node: TestNode; agent: TestAgent } {
  const node = new TestNode();
  const agent = new TestAgent(node);
  agent.begin(rules);
  node.seal(node.propose('contract.register', { contract: mailContract }));
  return { node, agent };
}

let nonce = 0;
function mail(text: string, rules = mailPolicy): Outgoing {
  nonce += 1;
  return outgoing(text, rules, String(nonce));
}

function decided(node: TestNode, { payload, vault }: Outgoing): readonly BoundaryEvent[] {
  node.savePayload(vault);
  return node.seal(node.propose('action.decide', payload)).events as BoundaryEvent[];
}

function refusal(node: TestNode, payload: DecideAction): string {
  const result = node.tryAdmit(node.propose('action.decide', payload));
  return result.ok ? 'admitted' : result.error.code;
}

function receiptIn(events: readonly BoundaryEvent[]): FirewallDecisionReceipt {
  const emitted = events.find((event) => event.type === 'receipt.emitted');
  return emitted?.receipt.body as FirewallDecisionReceipt;
}

function longer({ text }: DecideAction['request']['params']): object {
  return { ...(text as object), bytes: 1 };
}

const typesOf = (events: readonly BoundaryEvent[]): string[] => events.map(({ type }) => type);

test('what is transformed is allowed as it is left, and its records say so', () => {
  const { node } = mailing();
  const sent = mail(`to ${MAIL}`);
  const events = decided(node, sent);
  const types = ['receipt.emitted', 'egress.inspected', 'egress.permitted', 'action.committed'];
  assert.deepEqual(typesOf(events), types);
  const receipt = receiptIn(events);
  const manifest = sent.payload.inspection?.redaction_manifest;
  const manifestHash = digestOf(manifest);
  assert.ok(manifestHash.ok);
  assert.equal(receipt.redaction_manifest_hash, manifestHash.value);
  assert.equal(receipt.vault_commitment, digestBytes(sent.vault));
  assert.equal(receipt.pii_decision_hash, sent.payload.inspection?.decision_hash);
  assert.ok(!node.texts.join('\n').includes(MAIL));
});

test('what is denied is blocked under its own code, with an interception', () => {
  const { node } = mailing();
  const events = decided(node, mail(`card ${CARD}`));
  assert.deepEqual(typesOf(events), [
    'receipt.emitted',
    'egress.inspected',
    'firewall.intercepted',
  ]);
  const { verdict, code } = receiptIn(events);
  assert.deepEqual([verdict.kind, code], ['Block', 'egress.denied']);
  const held = events.find((event) => event.type === 'firewall.intercepted');
  assert.deepEqual(held?.interception.classes, ['card_pan']);
});

test('what a person has to look at waits for one, and goes out once approved', () => {
  const { node, agent } = mailing();
  const sent = mail(`pay to ${IBAN}`);
  const receipt = receiptIn(decided(node, sent));
  assert.deepEqual(
    [receipt.verdict.kind, receipt.code],
    ['PendingApproval', 'egress.approval_required'],
  );
  const token = agent.token(sent.payload.request);
  const events = decided(node, { ...sent, payload: { ...sent.payload, token } });
  assert.equal(receiptIn(events).verdict.kind, 'Approved');
  assert.ok(typesOf(events).includes('egress.permitted'));
});

test('what nothing is found in goes out, inspected', () => {
  const { node } = mailing();
  const events = decided(node, mail('hello'));
  assert.equal(receiptIn(events).code, 'policy.allowed');
  const seen = events.find((event) => event.type === 'egress.inspected');
  assert.equal(seen?.decision.outcome, 'allow');
});

test('an inspection is asked for where the policy wants one, and refused elsewhere', () => {
  const { node } = mailing();
  const { inspection: _, ...bare } = mail('hello').payload;
  assert.equal(refusal(node, bare), 'egress.not_inspected');
  const { egress: __, ...open } = mailPolicy;
  const other = mailing(open);
  assert.equal(refusal(other.node, mail('hello').payload), 'egress.not_reproduced');
  assert.equal(refusal(other.node, mail('hello', open).payload), 'admitted');
});

test('an inspection that is not reproduced is refused, whatever of it is false', () => {
  const { node } = mailing();
  const honest = mail(`to ${MAIL}`);
  const raw = mail(`to ${MAIL}`, { ...mailPolicy, egress: [] });
  const clean = mail('hello');
  for (const { vault } of [honest, clean]) node.savePayload(vault);
  assert.equal(refusal(node, honest.payload), 'admitted');
  const { inspection, request } = honest.payload;
  assert.ok(inspection && clean.payload.inspection);
  const claims: DecideAction[] = [
    { ...honest.payload, inspection: { ...inspection, outcome: 'allow' } },
    { ...honest.payload, inspection: { ...inspection, findings: [] } },
    { ...honest.payload, inspection: { ...inspection, graph_hash: digestBytes('other') } },
    { ...honest.payload, inspection: clean.payload.inspection },
    { ...honest.payload, request: { ...request, params: raw.payload.request.params } },
    { ...honest.payload, request: { ...request, params: { text: `to ${MAIL}` } } },
    { ...honest.payload, request: { ...request, params: { ...request.params, more: 'x' } } },
    { ...honest.payload, request: { ...request, params: { text: longer(request.params) } } },
  ];
  for (const claim of claims) assert.equal(refusal(node, claim), 'egress.not_reproduced');
});

test('without what was inspected nothing is decided', () => {
  const { node } = mailing();
  assert.equal(refusal(node, mail('hello').payload), 'content.withheld');
});

test('the verdict the rules give alone is not the verdict', () => {
  const { node } = mailing();
  const sent = mail(`card ${CARD}`);
  node.savePayload(sent.vault);
  const claim = { ...sent.payload, verdict: 'ALLOW' } as const;
  assert.equal(refusal(node, claim), 'guardian.verdict_not_reproduced');
});

test('intent, policy and every step are bound, each step to the one before', () => {
  const { node } = mailing();
  const receipts = ['one', 'two', 'three'].map((text) => receiptIn(decided(node, mail(text))));
  const [first, second] = receipts;
  assert.ok(first && second);
  assert.equal(first.intent_hash, second.intent_hash);
  assert.equal(first.policy_binding_hash, second.policy_binding_hash);
  const { step_i_hash, seq: _, prev_receipt_hash: __, ...step } = second;
  const chained = digestOf({ step, previous: first.step_i_hash });
  assert.ok(chained.ok);
  assert.equal(step_i_hash, chained.value);
  assert.equal(new Set(receipts.map((each) => each.step_i_hash)).size, 3);
});

test('a simulation routes what was found then by the policy that is tried', () => {
  const { node } = mailing();
  decided(node, mail(`to ${MAIL}`));
  const entries = node.texts.map((text) => JSON.parse(text));
  const strict = { ...mailPolicy, egress: [{ target: 'mail::*', deny: ['email' as const] }] };
  assert.deepEqual(simulatePolicy(compilePolicy(strict), entries).counts, { 'ALLOW BLOCK': 1 });
  assert.deepEqual(simulatePolicy(compilePolicy(mailPolicy), entries).counts, {});
});

test('an outcome is the layer that is certain of it, where the other would doubt', () => {
  const deny = { target: 'mail::*', deny: ['card_pan' as const] };
  const certain = { ...deny, certain: ['card_pan' as const] };
  const contract = { ...mailContract, risk_class: 'low' as const };
  const of = (rule: object) =>
    compilePolicy({ ...mailPolicy, egress: [rule] } as typeof mailPolicy);
  const layer = (confidence: 'high' | 'medium', local: object, ceiling: object) => {
    const found = { class: 'card_pan', severity: 'critical', confidence, count: 1 } as const;
    const finding = { ...found, is_ambiguous: false, is_rewritable: true };
    const inspection = {
      findings: [finding],
      outcome: 'deny',
    } as unknown as DecideAction['inspection'];
    const layers = { local: of(local), ceiling: { policy: of(ceiling) } };
    return egressLayer(inspection ? { inspection } : {}, layers, contract);
  };
  assert.equal(layer('medium', deny, certain), 'organisation');
  assert.equal(layer('high', deny, certain), 'local');
  assert.equal(layer('medium', certain, deny), 'local');
  assert.equal(layer('medium', { target: 'mail::*' }, deny), 'organisation');
});

test('what was inspected ahead is found for the same bytes, contract and rules alone', () => {
  const ahead = inspectedAhead();
  const { vault } = mail(`to ${MAIL}`);
  const rules = mailPolicy.egress ?? [];
  const sourceHash = digestBytes(vault);
  const inspecting = { content: encodeUtf8(vault), contract: mailContract, rules, sourceHash };
  assert.equal(ahead.find(inspecting), undefined);
  finish(ahead.inspect(inspecting));
  assert.deepEqual(ahead.find(inspecting), finish(inspectVault(inspecting)));
  const others = [
    { ...inspecting, content: encodeUtf8(vault) },
    { ...inspecting, contract: { ...mailContract, risk_class: 'high' as const } },
    { ...inspecting, rules: [] },
    { ...inspecting, sourceHash: digestBytes('other') },
  ];
  for (const other of others) assert.equal(ahead.find(other), undefined);
});

test('a decision goes by what was inspected ahead of it', () => {
  const { node } = mailing();
  const sent = mail(`to ${MAIL}`);
  const proposed = node.propose('action.decide', sent.payload);
  const admitted = (isAhead: boolean): boolean => {
    const bytes = encodeUtf8(sent.vault);
    const payload = (digest: Digest) =>
      digest === digestBytes(sent.vault) ? bytes : node.evidence.payload(digest);
    const { modules, view, authenticate, chainTime } = node;
    const about = { modules, view, evidence: { payload } };
    if (isAhead) finish(workAhead([proposed], modules, about));
    // Whoever looks at them now finds nothing.
    bytes.fill(0);
    const at = { seq: BigInt(node.texts.length), height: 9n, chainTime };
    const stored = proposed.authenticated_by;
    return admit(proposed, { ...about, authenticate, stored, at }).ok;
  };
  assert.deepEqual([admitted(true), admitted(false)], [true, false]);
});

test('what is too long to be inspected does not go where contents are', () => {
  const { node } = mailing();
  const { payload } = mail('hello');
  const params = { ...payload.request.params, body: { $stream: digestBytes('long'), bytes: 9e6 } };
  const request = { ...payload.request, params };
  assert.equal(refusal(node, { ...payload, request }), 'egress.not_inspected');
});
