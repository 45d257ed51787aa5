import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  LogEntry,
  RecordExecution,
  RrsaMarkers,
  RuntimeToolContract,
  ToolExecutionReceipt,
} from '@ioi/protocol';
import {
  type Asked,
  completedExecution,
  hashOf,
  notesPolicy,
  payContract,
  TestAgent,
  TestNode,
  writeContract,
} from '../../testing/index.ts';
import type { BoundaryEvent } from './events.ts';
import { violations } from './rrsa.ts';

function committed(): { agent: TestAgent; asked: Asked } {
  const agent = new TestAgent(new TestNode());
  agent.begin(notesPolicy);
  const asked = agent.write('/notes/a');
  agent.decide(asked);
  return { agent, asked };
}

function receiptIn(entry: LogEntry): ToolExecutionReceipt {
  const [event] = entry.events as BoundaryEvent[];
  assert.ok(event?.type === 'receipt.emitted' && 'outcome' in event.receipt.body);
  return event.receipt.body;
}

function refusal(agent: TestAgent, payload: object): string {
  const result = agent.node.tryAdmit(agent.node.propose('action.receipt', payload));
  return result.ok ? 'admitted' : result.error.code;
}

test('a completed execution satisfies its contract with everything the contract asks', () => {
  const { agent, asked } = committed();
  const receipt = receiptIn(agent.record(agent.execution(asked)));
  assert.deepEqual([receipt.satisfied, receipt.error_class], [true, undefined]);
  assert.equal(receipt.markers.rrsa_firewall_decision, agent.action(asked.request).decision_hash);
  assert.deepEqual(agent.node.heads('open'), []);
});

test('without a marker of its domain a completed execution violates its contract', () => {
  const markers: (keyof RrsaMarkers)[] = ['rrsa_path_scope_binding', 'rrsa_output_commitment'];
  for (const name of markers) {
    const { agent, asked } = committed();
    const execution = agent.execution(asked);
    const { [name]: _, ...rest } = execution.markers;
    const receipt = receiptIn(agent.record({ ...execution, markers: rest as RrsaMarkers }));
    assert.deepEqual(
      [receipt.satisfied, receipt.error_class, receipt.detail],
      [false, 'ExecutionContractViolation', `missing: ${name}`],
    );
  }
});

test('each domain asks for its own commitments', () => {
  const bound = { requestHash: hashOf('r'), decisionHash: hashOf('d') };
  const asked = (rrsa_domain: RuntimeToolContract['rrsa_domain']): string[] => {
    const contract = { ...writeContract, rrsa_domain, postconditions: [] };
    const { markers } = completedExecution(contract, bound);
    const bare = {
      rrsa_request_binding: markers.rrsa_request_binding,
      rrsa_firewall_decision: markers.rrsa_firewall_decision,
      rrsa_domain,
    };
    const executed = { outcome: 'completed' as const, postconditions: [], markers: bare };
    return violations(executed, { ...bound, contract });
  };
  assert.deepEqual(asked('filesystem'), ['rrsa_path_scope_binding', 'rrsa_output_commitment']);
  assert.deepEqual(asked('network'), ['rrsa_domain_binding', 'rrsa_output_commitment']);
  assert.deepEqual(asked('shell'), ['rrsa_output_commitment']);
  assert.deepEqual(asked('unmapped'), ['rrsa_output_commitment']);
});

test('markers bind this request, this decision and this domain', () => {
  const bound = { requestHash: hashOf('r'), decisionHash: hashOf('d'), contract: writeContract };
  const { markers, postconditions } = completedExecution(writeContract, bound);
  const wrong: Partial<RrsaMarkers>[] = [
    { rrsa_request_binding: hashOf('other') },
    { rrsa_firewall_decision: hashOf('other') },
    { rrsa_domain: 'shell' },
  ];
  for (const change of wrong) {
    const executed = { postconditions, markers: { ...markers, ...change } };
    const found = violations({ ...executed, outcome: 'completed' }, bound);
    assert.deepEqual(found, Object.keys(change));
  }
});

test('a postcondition holds only where every sight of it held', () => {
  const bound = { requestHash: hashOf('r'), decisionHash: hashOf('d'), contract: writeContract };
  const { markers } = completedExecution(writeContract, bound);
  const seen = (...satisfied: boolean[]) => {
    const postconditions = satisfied.map((each) => ({ name: 'content_matches', satisfied: each }));
    return violations({ outcome: 'completed', markers, postconditions }, bound);
  };
  assert.deepEqual(seen(true), []);
  assert.deepEqual(seen(true, true), []);
  assert.deepEqual(seen(), ['content_matches']);
  assert.deepEqual(seen(false), ['content_matches']);
  assert.deepEqual(seen(true, false), ['content_matches']);
});

test('what the tool reports of itself decides nothing', () => {
  const { agent, asked } = committed();
  const receipt = receiptIn(agent.record({ ...agent.execution(asked), reported_error: true }));
  assert.deepEqual([receipt.outcome, receipt.satisfied], ['completed', true]);
});

test('only a committed action has an execution, and only one', () => {
  const { agent, asked } = committed();
  const execution = agent.execution(asked);
  const blocked = agent.write('/etc/a');
  agent.decide(blocked);
  const ofBlocked = { ...execution, request_hash: hashOf(blocked.request) };
  assert.equal(refusal(agent, ofBlocked), 'action.not_committed');
  const ofNothing = { ...execution, request_hash: hashOf('none') };
  assert.equal(refusal(agent, ofNothing), 'action.not_committed');
  const otherContract = { ...execution, contract_hash: hashOf(payContract) };
  assert.equal(refusal(agent, otherContract), 'contract.missing');
  agent.record(execution);
  assert.equal(refusal(agent, execution), 'action.not_committed');
  const again = { ...execution, outcome: 'failed_before_effect' };
  assert.equal(refusal(agent, again), 'action.not_committed');
});

test('an unknown effect is reconciled once, by a receipt that names it', () => {
  const { agent, asked } = committed();
  const execution = agent.execution(asked);
  agent.record({ ...execution, outcome: 'effect_unknown' });
  assert.deepEqual(agent.node.heads('open'), [hashOf(asked.request)]);
  const reconciles = agent.action(asked.request).execution_hash;
  assert.ok(reconciles);
  const refused: [Partial<RecordExecution>, string][] = [
    [{}, 'action.not_committed'],
    [{ reconciles: hashOf('other') }, 'action.not_committed'],
    [{ reconciles, outcome: 'effect_unknown' }, 'action.not_reconciled'],
  ];
  for (const [change, code] of refused) {
    assert.equal(refusal(agent, { ...execution, ...change }), code);
  }
  const receipt = receiptIn(agent.record({ ...execution, reconciles }));
  assert.equal(receipt.reconciles, reconciles);
  assert.deepEqual(agent.node.heads('open'), []);
  assert.equal(refusal(agent, { ...execution, reconciles }), 'action.not_committed');
});
