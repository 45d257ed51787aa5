import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@ioi/basis';
import { processorMs } from '@ioi/basis/testing';
import type { ActionRules } from '@ioi/protocol';
import * as fc from 'fast-check';
import {
  anyBudgets,
  anyFacts,
  anyRequest,
  anyRule,
  anyRules,
} from '../../../testing/random-policies.ts';
import { searchWidening, smallPair } from '../../../testing/small-universe.ts';
import { compilePolicy } from '../compile.ts';
import { evaluateReference } from '../reference.ts';
import { type Rule, rankOf } from '../rules.ts';
import { subjectOf } from '../subject.ts';
import { type Inclusion, includes, proveInclusion } from './includes.ts';
import { budgetsIn, type Situation, subjectIn } from './situation.ts';

function compare(before: ActionRules, after: ActionRules): Inclusion {
  return includes(compilePolicy(before), compilePolicy(after));
}

function rankUnder(rules: ActionRules, situation: Situation): number {
  const subject = subjectIn(situation);
  return rankOf(
    evaluateReference(compilePolicy(rules).rules, subject, budgetsIn(situation)).verdict,
  );
}

function policyOf(...rules: readonly Omit<Rule, 'rule_id'>[]): ActionRules {
  const named = rules.map((rule, at) => ({ ...rule, rule_id: `rule_${at}` }));
  return { policy_id: 'test', defaults: 'deny_all', rules: named };
}

const anyEdit: fc.Arbitrary<(rules: ActionRules) => ActionRules> = fc.oneof(
  fc.nat().map((at) => (policy: ActionRules) => {
    const rules = policy.rules.filter((_, each) => each !== at % policy.rules.length);
    return { ...policy, rules };
  }),
  anyRule.map((rule) => (policy: ActionRules) => ({ ...policy, rules: [...policy.rules, rule] })),
  fc.tuple(fc.nat(), anyRule).map(([at, { action }]) => (policy: ActionRules) => {
    const rules = policy.rules.map((rule, each) =>
      each === at % policy.rules.length && action !== 'ALLOW' ? { ...rule, action } : rule,
    );
    return {
      ...policy,
      rules: rules.filter(
        ({ action: left, conditions }) =>
          left !== 'BLOCK' || (!conditions.rate_limit && !conditions.max_session_spend),
      ),
    };
  }),
);

test('inclusion agrees with trying every request of a small universe', () => {
  for (const [aspects, pairs] of [
    [['host', 'app', 'existence', 'amount', 'intents', 'calls', 'text'], 250],
    [['port', 'place', 'day', 'app'], 40],
    [['time', 'host', 'calls'], 150],
    // Thousands of these are tried by `npm run evidence -- inclusion`.
    [['paths'], 16],
    [['paths', 'intents', 'existence'], 10],
    [['addresses', 'app', 'intents'], 30],
    [['origins', 'app', 'existence'], 50],
    [['methods', 'app', 'existence'], 75],
    [['commands', 'app', 'intents'], 20],
  ] as const) {
    for (let at = 0; at < pairs; at += 1) {
      const pair = smallPair(`${aspects} ${at}`, aspects);
      const found = compare(pair.before, pair.after);
      // The small universe has no commands, which act on trees whatever the target.
      if (found.verdict === 'refused' && found.witness.situation.request.params['argv']) {
        const { situation } = found.witness;
        assert.ok(rankUnder(pair.after, situation) > rankUnder(pair.before, situation));
        continue;
      }
      const expected = searchWidening(pair) === undefined ? 'included' : 'refused';
      assert.equal(found.verdict, expected, JSON.stringify(pair));
    }
  }
});

test('every policy lies inside itself, and equal decisions lie inside each other', () => {
  fc.assert(
    fc.property(anyRules, (rules) => {
      const shuffled = { ...rules, policy_id: 'other', rules: [...rules.rules].reverse() };
      assert.deepEqual(compare(rules, shuffled), { verdict: 'included', cells: 0 });
      assert.equal(compare(shuffled, rules).verdict, 'included');
    }),
    { numRuns: 200 },
  );
});

test('what lies inside what lies inside lies inside', () => {
  let chains = 0;
  fc.assert(
    fc.property(anyRules, anyEdit, anyEdit, (first, edit, again) => {
      const second = edit(first);
      const third = again(second);
      if (compare(first, second).verdict !== 'included') return;
      if (compare(second, third).verdict !== 'included') return;
      chains += 1;
      assert.equal(compare(first, third).verdict, 'included');
    }),
    { numRuns: 400, seed: 1 },
  );
  assert.ok(chains > 40, String(chains));
});

test('a refusal shows a request that the reference evaluator decides otherwise too', () => {
  let refused = 0;
  fc.assert(
    fc.property(anyRules, anyEdit, (before, edit) => {
      const after = edit(before);
      const found = compare(before, after);
      if (found.verdict !== 'refused') return;
      refused += 1;
      const { situation } = found.witness;
      assert.ok(rankUnder(after, situation) > rankUnder(before, situation));
    }),
    { numRuns: 500, seed: 2 },
  );
  assert.ok(refused > 60, String(refused));
});

test('what lies inside lets no request with commands go further', () => {
  let shown = 0;
  const scripted = fc.constantFrom('git status', 'git log **', 'rm -rf **', 'sudo **');
  const withCommands = anyRule.chain((rule) =>
    scripted.map((command): Rule => {
      return { ...rule, conditions: { ...rule.conditions, allow_commands: [command] } };
    }),
  );
  const some = fc.array(fc.oneof(anyRule, withCommands), { minLength: 1, maxLength: 5 });
  const asked = fc.array(fc.tuple(anyRequest, anyFacts, anyBudgets), { minLength: 40 });
  fc.assert(
    fc.property(some, withCommands, fc.boolean(), asked, (rules, extra, isAdded, requests) => {
      const [fewer, more] = [rules, [...rules, extra]].map((each) => policyOf(...each));
      assert(fewer && more);
      const [before, after] = isAdded ? [fewer, more] : [more, fewer];
      if (compare(before, after).verdict !== 'included') return;
      shown += 1;
      for (const [request, facts, budgets] of requests) {
        const subject = subjectOf(request, facts);
        const [was, is] = [before, after].map((policy) =>
          rankOf(evaluateReference(compilePolicy(policy).rules, subject, budgets).verdict),
        );
        assert((is ?? 0) <= (was ?? 0), JSON.stringify({ request, facts }));
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(shown > 60, String(shown));
});

test('commands are compared where one rule stands inside another', () => {
  const commands = (action: Rule['action'], ...allow_commands: string[]) =>
    ({ target: 'sys::exec', conditions: { allow_commands }, action }) as const;
  const all = { target: 'sys::exec', conditions: {}, action: 'ALLOW' } as const;
  const one = commands('ALLOW', 'git push origin main');
  const git = commands('ALLOW', 'git push **');
  const never = commands('BLOCK', 'git push **');
  const ask = { ...all, action: 'REQUIRE_APPROVAL' } as const;
  for (const [before, after, verdict] of [
    [[all], [one], 'included'],
    [[git], [one], 'included'],
    [[one], [git], 'refused'],
    [[git, ask], [one], 'included'],
    [[git, never], [one], 'refused'],
    [[git, never], [one, never], 'included'],
    [[ask], [ask, never, one], 'included'],
    [[ask, one], [ask], 'included'],
    [[ask], [ask, one], 'refused'],
  ] as const) {
    const found = compare(policyOf(...before), policyOf(...after));
    assert.equal(found.verdict, verdict, JSON.stringify({ before, after }));
  }
});

test('what lies inside both ways decides every request alike', () => {
  for (let at = 0; at < 200; at += 1) {
    const pair = smallPair(`both ways ${at}`, ['host', 'amount', 'calls', 'app']);
    const back = { ...pair, before: pair.after, after: pair.before };
    const isEqual = [pair, back].every(
      (each) => compare(each.before, each.after).verdict === 'included',
    );
    if (!isEqual) continue;
    assert.equal(searchWidening(pair), undefined);
    assert.equal(searchWidening(back), undefined);
  }
});

test('taking ALLOW rules away and adding BLOCK rules lets no request go further', () => {
  const random = seededRandom('taking away');
  for (let at = 0; at < 150; at += 1) {
    const pair = smallPair(`taken ${at}`, ['host', 'app', 'amount', 'existence'], 8);
    const { rules } = pair.before;
    const kept = rules.filter(({ action }) => action !== 'ALLOW' || random.below(2) === 0);
    const added = pair.after.rules.filter(({ action }) => action === 'BLOCK');
    const after = { ...pair.before, rules: [...kept, ...added] };
    assert.equal(searchWidening({ ...pair, after }), undefined, JSON.stringify(pair));
    assert.deepEqual(compare(pair.before, after), { verdict: 'included', cells: 0 });
  }
});

test('narrowing a rule that restricts may widen, and is found out', () => {
  const allow = { target: 'net::fetch', conditions: {}, action: 'ALLOW' } as const;
  const guard = (allow_domains: string[]) =>
    ({ target: 'net::fetch', conditions: { allow_domains }, action: 'BLOCK' }) as const;
  const wide = policyOf(allow, guard(['a.com']));
  const narrow = policyOf(allow, guard(['b.a.com']));
  const found = compare(wide, narrow);
  assert.equal(found.verdict, 'refused');
  assert.equal(found.verdict === 'refused' && found.witness.before.verdict, 'BLOCK');
  assert.equal(compare(narrow, wide).verdict, 'included');
});

test('an approval that turns into an ALLOW is a widening', () => {
  const rule = { target: 'gui::click', conditions: {} };
  const asking = policyOf({ ...rule, action: 'REQUIRE_APPROVAL' });
  const allowing = policyOf({ ...rule, action: 'ALLOW' });
  assert.equal(compare(asking, allowing).verdict, 'refused');
  assert.equal(compare(allowing, asking).verdict, 'included');
});

test('asking instead of allowing may widen: it asks where paths are missing', () => {
  const rule = { target: 'fs::delete', conditions: { allow_paths: ['/w'] } };
  const found = compare(
    policyOf({ ...rule, action: 'ALLOW' }),
    policyOf({ ...rule, action: 'REQUIRE_APPROVAL' }),
  );
  assert.equal(found.verdict, 'refused');
  const { before, after, situation } = (found.verdict === 'refused' && found.witness) || {};
  assert.deepEqual([before?.verdict, after?.verdict], ['BLOCK', 'REQUIRE_APPROVAL']);
  assert.deepEqual(situation?.request.params, {});
});

test('several paths at once are told apart from each of them alone', () => {
  const allow = (...allow_paths: string[]) =>
    ({ target: 'fs::copy', conditions: { allow_paths }, action: 'ALLOW' }) as const;
  const apart = policyOf(allow('/a', '/b'), allow('/b', '/c'), allow('/a', '/c'));
  const found = compare(apart, policyOf(allow('/a', '/b', '/c')));
  assert.equal(found.verdict, 'refused');
  const { paths } = (found.verdict === 'refused' && found.witness.situation.request.params) || {};
  assert.deepEqual(paths, ['/a', '/b', '/c']);
});

test('a witness of commands, addresses, origins or methods is one a client could send', () => {
  const allowing = (conditions: Rule['conditions']) =>
    policyOf({ target: 'net::call', conditions, action: 'ALLOW' });
  const origin = { rate_limit_per_origin: { count: 1, window_ms: 1000 } };
  const more = { rate_limit_per_origin: { count: 2, window_ms: 1000 } };
  for (const [narrow, wide, said] of [
    [{ allow_commands: ['git log'] }, { allow_commands: ['git log', 'ls **'] }, { command: 'ls' }],
    [{ allow_ports: ['8001-8099'] }, { allow_ports: ['443', '8000-8100'] }, { port: 8100 }],
    [{ allow_methods: ['GET /a'] }, { allow_methods: ['GET'] }, { method: 'GET' }],
    [{ allow_ips: ['10.1.0.0/16'] }, { allow_ips: ['10.0.0.0/15'] }, {}],
    [origin, more, { host: 'any.invalid', protocol: 'other', port: 0 }],
  ] as const) {
    const [inner, outer] = [narrow, wide].map((each) =>
      allowing(structuredClone(each) as Rule['conditions']),
    );
    assert.ok(inner && outer);
    assert.equal(compare(outer, inner).verdict, 'included', JSON.stringify(narrow));
    const found = compare(inner, outer);
    assert.ok(found.verdict === 'refused', JSON.stringify(found));
    assert.deepEqual(found.witness.situation.request.params, said);
  }
});

test('a change that is about commands nobody understands is undecided', () => {
  const starting = (...allow_commands: string[]) =>
    policyOf({ target: 'sys::exec', conditions: { allow_commands }, action: 'ALLOW' });
  const found = compare(starting('git log'), starting('git log', 'git submodule **'));
  assert.equal(found.verdict, 'undecided');
  assert.equal(
    compare(starting('git submodule **'), starting('git submodule')).verdict,
    'included',
  );
});

test('commands beside paths are never included where a request goes further', () => {
  let included = 0;
  for (let at = 0; at < 25; at += 1) {
    const pair = smallPair(`beside ${at}`, ['commands', 'paths']);
    if (compare(pair.before, pair.after).verdict !== 'included') continue;
    included += 1;
    assert.equal(searchWidening({ ...pair, aspects: ['commands'] }), undefined);
    assert.equal(searchWidening({ ...pair, aspects: ['paths'] }), undefined);
  }
  assert.ok(included > 4, String(included));
});

test('guards are compared in upper and lower case, rules that allow as they are spelt', () => {
  const allow = (...allow_paths: string[]) =>
    ({ target: 'fs::read', action: 'ALLOW', conditions: { allow_paths } }) as const;
  const guard = (action: Rule['action'], path: string) => {
    return { target: 'fs::read', action, conditions: { allow_paths: [path] } };
  };
  const ask = (path: string) => guard('REQUIRE_APPROVAL', path);
  const block = (path: string) => guard('BLOCK', path);
  for (const [before, after, verdict] of [
    [policyOf(allow('/w')), policyOf(allow('/W')), 'refused'],
    [policyOf(block('/w/x'), allow('/')), policyOf(block('/W/X'), allow('/')), 'included'],
    // `/A` is asked about too, and was not allowed.
    [policyOf(allow('/a')), policyOf(ask('/a')), 'refused'],
    // So is the long s, where both other spellings were allowed.
    [policyOf(allow('/s', '/S')), policyOf(ask('/s')), 'refused'],
    [policyOf(allow('/a*', '/A*')), policyOf(ask('/a*'), block('/A')), 'refused'],
    [policyOf(allow('/')), policyOf(ask('/É')), 'undecided'],
  ] as const) {
    assert.equal(compare(before, after).verdict, verdict, JSON.stringify(after));
  }
});

test('a folder above a guarded place is told apart for commands on any target', () => {
  const reading = { target: 'fs::read', conditions: {}, action: 'ALLOW' } as const;
  const guard = (path: string): Omit<Rule, 'rule_id'> => {
    return { target: 'fs::read', conditions: { allow_paths: [path] }, action: 'BLOCK' };
  };
  const found = compare(
    policyOf(reading, guard('/w/a/b'), guard('/w/c')),
    policyOf(reading, guard('/w/a/b')),
  );
  assert.equal(found.verdict, 'refused');
  assert.equal(
    compare(policyOf(reading, guard('/w/a/b')), policyOf(reading, guard('/w/a'))).verdict,
    'included',
  );
});

test('the worst policies end undecided in bounded time', async () => {
  const worst = (place: (at: number) => string) => {
    const rules = Array.from({ length: 150 }, (_, at): Omit<Rule, 'rule_id'> => {
      const conditions = { allow_paths: [place(at)] };
      return { target: 'fs::move', action: 'REQUIRE_APPROVAL', conditions };
    });
    return policyOf({ target: 'fs::move', action: 'ALLOW', conditions: {} }, ...rules);
  };
  const before = worst((at) => `/**/x${at}/*a${at % 7}*`);
  const after = worst((at) => `/**/x${at}`);
  const took = await processorMs(() => {
    assert.equal(compare(before, after).verdict, 'undecided');
  });
  assert.ok(took < 60_000, `${took} ms`);
});

test('a proof pauses again and again, and says the same in the end', () => {
  const blocking = (...sources: string[]) =>
    compilePolicy(
      policyOf(
        { target: 'gui::type', conditions: {}, action: 'ALLOW' },
        ...sources.map((block_text_pattern): Omit<Rule, 'rule_id'> => {
          return { target: 'gui::type', conditions: { block_text_pattern }, action: 'BLOCK' };
        }),
      ),
    );
  const [before, after] = [
    blocking('[ab]{0,30}x', 'a.{12}b'),
    blocking('[ab]{0,29}x', 'a.{12}b', 'b.{11}a', 'c.{13}a'),
  ];
  const proving = proveInclusion(before, after, 200_000);
  let pauses = 0;
  let next = proving.next();
  for (; next.done !== true; next = proving.next()) pauses += 1;
  assert.ok(pauses > 50, String(pauses));
  assert.deepEqual(next.value, includes(before, after, 200_000));
});

test('what cannot be compared, or not in bounded time, is undecided and never included', () => {
  const blocking = (block_text_pattern: string) =>
    policyOf(
      { target: 'gui::type', conditions: {}, action: 'ALLOW' },
      { target: 'gui::type', conditions: { block_text_pattern }, action: 'BLOCK' },
    );
  assert.equal(compare(blocking('\\pL'), blocking('\\pN')).verdict, 'undecided');
  assert.equal(compare(blocking('\\pL'), blocking('\\pL')).verdict, 'included');
  const changed = { ...blocking('a'), ontology_policy: { max_incident_transitions: 9 } };
  assert.equal(compare(blocking('a'), changed).verdict, 'undecided');
});

test('a rule that blocks only some texts does not hide a path', () => {
  const only = { block_text_pattern: 'secret', allow_paths: ['/w'] };
  const block: Rule = { rule_id: 'b', target: 'fs::read', conditions: only, action: 'BLOCK' };
  const allow: Rule = {
    rule_id: 'a',
    target: 'fs::read',
    conditions: { allow_paths: ['/w'] },
    action: 'ALLOW',
  };
  const policies = [[block], [block, allow]].map((rules) =>
    compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules }),
  );
  const [before, after] = policies;
  assert.ok(before && after);
  assert.equal(includes(before, after).verdict, 'refused');
});
