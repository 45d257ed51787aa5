import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '@ioi/canon';
import * as fc from 'fast-check';
import {
  type Asked,
  hashOf,
  notesPolicy,
  payContract,
  RATE_WINDOW_MS,
  TestAgent,
  TestNode,
} from '../../testing/index.ts';
import {
  DAY_MS,
  dayBudgetId,
  rateBudgetId,
  scaleAmount,
  sessionBudgetId,
} from '../policy/index.ts';
import { budgetView, release, reserve, settle } from './budgets.ts';
import { type BudgetHead, keys } from './heads.ts';

const RATE = rateBudgetId('ucp::pay');
const SPEND = sessionBudgetId('agent://test/mcp', 'usd');

function started(): TestAgent {
  const agent = new TestAgent(new TestNode());
  agent.begin(notesPolicy);
  return agent;
}

/** Whether paying this much would be allowed now. */
function allows(agent: TestAgent, amount: string): boolean {
  const { payload } = agent.pay(amount);
  const allowing = agent.node.propose('action.decide', { ...payload, verdict: 'ALLOW' });
  return agent.node.tryAdmit(allowing).ok;
}

function paid(agent: TestAgent, amount: string): Asked {
  const asked = agent.pay(amount);
  assert.equal(agent.decide(asked).state, 'committed');
  return asked;
}

function spent(agent: TestAgent): bigint {
  const view = budgetView((id) => agent.node.head<BudgetHead>(keys.budget(id)), 0n);
  return view.spent(SPEND, 'usd');
}

const usd = (amount: string): bigint => scaleAmount(amount) ?? -1n;

test('a rate is used up by commits and comes back as its window passes', () => {
  const agent = started();
  paid(agent, '1');
  agent.node.tick(1_000n);
  paid(agent, '1');
  paid(agent, '1');
  assert.equal(allows(agent, '1'), false);
  agent.node.tick(BigInt(RATE_WINDOW_MS) - 1_001n);
  assert.equal(allows(agent, '1'), false);
  agent.node.tick(1n);
  assert.equal(allows(agent, '1'), true);
  paid(agent, '1');
  assert.equal(allows(agent, '1'), false);
});

test('what a full rate blocks is receipted as an exhausted budget', () => {
  const agent = started();
  for (const amount of ['1', '1', '1']) paid(agent, amount);
  const asked = agent.pay('1');
  const payload = { ...asked.payload, verdict: 'BLOCK' as const };
  const entry = agent.node.seal(agent.node.propose('action.decide', payload));
  assert.match(JSON.stringify(entry.events), /"code":"policy\.budget_exhausted"/);
});

test('spend is reserved by the commit and given back when nothing happened', () => {
  const agent = started();
  const first = paid(agent, '9.50');
  assert.equal(spent(agent), usd('9.5'));
  assert.equal(allows(agent, '5.51'), false);
  assert.equal(allows(agent, '5.5'), true);
  agent.record({ ...agent.execution(first, payContract), outcome: 'failed_before_effect' });
  assert.equal(spent(agent), 0n);
  assert.equal(allows(agent, '10'), true);
});

test('an unknown effect keeps its reservation until it is reconciled', () => {
  const agent = started();
  const [lost, undone] = [paid(agent, '4'), paid(agent, '5')];
  agent.lose(lost, payContract);
  agent.lose(undone, payContract);
  assert.equal(spent(agent), usd('9'));
  agent.reconcile(lost, payContract);
  assert.equal(spent(agent), usd('9'));
  const reconciles = agent.action(undone.request).execution_hash;
  assert.ok(reconciles);
  const outcome = 'failed_before_effect' as const;
  agent.record({ ...agent.execution(undone, payContract), outcome, reconciles });
  assert.equal(spent(agent), usd('4'));
});

test('settled spend is kept as one sum and still counts', () => {
  const agent = started();
  for (const amount of ['1.25', '2.25', '3']) {
    const asked = paid(agent, amount);
    agent.complete(asked, payContract);
    agent.node.tick(BigInt(RATE_WINDOW_MS));
  }
  const head = agent.node.head<BudgetHead>(keys.budget(SPEND));
  assert.deepEqual(
    head?.uses.map(({ spend, settled }) => [BigInt(spend), settled]),
    [[usd('6.5'), true]],
  );
  assert.equal(allows(agent, '8.51'), false);
  assert.equal(allows(agent, '8.5'), true);
});

test('a rate forgets the calls that left its window, so its head stays small', () => {
  const agent = started();
  for (let call = 0; call < 10; call++) {
    const asked = paid(agent, '0.1');
    agent.complete(asked, payContract);
    agent.node.tick(BigInt(RATE_WINDOW_MS));
  }
  assert.equal(agent.node.head<BudgetHead>(keys.budget(RATE))?.uses.length, 1);
});

test('however uses are settled and released, spend is what was not given back', () => {
  const ends = fc.constantFrom('settle', 'release', 'keep');
  const uses = fc.array(fc.record({ amount: fc.nat(100), end: ends }), { maxLength: 20 });
  fc.assert(
    fc.property(uses, fc.infiniteStream(fc.nat()), (list, order) => {
      let head: BudgetHead | undefined;
      let expected = 0n;
      const open: { hash: Digest; amount: number; end: string }[] = [];
      for (const [index, { amount, end }] of list.entries()) {
        const hash = hashOf(index);
        const spend = { amount: String(amount), unit: 'usd' };
        const use = { at: BigInt(index), requestHash: hash };
        head = reserve(head, { budget_id: SPEND, spend }, use);
        expected += usd(spend.amount);
        open.push({ hash, amount, end });
        const [ending] = open.splice((order.next().value ?? 0) % open.length, 1);
        if (!ending || ending.end === 'keep') continue;
        if (ending.end === 'settle') head = settle(head, SPEND, ending.hash);
        else {
          head = release(head, ending.hash);
          expected -= usd(String(ending.amount));
        }
      }
      assert.equal(budgetView(() => head, 0n).spent(SPEND, 'usd'), expected);
    }),
  );
});

test('the spend of a day comes back after 24 hours, no sooner, and its head stays small', () => {
  const day = dayBudgetId('agent://test/mcp', 'usd');
  const minute = 60_000n;
  let head: BudgetHead | undefined;
  const within = (now: bigint): bigint => budgetView(() => head, now).spent(day, 'usd', DAY_MS);
  for (let at = 0n; at < 3n * BigInt(DAY_MS); at += 20n * minute) {
    const hash = hashOf(String(at));
    const spend = { amount: '1', unit: 'usd' };
    const reserved = reserve(head, { budget_id: day, spend }, { at, requestHash: hash });
    head = settle(reserved, day, hash);
    const taken = at / (20n * minute) + 1n;
    const expected = taken < 72n ? taken : 72n;
    assert.ok(within(at) >= expected * usd('1'), String(at));
    assert.ok(within(at) <= (expected + 3n) * usd('1'), String(at));
    assert.ok(head.uses.length <= 26);
  }
  assert.equal(within(4n * BigInt(DAY_MS)), 0n);
});

test('another window on the same target finds the history that is there', () => {
  let head: BudgetHead | undefined;
  const call = { budget_id: RATE, calls: 1, window_ms: 60_000, most: 10 };
  for (let at = 1n; at <= 10n; at += 1n) {
    head = reserve(head, call, { at, requestHash: hashOf(String(at)) });
  }
  const view = budgetView(() => head, 11n);
  assert.deepEqual([view.calls(RATE, 60_000), view.calls(RATE, 3_600_000)], [10, 10]);
});

test('what is forgotten of calls no rate looks at, given back or not', () => {
  const anyStep = fc.record({
    kind: fc.constantFrom('call', 'settle', 'release'),
    which: fc.nat(30),
    later: fc.nat(20_000),
  });
  const rates = { budget_id: RATE, calls: 1, window_ms: 60_000, most: 5 };
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      let at = 1_000_000n;
      let kept: BudgetHead = { uses: [] };
      let all: BudgetHead = { uses: [] };
      const hashes: Digest[] = [];
      for (const { kind, which, later } of steps) {
        at += BigInt(later);
        const known = hashes[which % Math.max(1, hashes.length)];
        if (kind === 'call') {
          const requestHash = hashOf(String(hashes.length));
          hashes.push(requestHash);
          kept = reserve(kept, rates, { at, requestHash });
          all = reserve(all, { budget_id: RATE, calls: 1 }, { at, requestHash });
        } else if (known !== undefined) {
          const end = kind === 'settle' ? settle : undefined;
          kept = end ? end(kept, RATE, known) : release(kept, known);
          all = end ? end(all, RATE, known) : release(all, known);
        }
        for (const [windowMs, count] of [
          [1000, 3],
          [60_000, 5],
        ] as const) {
          const [some, every] = [kept, all].map((head) => {
            return budgetView(() => head, at).calls(RATE, windowMs) >= count;
          });
          assert.equal(some, every, `${count} in ${windowMs}`);
        }
      }
    }),
  );
});
