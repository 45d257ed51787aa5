import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionFacts } from '@ioi/protocol';
import * as fc from 'fast-check';
import { packs } from '../packs/index.ts';
import {
  compilePolicy,
  evaluate,
  type LoadedPolicy,
  loadPolicy,
  runPolicyTests,
  subjectOf,
} from '../policy/index.ts';
import type { Rule } from '../policy/rules.ts';
import { type LearntPolicy, learnPolicy } from './learn.ts';
import { printLearnt } from './print.ts';
import type { Seen } from './trace.ts';

function loaded(text: string): LoadedPolicy {
  const policy = loadPolicy(text);
  assert(policy.ok, JSON.stringify(policy));
  return policy.value;
}

const kept: readonly Rule[] = packs.flatMap(({ text }) => loaded(text).rules.rules);
const facts: ActionFacts = { workspace_root: '/home/ada/shop' };

function seen(target: string, params: object, isAsked = false, more: ActionFacts = {}): Seen {
  const context = { agent_id: 'agent://learn/test' };
  const request = { target, params: params as never, context, nonce: '0' };
  return { request, facts: { ...facts, ...more }, isAsked };
}

const read = (path: string): Seen => seen('fs::read', { path });
const run = (command: string): Seen => seen('sys::exec', { command, cwd: '/home/ada/shop' });
const fetch = (host: string): Seen => seen('net::fetch', { url: `https://${host}/a` });

function conditionsOf(learnt: LearntPolicy): object[] {
  return learnt.rules.map(({ rule }) => rule.conditions);
}

test('files that lie together become their folder, one step up at most', () => {
  const shop = '/home/ada/shop';
  assert.deepEqual(conditionsOf(learnPolicy([read(`${shop}/a`), read(`${shop}/b`)], kept)), [
    { allow_paths: [`${shop}/a`, `${shop}/b`] },
  ]);
  const three = ['a', 'b', 'c'].map((name) => read(`${shop}/src/${name}`));
  assert.deepEqual(conditionsOf(learnPolicy(three, kept)), [{ allow_paths: [`${shop}/src`] }]);
  const folders = ['x', 'y', 'z'].flatMap((folder) =>
    ['a', 'b', 'c'].map((name) => read(`${shop}/src/${folder}/${name}`)),
  );
  assert.deepEqual(conditionsOf(learnPolicy(folders, kept)), [{ allow_paths: [`${shop}/src`] }]);
});

test('no folder is a home, above the workspace, or holds a place that is blocked', () => {
  for (const folder of ['/home/ada', '/home/ada/other', '/mnt']) {
    const learnt = learnPolicy(
      ['a', 'b', 'c', 'd'].map((name) => read(`${folder}/${name}`)),
      kept,
    );
    const [{ allow_paths: places = [] } = {}] = learnt.rules.map(({ rule }) => rule.conditions);
    assert.equal(places.length, 4, folder);
  }
  // A rule about a path is about all below it, and which of these are folders is not told.
  for (const path of ['/home', '/home/ada', '/data']) {
    const { rules, left } = learnPolicy([read(path), read('/home/ada/shop')], kept);
    assert.deepEqual(rules[0]?.rule.conditions.allow_paths, ['/home/ada/shop'], path);
    assert.match(left[0]?.reason ?? '', /too much/);
  }
  const secret: Rule = {
    rule_id: 'secret',
    target: 'fs::*',
    conditions: { allow_paths: ['/home/ada/shop/src/secret'] },
    action: 'BLOCK',
  };
  const near = ['a', 'b', 'c'].map((name) => read(`/home/ada/shop/src/${name}`));
  const learnt = learnPolicy([...near, read('/home/ada/shop/src/secret/x')], [...kept, secret]);
  assert.equal(learnt.rules[0]?.rule.conditions.allow_paths?.length, 3);
  assert.deepEqual(
    learnt.left.map(({ reason }) => reason),
    ['a rule blocks it'],
  );
});

test('commands keep their words until several begin alike; a program alone is never enough', () => {
  const learnt = learnPolicy(
    [
      ...['log -1', 'log -2', 'log --stat', 'status'].map((rest) => run(`git ${rest}`)),
      ...['a', 'b', 'c', 'd'].map((name) => run(`rm ${name}`)),
      run('echo $(id)'),
    ],
    kept,
  );
  const [rule] = learnt.rules;
  assert.deepEqual(rule?.rule.conditions.allow_commands, [
    'git log **',
    'git status',
    'rm a',
    'rm b',
    'rm c',
    'rm d',
  ]);
  assert.match(rule?.reach ?? '', /with any further words git log \*\*/);
});

test('a domain stands for several of its hosts, never one of a shared domain', () => {
  const hosts = ['a.example.org', 'b.example.org', 'c.example.org', 'x.github.io', 'y.github.io'];
  const more = ['z.github.io', 'a.site.co.uk', 'b.site.co.uk', 'c.other.co.uk', '10.0.0.1'];
  const learnt = learnPolicy([...hosts, ...more].map(fetch), kept);
  assert.deepEqual(learnt.rules[0]?.rule.conditions.allow_domains, [
    '10.0.0.1',
    'a.site.co.uk',
    'b.site.co.uk',
    'c.other.co.uk',
    'example.org',
    'x.github.io',
    'y.github.io',
    'z.github.io',
  ]);
});

test('nothing that was held back is let go by what lies beside it', () => {
  const shop = '/home/ada/shop';
  const beside = ['a', 'b', 'c'].map((name) => read(`${shop}/src/${name}`));
  const shrunk = learnPolicy(beside, kept, [read(`${shop}/src/secret`)]);
  assert.equal(shrunk.rules[0]?.rule.conditions.allow_paths?.length, 3);
  const same = learnPolicy(beside, kept, [read(`${shop}/src/a`)]);
  assert.equal(same.rules[0]?.rule.action, 'REQUIRE_APPROVAL');
  assert.equal(same.left.length, 3);
  const logs = ['-1', '-2', '-3'].map((rest) => run(`git log ${rest}`));
  const commands = learnPolicy(logs, kept, [run('git log --all')]);
  assert.equal(commands.rules[0]?.rule.conditions.allow_commands?.length, 3);
  const send = seen('mcp::mail::send', { to: 'bob' });
  const held = [seen('mcp::mail::send', { to: 'eve' })];
  assert.equal(learnPolicy([send], kept, held).rules[0]?.rule.action, 'REQUIRE_APPROVAL');
  assert.deepEqual(learnPolicy([fetch('github.io')], kept).rules, []);
});

test('what was asked about is asked about, and new files are not old ones', () => {
  const path = '/home/ada/shop/a';
  const learnt = learnPolicy(
    [
      seen('fs::write', { path }, true, { target_exists: true }),
      seen('fs::write', { path }, false, { target_exists: false }),
      seen('mcp::mail::send', { to: 'bob', text: 'whispered' }, true),
    ],
    kept,
  );
  assert.deepEqual(
    learnt.rules.map(({ rule }) => [rule.target, rule.action, rule.conditions.target_exists]),
    [
      ['fs::write', 'ALLOW', false],
      ['fs::write', 'REQUIRE_APPROVAL', true],
      ['mcp::mail::send', 'REQUIRE_APPROVAL', undefined],
    ],
  );
  assert.doesNotMatch(printLearnt(learnt, 'p'), /whispered/);
});

const names = ['a', 'b', 'c', '.env', 'x.pem', 'deep/er/file', '*', 'ü\u2028'];
const folders = ['/home/ada/shop', '/home/ada/shop/src', '/home/ada', '/etc', ''];
const path = fc
  .tuple(fc.constantFrom(...folders), fc.constantFrom(...names))
  .map(([folder, name]) => `${folder}/${name}`);
const words = fc.constantFrom(
  'git',
  'log',
  'rm',
  '-rf',
  '/etc',
  'sudo',
  'bash',
  '-c',
  '*',
  '"',
  '',
);
const anySeen: fc.Arbitrary<Seen> = fc
  .tuple(
    fc.oneof(
      path.map((each) => ['fs::read', { path: each }] as const),
      fc.tuple(path, path).map((paths) => ['fs::read', { paths }] as const),
      fc.array(words, { maxLength: 4 }).map((argv) => ['sys::exec', { argv, cwd: '/w' }] as const),
      fc.webUrl().map((url) => ['net::fetch', { url }] as const),
      fc.constant(['mcp::a::b', { x: 1 }] as const),
    ),
    fc.boolean(),
    fc.constantFrom(undefined, true, false),
  )
  .map(([[target, params], isAsked, target_exists]) =>
    seen(target, params, isAsked, target_exists === undefined ? {} : { target_exists }),
  );
const anyTrace = fc.array(anySeen, { maxLength: 12 });

test('what is proposed covers the trace but what it leaves out, and passes its examples', () => {
  fc.assert(
    fc.property(anyTrace, (trace) => {
      const learnt = learnPolicy(trace, kept);
      const policy = loaded(printLearnt(learnt, 'learnt'));
      assert(runPolicyTests(policy).every(({ isPassed }) => isPassed));
      const compiled = compilePolicy(policy.rules);
      const left = new Set(learnt.left.map((each) => each.seen));
      for (const each of trace) {
        const subject = subjectOf(each.request, each.facts);
        const { verdict } = evaluate(compiled, subject, { calls: () => 0, spent: () => 0n });
        const wanted = each.isAsked ? 'REQUIRE_APPROVAL' : 'ALLOW';
        assert(verdict === wanted || left.has(each), JSON.stringify(each));
      }
    }),
    { numRuns: 400 },
  );
});

test('no policy learnt allows what was held back, whatever else was seen', () => {
  fc.assert(
    fc.property(anyTrace, anyTrace, (trace, held) => {
      const policy = loaded(printLearnt(learnPolicy(trace, kept, held), 'learnt'));
      const compiled = compilePolicy(policy.rules);
      for (const each of held) {
        const subject = subjectOf(each.request, each.facts);
        const { verdict } = evaluate(compiled, subject, { calls: () => 0, spent: () => 0n });
        assert.notEqual(verdict, 'ALLOW', JSON.stringify(each));
      }
    }),
    { numRuns: 200 },
  );
});

test('the same trace in any order gives the same policy', () => {
  const turned = anyTrace.chain((trace) =>
    fc.tuple(
      fc.constant(trace),
      fc.shuffledSubarray(trace, { minLength: trace.length, maxLength: trace.length }),
    ),
  );
  fc.assert(
    fc.property(turned, ([trace, other]) => {
      const first = printLearnt(learnPolicy(trace, kept), 'p');
      assert.equal(printLearnt(learnPolicy(other, kept), 'p'), first);
    }),
    { numRuns: 200 },
  );
});
