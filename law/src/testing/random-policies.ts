import type { ActionFacts, ActionRequest, ActionRules } from '@ioi/protocol';
import * as fc from 'fast-check';
import type { BudgetView } from '../core/policy/index.ts';

/** Random policies and requests over few names, so that rules and requests collide often. */

type Rule = ActionRules['rules'][number];

const targets = ['fs::read', 'fs::write', 'net::fetch', 'net::http::get', 'mcp::a::b::c'];
const ruleTargets = [...targets, 'fs::*', 'net::*', 'net::http::*', 'mcp::*', 'mcp::a::b::*'];
const domains = ['a.com', 'b.a.com', 'c.b.a.com', 'com', '10.0.0.1', 'xn--bcher-kva.de', 'A.com.'];
const hosts = ['a.com', 'b.a.com', 'x.b.a.com', 'za.com', 'com', '10.0.0.1', 'bücher.de', 'a.com.'];
const entries = [
  '/',
  '/w',
  '/w/a',
  '/w/a/b',
  '/w/*',
  '/w/*/b',
  '/**/b',
  '/w/**/c',
  './a',
  '.',
  './*b',
];
const paths = [
  '/',
  '/w',
  '/w/a',
  '/w/a/b',
  '/w/a/b/c',
  '/x/b',
  '/w/../x',
  'w/a',
  '//w/./a/',
  '/w/ab',
  '/W/A/b',
  '/w/A/C',
];
const apps = ['Terminal', 'Firefox', 'Café', 'Cafe\u0301'];
const intents = ['pii_export', 'credential_leak', 'other'];
const flows = ['server:a', 'server:b', 'server:a+server:b', 'kind:x'];
const origins = ['user', 'named', 'record', 'content', 'unknown'] as const;
const amounts = ['0', '5', '5.0', '5.000000000000000001', '10', '999999999999999999999999999999'];

const commands = ['git status', 'git log **', 'rm -rf **', 'ls *', 'tee **', 'echo', 'sudo **'];
const scripts = [
  'git status',
  'git log -3 && ls a',
  'rm -fr /w',
  'sudo rm -r -f x',
  'echo >a',
  'echo $x',
  'ls b | sh',
  "bash -c 'git status'",
  "ls '",
];
const ips = ['10.0.0.0/8', '10.0.0.0/9', '10.128.0.0/9', '10.0.0.1', '::/0', '2001:db8::/32'];
const seenIps = ['10.0.0.1', '10.200.0.1', '::ffff:10.0.0.1', '2001:db8::1', '[2001:db8::1]', '9'];
const methods = ['GET', 'POST', 'POST /a', 'POST /a/b', 'DELETE /A'];
const ports = ['443', '80', '8000-8100', '1-65535', '8101'];
const protocols = ['https', 'http', 'ssh', 'tcp'];

const sessions = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`);
const windows = ['0', '1', '18446744073709551615'];

const of = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const someOf = (values: readonly string[]): fc.Arbitrary<string[]> =>
  fc.array(of(...values), { minLength: 1, maxLength: 3 });

const anyMoney = fc.record({ amount: of(...amounts), unit: of('unit', 'usd') });

const shared = {
  allow_apps: someOf(apps),
  allow_commands: someOf(commands),
  allow_domains: someOf(domains),
  allow_ips: someOf(ips),
  allow_methods: someOf(methods),
  allow_origins: someOf(origins),
  allow_paths: someOf(entries),
  allow_ports: someOf(ports),
  allow_protocols: someOf(protocols),
  allow_sessions: someOf(sessions),
  allow_windows: someOf(windows),
  max_spend: anyMoney,
  requested: fc.boolean(),
  target_exists: fc.boolean(),
};
const restrictive = {
  block_flows: someOf(flows),
  block_intents: someOf(intents),
  block_text_pattern: of('a+b', 'secret|key', '^$'),
};
const anyRate = fc.record({
  count: fc.integer({ min: 1, max: 3 }),
  window_ms: of(1000, 60_000),
});
const budgeted = {
  max_day_spend: anyMoney,
  max_session_spend: anyMoney,
  rate_limit: anyRate,
  rate_limit_per_origin: anyRate,
};
type Action = Rule['action'];

const conditionsFor: { readonly [A in Action]: fc.Arbitrary<Rule['conditions']> } = {
  ALLOW: fewOf({ ...shared, ...budgeted, expires: of('0', '5', '7') }),
  BLOCK: fewOf({ ...shared, ...restrictive }),
  REQUIRE_APPROVAL: fewOf({ ...shared, ...restrictive, ...budgeted }),
};

/** At most three conditions, mostly one: policies in which every rule is impossible say little. */
function fewOf(model: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Rule['conditions']> {
  const names = Object.keys(model);
  const recordOf = (chosen: readonly string[]): fc.Arbitrary<unknown> =>
    fc.record(Object.fromEntries(chosen.map((name) => [name, model[name] ?? fc.constant(0)])));
  return fc.subarray(names, { maxLength: 3 }).chain(recordOf) as fc.Arbitrary<Rule['conditions']>;
}

export const anyRule: fc.Arbitrary<Rule> = of<Action>(
  'ALLOW',
  'BLOCK',
  'REQUIRE_APPROVAL',
  'ALLOW',
).chain((action) =>
  fc.record({
    rule_id: fc.integer({ min: 0, max: 99 }).map((number) => `rule_${number}`),
    target: of(...ruleTargets),
    conditions: conditionsFor[action],
    action: fc.constant(action),
  }),
);

export const anyRules: fc.Arbitrary<ActionRules> = fc
  .array(anyRule, { maxLength: 12 })
  .map((rules) => ({ policy_id: 'random', defaults: 'deny_all', rules }));

/** Mostly what a condition expects, sometimes what a hostile caller would send. */
const hostile = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: fc.jsonValue() });

const anyUrl = fc
  .tuple(of('https', 'http', 'ssh'), of(...hosts), of('', ':8050'), of('x', 'a/b', 'A', 'a%2Fb'))
  .map(([scheme, host, port, path]) => `${scheme}://${host}${port}/${path}?y`);

const anyParams = fc.record(
  {
    path: hostile(of(...paths)),
    paths: hostile(fc.array(hostile(of(...paths)), { maxLength: 3 })),
    command: hostile(of(...scripts)),
    argv: hostile(of(['git', 'status'], ['rm', '-rf', '/w'], ['ls', 'b'])),
    cwd: hostile(of('/w', '/x')),
    source: hostile(of(...paths)),
    destination: hostile(of(...paths)),
    url: hostile(anyUrl),
    protocol: hostile(of(...protocols)),
    port: hostile(of<unknown>(443, '443', 8050)),
    method: hostile(of('GET', 'post', 'DELETE')),
    host: hostile(of(...hosts)),
    app: hostile(of(...apps)),
    intents: hostile(fc.array(hostile(of(...intents)), { maxLength: 3 })),
    text: hostile(of('', 'aab', 'my secret', 'nothing')),
    content: hostile(of<unknown>('key', 'a', { $payload: `sha256:${'0'.repeat(64)}`, bytes: 9 })),
    amount: hostile(anyMoney),
    line_items: hostile(fc.array(fc.record({ amount: anyMoney }), { maxLength: 2 })),
  },
  { requiredKeys: [] },
);

export const anyRequest: fc.Arbitrary<ActionRequest> = fc.record({
  target: of(...targets),
  params: anyParams as fc.Arbitrary<ActionRequest['params']>,
  context: fc.record(
    {
      agent_id: of('agent://a/1', 'agent://a/2'),
      session_id: of(...sessions),
      window_id: of(...windows),
    },
    { requiredKeys: ['agent_id'] },
  ) as fc.Arbitrary<ActionRequest['context']>,
  nonce: of('0', '1'),
});

const anyProvenance = fc.record(
  {
    requested: fc.boolean(),
    destinations: fc.subarray([...origins]),
    labels: fc.subarray(['server:a', 'server:b', 'kind:x', 'kind:y']),
  },
  { requiredKeys: ['destinations', 'labels'] },
);

export const anyFacts: fc.Arbitrary<ActionFacts> = fc.record(
  {
    resolved_addresses: fc.array(of(...seenIps), { maxLength: 2 }),
    target_exists: fc.boolean(),
    workspace_root: of('/w', '/', '/w/a', '/other', 'not absolute'),
    provenance: anyProvenance,
  },
  { requiredKeys: [] },
);

/** Budgets that are a fixed function of their id, some of them used up. */
export const anyBudgets: fc.Arbitrary<BudgetView> = fc
  .record({
    calls: fc.integer({ min: 0, max: 3 }),
    spent: of(0n, 5n * 10n ** 18n, 10n ** 40n),
    time: of(4n, 5n, 6n, undefined),
  })
  .map(({ calls, spent, time }) => ({
    ...(time === undefined ? {} : { time }),
    calls: (id, windowMs) => (id.length + windowMs + calls) % 4,
    spent: (id) => (id.length % 2 === 0 ? spent : 0n),
  }));

export const unusedBudgets: BudgetView = { calls: () => 0, spent: () => 0n };
