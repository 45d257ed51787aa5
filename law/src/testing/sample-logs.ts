import { draftsPolicy, hashOf, notesPolicy, payContract, writeContract } from './artifacts.ts';
import { TestAgent } from './test-agent.ts';
import { manifestOf, TestGovernor } from './test-governor.ts';
import { TestNode, type TestNodeOptions } from './test-node.ts';

/** A few commits: a policy, one action allowed and done, one blocked. */
export function smallLog(options?: TestNodeOptions): TestAgent {
  const agent = new TestAgent(new TestNode(options));
  agent.begin(notesPolicy);
  const written = agent.write('/notes/a');
  agent.decide(written);
  agent.complete(written);
  agent.decide(agent.write('/etc/passwd'));
  return agent;
}

/** One of everything a node's log can hold, whatever can go wrong included. */
export function richLog(options?: TestNodeOptions): TestAgent {
  const agent = smallLog(options);
  const { node } = agent;
  const existing = { target_exists: true };
  const approved = agent.write('/notes/b', existing);
  agent.decide(approved);
  node.tick(1_000n);
  agent.approve(approved);
  agent.complete(approved);
  const denied = agent.write('/notes/c', existing);
  agent.decide(denied);
  agent.deny(denied);
  agent.refuse();
  const lost = agent.write('/notes/d');
  agent.decide(lost);
  agent.lose(lost);
  agent.reconcile(lost);
  agent.activate(draftsPolicy);
  node.resync(
    node.chainTime + 86_400_000n,
    node.propose('action.decide', agent.write('/x').payload),
  );
  const paid = agent.pay('2.50');
  agent.decide(paid);
  agent.record({ ...agent.execution(paid, payContract), outcome: 'failed_before_effect' });
  recoverOne(agent);
  const careless = agent.write('/drafts/e');
  agent.decide(careless);
  agent.record({ ...agent.execution(careless), postconditions: [] });
  agent.decide(agent.write('/drafts/open'));
  const waiting = agent.write('/notes/waiting', existing);
  agent.decide(waiting);
  agent.extend(waiting, 1_800_000n);
  return agent;
}

/** A crash between log and seal: one decision sealed again, the guardian's own entry voided. */
function recoverOne(agent: TestAgent): void {
  const { node } = agent;
  const cut = agent.write('/drafts/cut');
  const to = node.chainTime + 5_000n;
  const resync = node.proposeResync(to);
  node.chainTime = to;
  node.crash([resync, node.propose('action.decide', cut.payload)]);
  node.recover();
  const never = { ...agent.execution(cut), outcome: 'failed_before_effect' as const };
  agent.record({ ...never, detail: `nothing was started: ${hashOf(cut.request)}` });
}

/** Adds one of everything governance can record: chains, modules, upgrades, a session. */
export function govern(agent: TestAgent): TestGovernor {
  const governor = new TestGovernor(agent);
  governor.announce();
  const alpha = governor.createChain('alpha');
  const beta = governor.createChain('beta');
  governor.do('chain.advance', governor.transition(alpha, 'alpha', 'next'));
  const first = manifestOf('1', ['prim:fs.read', 'prim:fs.write']);
  governor.do('module.register', governor.registration({ manifest: first, chain_id: alpha }));
  mountOne(governor);
  const narrower = manifestOf('2', ['prim:fs.read']);
  governor.do('module.swap', governor.swap(narrower));
  const wider = governor.swap(manifestOf('3', ['prim:fs.read', 'scope:repo.write']));
  governor.do('module.swap', governor.approvedSwap(wider));
  upgradeSome(governor, alpha);
  governor.do('settlement.record', governor.settlement(['alpha', 'beta'], [alpha, beta]));
  const written = agent.write('/notes/invoked');
  const invocation = governor.invocation('module://test/summarise/4', alpha);
  governor.do('module.invoke', invocation);
  agent.decide(written);
  agent.complete(written);
  governor.do('module.finish', governor.finish(invocation, [written.request]));
  const session = governor.session();
  governor.do('session.open', session);
  governor.do('session.step', governor.step(session, 1, 'ticket'));
  governor.do('session.step', governor.step(session, 2));
  governor.do('session.close', { session_id: hashOf(session) });
  governor.announce();
  return governor;
}

function mountOne(governor: TestGovernor): void {
  const manifest = {
    ...manifestOf('1', writeContract.primitive_capabilities),
    module_id: 'module://local/filesystem/1',
  };
  governor.do('module.mount', { manifest, contract_hashes: [hashOf(writeContract)] });
}

/** A module committed, a policy committed and rolled back, a workflow escalated and rejected. */
function upgradeSome(governor: TestGovernor, chainId: string): void {
  const module = governor.moduleProposal(chainId, manifestOf('4', ['prim:fs.read']));
  governor.propose(module);
  governor.do('proposal.decide', governor.decision(module, 'approve'));
  governor.do('proposal.commit', { proposal_id: hashOf(module) });
  const policy = governor.policyProposal(chainId, hashOf('another policy'));
  governor.propose(policy);
  for (const verdict of ['approve', 'roll_back'] as const) {
    const decision = governor.decision(policy, verdict);
    governor.do('proposal.decide', governor.approvedDecision(policy, decision));
    governor.do('proposal.commit', { proposal_id: hashOf(policy) });
  }
  const workflow = governor.workflowProposal(chainId, 'flow');
  governor.propose(workflow);
  governor.do('proposal.decide', governor.decision(workflow, 'escalate'));
  governor.do('proposal.decide', governor.decision(workflow, 'reject'));
}
