import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOf, manifestOf, smallLog, TestGovernor } from '../../testing/index.ts';
import { governanceKeys, type ProposalHead } from './heads.ts';

const READ = ['prim:fs.read'];

function governed(): { governor: TestGovernor; chainId: string } {
  const governor = new TestGovernor(smallLog());
  const chainId = governor.createChain('alpha');
  const manifest = manifestOf('1', [...READ, 'prim:fs.write']);
  governor.do('module.register', governor.registration({ manifest, chain_id: chainId }));
  return { governor, chainId };
}

function stateOf(governor: TestGovernor, proposal: object): string | undefined {
  const key = governanceKeys.proposal(hashOf(proposal));
  return governor.node.head<ProposalHead>(key)?.state;
}

test('an upgrade is proposed, simulated, decided and committed, in that order, once', () => {
  const { governor, chainId } = governed();
  const proposal = governor.moduleProposal(chainId, manifestOf('2', READ));
  const id = { proposal_id: hashOf(proposal) };
  const approve = governor.decision(proposal, 'approve');
  assert.equal(governor.try('proposal.decide', approve), 'proposal.wrong_state');
  governor.do('proposal.submit', proposal);
  assert.equal(governor.try('proposal.submit', proposal), 'proposal.exists');
  assert.equal(governor.try('proposal.decide', approve), 'proposal.wrong_state');
  assert.equal(governor.try('proposal.commit', id), 'proposal.wrong_state');
  const run = { ...id, result_hash: hashOf('run'), passed: true };
  governor.do('proposal.simulate', run);
  assert.equal(governor.try('proposal.simulate', run), 'proposal.wrong_state');
  assert.equal(governor.try('proposal.commit', id), 'proposal.wrong_state');
  const entry = governor.do('proposal.decide', approve);
  assert.match(JSON.stringify(entry.events), /"reason_code":"MONOTONIC_PASS"/);
  assert.equal(governor.module('module://test/summarise/2').sequence, '0');
  governor.do('proposal.commit', id);
  assert.equal(governor.try('proposal.commit', id), 'proposal.wrong_state');
  const { manifest, sequence } = governor.module('module://test/summarise/2');
  assert.deepEqual([manifest, sequence], [manifestOf('2', READ), '1']);
});

test('what failed its simulation is not approved, what was rejected stays so', () => {
  const { governor, chainId } = governed();
  const failed = governor.workflowProposal(chainId, 'failed');
  governor.propose(failed, false);
  const approve = governor.decision(failed, 'approve');
  assert.equal(governor.try('proposal.decide', approve), 'proposal.wrong_state');
  governor.do('proposal.decide', governor.decision(failed, 'reject'));
  assert.equal(governor.try('proposal.decide', approve), 'proposal.wrong_state');
  const escalated = governor.workflowProposal(chainId, 'escalated');
  governor.propose(escalated);
  governor.do('proposal.decide', governor.decision(escalated, 'escalate'));
  assert.equal(stateOf(governor, escalated), 'escalated');
  governor.do('proposal.decide', governor.decision(escalated, 'approve'));
  governor.do('proposal.commit', { proposal_id: hashOf(escalated) });
  const next = governor.workflowProposal(chainId, 'next', escalated.new_hash);
  governor.propose(next);
});

test('a decision is the owner\u2019s, over this proposal and this change', () => {
  const { governor, chainId } = governed();
  const proposal = governor.workflowProposal(chainId, 'flow');
  governor.propose(proposal);
  const { decision, signature } = governor.decision(proposal, 'approve');
  const rejected = { decision: { ...decision, verdict: 'reject' }, signature };
  assert.equal(governor.try('proposal.decide', rejected), 'governance.unauthorised');
  const other = { ...proposal, new_hash: hashOf('other') };
  const about = { ...governor.decision(other, 'approve').decision, proposal_id: hashOf(proposal) };
  const resigned = governor.decisionOver(about);
  assert.equal(governor.try('proposal.decide', resigned), 'proposal.differs');
});

test('a change that may widen is approved by a token over exactly that decision', () => {
  const { governor, chainId } = governed();
  const policy = governor.policyProposal(chainId, hashOf('new policy'));
  const wider = governor.moduleProposal(chainId, manifestOf('2', ['prim:sys.exec']));
  for (const proposal of [policy, wider]) governor.propose(proposal);
  const plain = governor.decision(policy, 'approve');
  const foreign = governor.approvedDecision(wider, governor.decision(wider, 'approve'));
  assert.equal(governor.try('proposal.decide', plain), 'approval.required');
  const { request, token } = foreign;
  assert.equal(governor.try('proposal.decide', { ...plain, request, token }), 'approval.invalid');
  governor.do('proposal.decide', governor.approvedDecision(policy, plain));
  const before = governor.chain(chainId);
  governor.do('proposal.commit', { proposal_id: hashOf(policy) });
  const { envelope, policy_sequence } = governor.chain(chainId);
  assert.deepEqual([envelope.policy_hash, envelope.sequence], [hashOf('new policy'), '1']);
  assert.equal(envelope.prev_transition_hash, before.envelope_hash);
  assert.equal(policy_sequence, '1');
  assert.equal(governor.try('proposal.decide', foreign), 'approval.invalid');
});

test('a commit whose target moved since the proposal is stale, even when it moved back', () => {
  const { governor, chainId } = governed();
  const first = governor.moduleProposal(chainId, manifestOf('2', READ));
  const second = governor.moduleProposal(chainId, manifestOf('3', READ));
  const third = governor.moduleProposal(chainId, manifestOf('4', READ));
  governor.propose(third);
  for (const proposal of [first, second]) {
    governor.propose(proposal);
    governor.do('proposal.decide', governor.decision(proposal, 'approve'));
  }
  governor.do('proposal.commit', { proposal_id: hashOf(first) });
  const late = { proposal_id: hashOf(second) };
  assert.equal(governor.try('proposal.commit', late), 'proposal.stale');
  const undecided = governor.decision(third, 'approve');
  assert.equal(governor.try('proposal.decide', undecided), 'proposal.stale');
  const back = governor.decision(first, 'roll_back');
  governor.do('proposal.decide', governor.approvedDecision(first, back));
  governor.do('proposal.commit', { proposal_id: hashOf(first) });
  assert.equal(governor.module('module://test/summarise/1').manifest_hash, second.old_hash);
  assert.equal(governor.try('proposal.commit', late), 'proposal.stale');
  const old = { ...second, nonce: '99', old_hash: first.new_hash };
  assert.equal(governor.try('proposal.submit', old), 'proposal.stale');
});

test('going back is held to the invariant as going forward is', () => {
  const { governor, chainId } = governed();
  const narrower = governor.moduleProposal(chainId, manifestOf('2', READ));
  governor.propose(narrower);
  governor.do('proposal.decide', governor.decision(narrower, 'approve'));
  governor.do('proposal.commit', { proposal_id: hashOf(narrower) });
  const back = governor.decision(narrower, 'roll_back');
  assert.equal(governor.try('proposal.decide', back), 'approval.required');
  governor.do('proposal.decide', governor.approvedDecision(narrower, back));
  assert.equal(stateOf(governor, narrower), 'rolling_back');
  governor.do('proposal.commit', { proposal_id: hashOf(narrower) });
  assert.equal(stateOf(governor, narrower), 'rolled_back');
  assert.equal(governor.try('proposal.decide', back), 'proposal.wrong_state');
  const dropped = governor.workflowProposal(chainId, 'dropped');
  governor.propose(dropped);
  governor.do('proposal.decide', governor.decision(dropped, 'approve'));
  governor.do('proposal.decide', governor.decision(dropped, 'roll_back'));
  assert.equal(stateOf(governor, dropped), 'rolled_back');
});

test('a proposal is bound to a target of its own chain, and says all of it', () => {
  const { governor, chainId } = governed();
  const other = governor.createChain('beta');
  const good = governor.moduleProposal(chainId, manifestOf('2', READ));
  const { manifest: _, ...bare } = good;
  const policy = governor.policyProposal(chainId, hashOf('new'));
  const wrong: [object, string][] = [
    [bare, 'proposal.malformed'],
    [{ ...good, new_hash: hashOf('other') }, 'proposal.malformed'],
    [{ ...good, new_hash: good.old_hash }, 'proposal.malformed'],
    [{ ...good, target: { kind: 'tool', ref: good.target.ref } }, 'proposal.malformed'],
    [{ ...good, target: { kind: 'module', ref: 'module://test/other/1' } }, 'proposal.malformed'],
    [{ ...policy, target: { kind: 'policy', ref: 'gopher://x' } }, 'proposal.malformed'],
    [{ ...policy, target: { kind: 'policy', ref: 'cid://other' } }, 'proposal.no_target'],
    [{ ...good, chain_id: other }, 'proposal.no_target'],
    [{ ...good, chain_id: hashOf('none') }, 'chain.unknown'],
  ];
  for (const [proposal, code] of wrong)
    assert.equal(governor.try('proposal.submit', proposal), code);
});
