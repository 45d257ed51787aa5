import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { keys, type PolicyHead } from '@ioi/law';
import { TestPasskey } from '@ioi/law/testing';
import type { ActionRules, ApprovalSignature } from '@ioi/protocol';
import {
  activate,
  headIn,
  NodeKit,
  notesPolicy,
  PASSPHRASE,
  policyText,
  type Started,
  signed,
  started,
} from '../testing/node-kit.ts';

let kit: NodeKit;
afterEach(() => {
  kit.closeGuardian();
  kit.remove();
});

const passkey = new TestPasskey('ed25519');

async function withPasskey(): Promise<Started> {
  kit = new NodeKit();
  const node = await started(kit);
  await activate(kit, node);
  await signed(kit, node, 'factor.enroll', { factor: passkey.factor() });
  return node;
}

function pausing(node: Started, span = 3_600_000n): ActionRules {
  const observe_until = String(node.guardian.chainTime() + span);
  return { ...notesPolicy, mode: 'observe', observe_until };
}

/** The hash that a passkey has to confirm. */
async function begun(node: Started, rules = pausing(node)): Promise<string> {
  const done = await node.approver.activate(policyText(rules), PASSPHRASE);
  assert.ok(done.ok && done.value.confirm, JSON.stringify(done));
  return done.value.confirm;
}

function assertion(node: Started, hash: string): ApprovalSignature {
  const digest = node.approver.stepUps.digest(hash);
  assert.ok(digest.ok, JSON.stringify(digest));
  return passkey.assert(digest.value);
}

const codeOf = (done: { ok: true } | { ok: false; error: { code: string } }) =>
  done.ok ? 'ok' : done.error.code;

test('a pause the owner signed is in force once a passkey confirmed exactly it', async () => {
  const node = await withPasskey();
  const { stepUps } = node.approver;
  const hash = await begun(node);
  assert.equal(headIn<PolicyHead>(node.store, keys.policy)?.mode, undefined);
  assert.equal(
    kit.notices.some((notice) => 'operation' in notice),
    false,
  );
  assert.deepEqual(stepUps.shown()?.request_hash, hash);
  assert.match(String(stepUps.shown()?.warnings), /only observes/);
  const stranger = new TestPasskey('ed25519');
  const [digest, own] = [stepUps.digest(hash), assertion(node, hash)];
  assert.ok(digest.ok);
  assert.equal(
    codeOf(await stepUps.confirm(hash, stranger.assert(digest.value))),
    'approval.invalid',
  );
  const confirming = stepUps.confirm(hash, own);
  assert.equal(codeOf(await stepUps.confirm(hash, own)), 'policy.not_waiting', 'once');
  assert.deepEqual(stepUps.standing(hash), { state: 'waiting' }, 'until the log has it');
  const { operation, payloads } = await kit.handedOver();
  assert.ok((await node.writer.submit(operation, payloads)).ok);
  assert.equal(codeOf(await confirming), 'ok');
  assert.deepEqual(stepUps.standing(hash), { state: 'active' });
  assert.equal(headIn<PolicyHead>(node.store, keys.policy)?.mode, 'observe');
  const resumed = node.approver.activate(policyText(notesPolicy), PASSPHRASE);
  const back = await kit.handedOver();
  assert.ok((await node.writer.submit(back.operation, back.payloads)).ok);
  assert.equal(codeOf(await resumed), 'ok', 'to end it takes no passkey');
});

test('what nobody confirms, leaves, replaces or is too late for, is nothing', async () => {
  const node = await withPasskey();
  const { stepUps } = node.approver;
  const left = await begun(node);
  stepUps.leave(left);
  assert.deepEqual([stepUps.standing(left), stepUps.shown()], [{ state: 'left' }, undefined]);
  const replaced = await begun(node);
  const late = await begun(node, pausing(node, 7_200_000n));
  assert.deepEqual(stepUps.standing(replaced), { state: 'left' });
  const own = assertion(node, late);
  kit.tick(11n * 60_000n);
  assert.equal(codeOf(await stepUps.confirm(late, own)), 'policy.not_waiting');
  assert.deepEqual(stepUps.standing(late), { state: 'over' });
  const overtaken = await begun(node);
  await activate(kit, node, { ...notesPolicy, policy_id: 'other' });
  assert.deepEqual(stepUps.standing(overtaken), { state: 'over' });
  assert.deepEqual(stepUps.standing('sha256:none'), { state: 'over' });
  const wrong = await node.approver.activate(policyText(pausing(node)), 'not it');
  assert.equal(codeOf(wrong), 'approver.keyfile.wrong_passphrase');
});
