import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signHybrid } from '@ioi/crypto/shell';
import type { AuthorityScopeRequestEnvelope } from '@ioi/protocol';
import { hashOf, notesPolicy, TestAgent, TestNode, TestOwner } from '../../testing/index.ts';
import { logNameOf } from '../domain/index.ts';
import { operationMessage } from '../ledger/index.ts';

function begun(): TestOwner {
  const node = new TestNode();
  new TestAgent(node).begin(notesPolicy);
  return new TestOwner(node);
}

/** Spoken with the key of this name instead of by the node. */
function speaking(owner: TestOwner, name: string, request: AuthorityScopeRequestEnvelope): string {
  const { node } = owner;
  const proposed = node.propose('wallet/scope.request', { request });
  const message = operationMessage(proposed, logNameOf(node.genesis));
  assert.ok(message.ok);
  const signature = signHybrid(owner.keyOf(name), 'SIG_DOMAIN_OPERATION', message.value);
  const signed = { ...proposed, authenticated_by: { kind: 'signature' as const, signature } };
  const admitted = node.tryAdmit(signed);
  return admitted.ok ? 'ok' : admitted.error.code;
}

test('the key of a certificate asks for its own subject while its chain stands', () => {
  const owner = begun();
  const request = owner.request({ subject_id: 'worker://test/low' });
  assert.equal(speaking(owner, 'low', request), 'operation.not_authentic');
  const top = owner.certify('top');
  owner.certify('low', { parent_id: top }, 'top');
  assert.equal(speaking(owner, 'low', request), 'ok');
  assert.equal(speaking(owner, 'top', request), 'certificate.unknown');
  owner.do('certificate.revoke', owner.endCertificate(top));
  assert.equal(speaking(owner, 'low', request), 'certificate.void');
});

test('a request is of this node, for later, and not about an act', () => {
  const owner = begun();
  const refused: [string, object][] = [
    ['authority.other_issuer', { issuer_id: 'wallet://local/other' }],
    ['authority.not_ahead', { request_hash: hashOf('act') }],
    ['authority.not_ahead', { status: 'granted' }],
  ];
  for (const [code, changed] of refused) {
    assert.equal(owner.try('scope.request', { request: owner.request(changed) }), code);
  }
  const late = owner.request();
  owner.node.tick(86_400_000n);
  assert.equal(owner.try('scope.request', { request: late }), 'authority.past');
});
