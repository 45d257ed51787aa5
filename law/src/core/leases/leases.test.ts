import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionFacts, ActionRules } from '@ioi/protocol';
import * as fc from 'fast-check';
import {
  anyBudgets,
  anyFacts,
  anyRequest,
  anyRule,
  unusedBudgets,
} from '../../testing/random-policies.ts';
import {
  canonicalize,
  compilePolicy,
  evaluate,
  evaluateReference,
  loadPolicy,
  subjectOf,
} from '../policy/index.ts';
import type { Conditions } from '../policy/rules.ts';
import { type Answered, type Leases, type LeaseTerms, proposeLeases } from './index.ts';

const ROOT = '/home/ada/shop';
const facts: ActionFacts = { workspace_root: ROOT };
const terms: LeaseTerms = { now: 1000n, lasts: 60_000n, calls: 20, atLeast: 3 };

const ask = (target: string, conditions: Conditions = {}, rule_id = 'ask') => {
  return { rule_id, target, conditions, action: 'REQUIRE_APPROVAL' };
};
const never = (target: string, ...allow_paths: string[]) => {
  return { rule_id: 'never', target, conditions: { allow_paths }, action: 'BLOCK' };
};

function policyOf(...rules: readonly object[]): ActionRules {
  const loaded = loadPolicy(JSON.stringify({ policy_id: 'p', rules }));
  assert(loaded.ok, JSON.stringify(loaded));
  return loaded.value.rules;
}

function said(target: string, params: object, isApproved = true, more: ActionFacts = {}): Answered {
  const context = { agent_id: 'agent://a/1' as const };
  const request = { target, params: params as never, context, nonce: '0' };
  return { request, facts: { ...facts, ...more }, isApproved };
}

const write = (path: string, isApproved = true): Answered =>
  said('fs::write', { path: `${ROOT}/${path}`, content: 'x' }, isApproved, { target_exists: true });
const run = (command: string, isApproved = true): Answered =>
  said('sys::exec', { command, cwd: ROOT }, isApproved);
const thrice = <T>(value: T): readonly T[] => [value, value, value];

function regionIn({ leases }: Leases, at = 0): Conditions {
  const { rate_limit: _, expires: __, ...region } = leases[at]?.rule.conditions ?? {};
  return region;
}

const reasons = ({ left }: Leases): readonly string[] => left.map(({ reason }) => reason);

test('three approvals of one kind become a lease over no more, with an end and a count', () => {
  const policy = policyOf(
    ask('fs::write', { allow_paths: [ROOT], target_exists: true }),
    never('fs::*', '/**/.env'),
  );
  const found = proposeLeases(thrice(write('src/a.ts')), policy, terms);
  assert.deepEqual(regionIn(found), { allow_paths: [`${ROOT}/src/a.ts`], target_exists: true });
  const [lease] = found.leases;
  assert.deepEqual(lease?.rule.conditions.rate_limit, { count: 20, window_ms: 60_000 });
  assert.equal(lease?.rule.conditions.expires, '61000');
  assert.equal(lease?.hits, 3);
  assert.match(lease?.reach ?? '', /with any content; by any agent/);
  assert.deepEqual(Object.keys(lease?.proof ?? {}), ['asked', 'elsewhere', 'kept']);
  assert((lease?.notMatch.length ?? 0) > 0);
  const two = proposeLeases([write('a'), write('a')], policy, terms);
  assert.deepEqual(reasons(two), ['3 approvals are needed']);
  const several = ['a', 'b', 'c'].map((name) => write(`src/${name}`));
  assert.deepEqual(regionIn(proposeLeases(several, policy, terms)).allow_paths, [`${ROOT}/src`]);
});

test('nothing is leased that a person denied: the region shrinks, or there is none', () => {
  const policy = policyOf(ask('fs::write', { allow_paths: [ROOT] }));
  const several = ['a', 'b', 'c'].map((name) => write(`src/${name}`));
  const shrunk = proposeLeases([...several, write('src/d', false)], policy, terms);
  assert.equal(regionIn(shrunk).allow_paths?.length, 3);
  assert.equal(shrunk.leases[0]?.denied.length, 1);
  const none = proposeLeases([...several, write('src/b', false)], policy, terms);
  assert.deepEqual(reasons(none), ['a request like these was denied']);
});

test('commands are leased by their words, where they ran, and no option comes along', () => {
  const policy = policyOf(ask('sys::exec'), never('sys::exec', '/**/.ssh'));
  const pushes = ['a', 'b', 'c'].map((name) => run(`git push ${name}`));
  const found = proposeLeases(pushes, policy, terms);
  assert.deepEqual(regionIn(found), { allow_commands: ['git push *'], allow_paths: [ROOT] });
  const { draft } = found.leases[0] ?? {};
  assert(draft);
  const decided = (command: string, cwd = ROOT) => {
    const { request } = said('sys::exec', { command, cwd });
    const budgets = { ...unusedBudgets, time: terms.now };
    return evaluate(compilePolicy(draft), subjectOf(request, facts), budgets).verdict;
  };
  assert.equal(decided('git push d'), 'ALLOW');
  for (const other of ['git push --force', 'git push a b', 'git push a; id', 'git pull a']) {
    assert.equal(decided(other), 'REQUIRE_APPROVAL', other);
  }
  assert.equal(decided('git push a', '/tmp'), 'REQUIRE_APPROVAL');
  assert.notEqual(decided('git push /home/ada/.ssh'), 'ALLOW');
  const denied = proposeLeases([...pushes, run('git push main', false)], policy, terms);
  assert.equal(regionIn(denied).allow_commands?.length, 3);
});

test('addresses, methods and amounts are bounded by what was approved', () => {
  const policy = policyOf(ask('net::*'));
  const pay = (amount: string, host = 'pay.example.org') => {
    const params = { url: `https://${host}/orders`, method: 'POST' };
    return said('net::pay', { ...params, amount: { amount, unit: 'usd' } });
  };
  const found = proposeLeases([pay('5'), pay('20'), pay('12')], policy, terms);
  assert.deepEqual(regionIn(found), {
    allow_domains: ['pay.example.org'],
    allow_methods: ['POST /orders'],
    allow_ports: ['443'],
    allow_protocols: ['https'],
    max_spend: { amount: '20', unit: 'usd' },
  });
});

test('what no condition bounds, or a rule asks about by its contents, is not leased', () => {
  const send = said('mcp::mail::send', { to: 'bob', text: 'secret' });
  const open = proposeLeases(thrice(send), policyOf(ask('mcp::*')), terms);
  assert.deepEqual(reasons(open), ['no condition bounds what was approved']);
  const content = policyOf(ask('fs::write', { block_text_pattern: 'x' }));
  assert.match(
    reasons(proposeLeases(thrice(write('a')), content, terms))[0] ?? '',
    /what a request/,
  );
  const counted = policyOf(ask('fs::write', { rate_limit: { count: 3, window_ms: 1000 } }));
  assert.match(reasons(proposeLeases(thrice(write('a')), counted, terms))[0] ?? '', /counts/);
  const home = proposeLeases(
    thrice(said('fs::list', { path: '/home/ada' })),
    policyOf(ask('fs::*')),
    terms,
  );
  assert.deepEqual(reasons(home), ['no condition bounds what was approved']);
});

test('a rule that asks about part of it keeps asking, and then there is no lease', () => {
  const policy = policyOf(
    ask('fs::*', { allow_paths: [ROOT] }),
    ask('fs::move', { allow_paths: [`${ROOT}/a`] }, 'ask_of_a'),
  );
  const move = said('fs::move', { source: `${ROOT}/a`, destination: `${ROOT}/b` });
  const found = proposeLeases(thrice(move), policy, terms);
  assert.match(reasons(found)[0] ?? '', /no rule inside/);
});

test('a lease stays inside the ceiling, one session, and the workspace as named', () => {
  const policy = policyOf(ask('fs::write', { allow_paths: ['.'] }));
  const approved = thrice(write('a'));
  assert.deepEqual(regionIn(proposeLeases(approved, policy, terms)), {
    allow_paths: ['./a'],
    target_exists: true,
  });
  const bounded = proposeLeases(approved, policy, { ...terms, ceiling: policy });
  assert.match(reasons(bounded)[0] ?? '', /further than the ceiling: fs::write/);
  const session = `sha256:${'a'.repeat(64)}` as const;
  const inOne = approved.map((each) => {
    const context = { ...each.request.context, session_id: session };
    return { ...each, request: { ...each.request, context } };
  });
  const bound = proposeLeases([...inOne, ...approved], policy, { ...terms, session });
  assert.deepEqual(regionIn(bound).allow_sessions, [session]);
  assert.equal(bound.leases[0]?.hits, 3);
});

test('a lease that is over is left out of the next draft, and comes back under its name', () => {
  const policy = policyOf(ask('fs::write'));
  const [first] = proposeLeases(thrice(write('a')), policy, terms).leases;
  assert(first);
  assert.deepEqual(proposeLeases(thrice(write('a')), first.draft, terms).leases, []);
  const later = { ...terms, now: 61_000n };
  const [again] = proposeLeases(thrice(write('a')), first.draft, later).leases;
  assert.equal(again?.rule.rule_id, first.rule.rule_id);
  assert.equal(again?.draft.rules.length, 2);
});

const anyAsked = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('/w/a/b', '/w/a', '/w/ab', '/x/b/c').map((path) => ({ path })),
      fc.constantFrom('git status', 'git log -3 && ls a', 'rm -fr /w/x').map((command) => {
        return { command, cwd: '/w/a' };
      }),
      fc
        .constantFrom('https://a.com/x', 'http://b.a.com/x', 'https://c.b.a.com:8050/a/b')
        .chain((url) => fc.constantFrom('GET', 'POST').map((method) => ({ url, method }))),
    ),
    fc.constantFrom('fs::write', 'net::fetch'),
    fc.boolean(),
    fc.record(
      { target_exists: fc.boolean(), workspace_root: fc.constant('/w') },
      { requiredKeys: ['workspace_root'] },
    ),
  )
  .map(([params, target, isApproved, more]) => said(target, params, isApproved, more));

test('a lease takes away nothing but asking, for no denied request, and ends', () => {
  let proposed = 0;
  const asked = fc.array(anyAsked, { minLength: 4, maxLength: 12 });
  const others = fc.array(fc.tuple(anyRequest, anyFacts, anyBudgets), { minLength: 30 });
  const anyTarget = fc.constantFrom('fs::*', 'net::*', 'net::fetch', 'fs::write');
  const some = fc.array(anyRule, { maxLength: 4 });
  fc.assert(
    fc.property(some, anyTarget, asked, others, (rules, target, answered, requests) => {
      const action = 'REQUIRE_APPROVAL' as const;
      const all = [...rules, { rule_id: 'ask_all', target, conditions: {}, action }];
      const policy = canonicalize({ policy_id: 'p', defaults: 'deny_all', rules: all });
      const bounds = { ...terms, now: 10n, atLeast: 1 };
      for (const { draft, rule: lease } of proposeLeases(answered, policy, bounds).leases) {
        proposed += 1;
        const compiled = compilePolicy(draft);
        const tried = [
          ...answered.map((each) => [each, unusedBudgets] as const),
          ...requests.map(([request, seen, used]) => [{ request, facts: seen }, used] as const),
        ];
        for (const [{ request, facts: seen, ...answer }, used] of tried) {
          const subject = subjectOf(request, seen);
          for (const time of [10n, 60_009n, 60_010n]) {
            const was = evaluateReference(policy, subject, { ...used, time });
            const is = evaluate(compiled, subject, { ...used, time });
            if (is.ruleId !== lease.rule_id || is.code === 'policy.budget_exhausted') {
              assert.equal(is.verdict, was.verdict);
              continue;
            }
            assert(!('isApproved' in answer) || answer.isApproved, 'a denied request');
            assert(time < 60_010n, 'after its end');
            assert.notEqual(was.verdict, 'BLOCK');
          }
        }
      }
    }),
    { numRuns: 150 },
  );
  assert(proposed > 80, String(proposed));
});
