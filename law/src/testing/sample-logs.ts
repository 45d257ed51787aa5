import { draftsPolicy, hashOf, notesPolicy, payContract } from './artifacts.ts';
import { TestAgent } from './test-agent.ts';
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
  agent.decide(agent.write('/notes/waiting', existing));
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
