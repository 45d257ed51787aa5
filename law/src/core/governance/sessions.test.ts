import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHex, encodeHex, encodeUtf8 } from '@ioi/basis';
import { digestBytes, sha256 } from '@ioi/canon';
import { keyId } from '@ioi/crypto';
import { signHybrid } from '@ioi/crypto/shell';
import { rootOf } from '@ioi/merkle';
import type { Commitment, LogEntry, ReceiptEnvelope } from '@ioi/protocol';
import * as fc from 'fast-check';
import { hashOf, manifestOf, smallLog, TestGovernor } from '../../testing/index.ts';
import { receiptHash } from '../boundary/receipts.ts';
import { logNameOf } from '../domain/index.ts';
import { operationMessage, principalKey } from '../ledger/authenticate.ts';
import { HeadOverlay } from '../ledger/heads.ts';
import { accumulate, accumulatorRoot, sessionLeaf } from './accumulator.ts';

function stepReceipt(entry: LogEntry): ReceiptEnvelope['body'] {
  const emitted = entry.events.find((event) => event['type'] === 'receipt.emitted');
  return (emitted as unknown as { receipt: ReceiptEnvelope }).receipt.body;
}

test('a leaf binds tag, receipt and ticket, or null where there is no ticket', () => {
  const receipt = digestBytes('receipt');
  const hex = (ticket: string) =>
    [sha256('IOI_SESSION_LEAF_V1'), sha256('receipt'), sha256(ticket)].map(encodeHex).join('');
  const expected = (ticket: string) => sha256(decodeHex(hex(ticket)) ?? '');
  assert.deepEqual(sessionLeaf(receipt, digestBytes('ticket')), expected('ticket'));
  assert.deepEqual(sessionLeaf(receipt, undefined), expected('null'));
});

test('an accumulator kept as plain data has the RFC 6962 root over its leaves', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 40 }), (texts) => {
      const leaves = texts.map((text) => sha256(encodeUtf8(text)));
      let head = undefined as ReturnType<typeof accumulate> | undefined;
      for (const leaf of leaves) {
        head = JSON.parse(JSON.stringify(accumulate(head, leaf))) as typeof head;
      }
      assert.equal(accumulatorRoot(head), `sha256:${encodeHex(rootOf(leaves))}`);
    }),
  );
});

test('a session commits to every step, and ends', () => {
  const governor = new TestGovernor(smallLog());
  const session = governor.session();
  const session_id = hashOf(session);
  assert.equal(governor.try('session.step', governor.step(session, 1)), 'session.not_open');
  governor.do('session.open', session);
  assert.equal(governor.try('session.open', session), 'session.exists');
  const tickets = ['ticket', undefined, 'ticket 2'];
  const leaves = tickets.map((ticket, index) => {
    for (const wrong of [index, index + 2]) {
      const step = governor.step(session, wrong);
      assert.equal(governor.try('session.step', step), 'session.wrong_step');
    }
    const payload = governor.step(session, index + 1, ticket);
    const body = stepReceipt(governor.do('session.step', payload));
    return sessionLeaf(receiptHash(body), payload.ticket_hash);
  });
  const closed = governor.do('session.close', { session_id });
  const commitment: Commitment = {
    artifact_class: 2,
    session_id,
    policy_hash: session.policy_hash,
    receipt_root: `sha256:${encodeHex(rootOf(leaves))}`,
    final_seq: '3',
  };
  assert.deepEqual(closed.events, [{ type: 'session.closed', commitment }]);
  assert.equal(governor.try('session.close', { session_id }), 'session.not_open');
  assert.equal(governor.try('session.step', governor.step(session, 4)), 'session.not_open');
});

test('sessions and invocations are gone on with by whoever began them', () => {
  const governor = new TestGovernor(smallLog());
  const { node } = governor;
  const session = governor.session();
  governor.do('session.open', session);
  const manifest = manifestOf('1', []);
  governor.do('module.register', governor.registration({ manifest }));
  const invocation = governor.invocation(manifest.module_id);
  governor.do('module.invoke', invocation);
  const client = governor.controller('client');
  const view = new HeadOverlay(node.view);
  const value = { public_key: client.publicKey, operations: ['governance/*'] };
  view.apply([{ key: principalKey(keyId(client.publicKey)), value }]);
  const speak = (operation: string, payload: object): string => {
    const proposed = node.propose(`governance/${operation}`, payload);
    const message = operationMessage(proposed, logNameOf({ node_id: governor.nodeId }));
    assert.ok(message.ok);
    const signature = signHybrid(client, 'SIG_DOMAIN_OPERATION', message.value);
    const authenticated_by = { kind: 'signature' as const, signature };
    const admitted = node.tryAdmit({ ...proposed, authenticated_by }, view);
    if (!admitted.ok) return admitted.error.code;
    view.apply(admitted.value.changes);
    return 'ok';
  };
  assert.equal(speak('session.step', governor.step(session, 1)), 'session.not_open');
  assert.equal(speak('session.close', { session_id: hashOf(session) }), 'session.not_open');
  assert.equal(speak('module.finish', governor.finish(invocation)), 'invocation.not_started');
  const own = governor.session();
  assert.equal(speak('session.open', own), 'ok');
  assert.equal(speak('session.step', governor.step(own, 1)), 'ok');
});
