import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signHybrid } from '@ioi/crypto/shell';
import type { HybridPublicKey } from '@ioi/protocol';
import { hashOf, manifestOf, smallLog, TestGovernor } from '../../testing/index.ts';
import {
  isSignedOperation,
  rehearse,
  requestToApprove,
  type Signable,
  signableBytes,
  signedPayload,
} from './signable.ts';

const READ = ['prim:fs.read'];

function governed(): { governor: TestGovernor; signables: readonly Signable[] } {
  const governor = new TestGovernor(smallLog());
  const owner = governor.node.owner;
  const chains = ['alpha', 'beta'].map((name) => {
    governor.do('chain.create', governor.creation(name, owner));
    return governor.chain(governor.node.heads('chain').find((id) => isNamed(governor, id, name))!);
  });
  const [first, second] = chains.map(({ envelope }) => envelope.chain_id) as [string, string];
  const manifest = manifestOf('1', READ);
  governor.do('module.register', governor.registration({ manifest, chain_id: first }));
  const proposal = governor.workflowProposal(first, 'flow');
  governor.propose(proposal);
  const signables: Signable[] = [
    { operation: 'chain.create', statement: governor.creation('gamma', owner).creation },
    {
      operation: 'module.register',
      statement: { manifest: { ...manifest, module_id: 'module://test/other/1' } },
    },
    { operation: 'module.swap', statement: governor.swap(manifestOf('2', [])).swap },
    { operation: 'proposal.decide', statement: governor.decision(proposal, 'approve').decision },
    {
      operation: 'settlement.record',
      statement: governor.settlement(['alpha', 'beta'], [first, second]).settlement,
    },
    { operation: 'chain.advance', statement: governor.transition(first, 'alpha', 'x').transition },
  ];
  return { governor, signables };
}

function isNamed(governor: TestGovernor, chainId: string, name: string): boolean {
  return governor.chain(chainId).envelope.manifest_ref === `cid://${name}`;
}

function rehearsed(governor: TestGovernor, signable: Signable, key = governor.node.owner) {
  const { view, chainTime } = governor.node;
  const at = { seq: 1_000n, height: 1_000n, chainTime };
  return rehearse(signable, key.publicKey as HybridPublicKey, { view, at });
}

test('a rehearsal brings about what the signed operation then does', () => {
  const { governor, signables } = governed();
  for (const signable of signables) {
    const shown = rehearsed(governor, signable);
    assert.ok(shown.ok, signable.operation);
    const message = signableBytes(signable, governor.node.genesis);
    const signature = signHybrid(governor.node.owner, 'SIG_DOMAIN_MANIFEST', message);
    const entry = governor.do(signable.operation, signedPayload(signable, signature));
    const types = (events: readonly object[]) => events.map((event) => (event as Typed).type);
    assert.deepEqual(types(shown.value), types(entry.events));
    assert.ok(isSignedOperation(signable.operation));
  }
  for (const name of ['constructor', 'proposal.commit', 'module.mount', '']) {
    assert.equal(isSignedOperation(name), false);
  }
});

type Typed = { readonly type: string };

test('a rehearsal refuses what the log refuses, and a key that is not asked for', () => {
  const { governor, signables } = governed();
  for (const signable of signables) {
    const stranger = rehearsed(governor, signable, governor.controller('stranger'));
    assert.ok(!stranger.ok && stranger.error.code === 'governance.unauthorised');
  }
  const statement = { manifest: manifestOf('9', READ) };
  const again = rehearsed(governor, { operation: 'module.register', statement });
  assert.ok(!again.ok && again.error.code === 'module.exists');
  const shapeless = rehearsed(governor, { operation: 'module.swap', statement: {} });
  assert.ok(!shapeless.ok && shapeless.error.code === 'operation.invalid_payload');
});

test('a rehearsal tells what needs a token, and the request for it says exactly that', () => {
  const { governor } = governed();
  const statement = governor.swap(manifestOf('2', ['prim:sys.exec'])).swap;
  const wider = { operation: 'module.swap', statement } as const;
  const shown = rehearsed(governor, wider);
  assert.ok(!shown.ok && shown.error.code === 'approval.required');
  const drafting = { node: governor.node.genesis, nonce: 5n };
  const request = requestToApprove(wider, drafting);
  assert.equal(hashOf(request?.params), hashOf(statement));
  assert.equal(request?.target, 'module::swap');
  const creation = { operation: 'chain.create', statement: {} } as const;
  assert.equal(requestToApprove(creation, drafting), undefined);
});
