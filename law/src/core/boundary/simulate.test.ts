import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules, LogEntry } from '@ioi/protocol';
import * as fc from 'fast-check';
import {
  draftsPolicy,
  notesPolicy,
  payContract,
  RATE_WINDOW_MS,
  readEntry,
  smallLog,
  type TestAgent,
} from '../../testing/index.ts';
import { canonicalize, compilePolicy } from '../policy/index.ts';
import { simulatePolicy } from './simulate.ts';

function simulated(agent: TestAgent, rules: ActionRules) {
  return simulatePolicy(compilePolicy(canonicalize(rules)), entriesOf(agent));
}

function entriesOf({ node }: TestAgent): LogEntry[] {
  return node.texts.map((text) => readEntry(text).entry);
}

test('verdicts that another policy changes are counted and named, with the rule', () => {
  const agent = smallLog();
  agent.decide(agent.write('/drafts/a'));
  const asked = agent.write('/notes/a', { target_exists: true });
  agent.decide(asked);
  agent.approve(asked);
  const wider = simulated(agent, draftsPolicy);
  assert.deepEqual([wider.actions, wider.counts], [4, { 'BLOCK ALLOW': 1 }]);
  const [change] = wider.changed;
  assert.deepEqual([change?.target, change?.rule_id], ['fs::write', 'write_drafts']);
  const rules = notesPolicy.rules.filter(({ rule_id: id }) => id !== 'write_notes');
  const narrower = simulated(agent, { ...notesPolicy, rules });
  assert.deepEqual(narrower.counts, { 'ALLOW BLOCK': 1 });
  const careless = notesPolicy.rules.filter(({ rule_id: id }) => id !== 'ask_overwrite');
  const open = simulated(agent, { ...notesPolicy, rules: careless });
  assert.deepEqual(open.counts, { 'REQUIRE_APPROVAL ALLOW': 1 });
  assert.deepEqual(simulated(agent, notesPolicy).changed, []);
});

test('what lies outside the envelope of a policy that is tried is blocked by it', () => {
  const agent = smallLog();
  agent.decide(agent.write('/notes/a'));
  const tight = simulated(agent, { ...notesPolicy, envelope: [] });
  assert.ok((tight.counts['ALLOW BLOCK'] ?? 0) > 0);
  assert.deepEqual(
    simulatePolicy(compilePolicy(canonicalize(notesPolicy)), entriesOf(agent)).counts,
    {},
  );
});

test('without a recorded action nothing changes, and no place is named', () => {
  const { policy_hash: _, ...rest } = simulatePolicy(compilePolicy(canonicalize(notesPolicy)), []);
  assert.deepEqual(rest, { actions: 0, counts: {}, changed: [] });
});

test('the policy that decided gives the same verdicts again, budgets included', () => {
  const step = fc.record({
    amount: fc.constantFrom('1', '4', '9.5', '11'),
    wait: fc.constantFrom(0, 10_000, RATE_WINDOW_MS),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const agent = smallLog();
      for (const { amount, wait } of steps) {
        agent.node.tick(BigInt(wait));
        pay(agent, amount);
      }
      const { actions, changed } = simulated(agent, notesPolicy);
      assert.deepEqual([actions, changed], [2 + steps.length, []]);
    }),
    { numRuns: 30 },
  );
});

/** Asks as a daemon would that knows the budgets: with the verdict that is reproduced. */
function pay(agent: TestAgent, amount: string): void {
  const asked = agent.pay(amount);
  for (const verdict of ['ALLOW', 'BLOCK'] as const) {
    const payload = { ...asked.payload, verdict };
    if (!agent.node.tryAdmit(agent.node.propose('action.decide', payload)).ok) continue;
    const { state } = agent.decide({ ...asked, payload });
    if (state === 'committed') agent.complete(asked, payContract);
    return;
  }
  assert.fail('one of the two is reproduced');
}
