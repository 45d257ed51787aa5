import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import * as fc from 'fast-check';
import { isRange, printRange, rangesCover, readAddress, readRange } from './address.ts';
import { compilePolicy } from './compile.ts';
import type { Truth } from './condition.ts';
import { conditions, matcherOf } from './conditions.ts';
import { explain } from './explain.ts';
import { loadPolicy } from './load.ts';
import type { Action, ConditionName, Conditions } from './rules.ts';
import { type Subject, subjectOf } from './subject.ts';

type Row = readonly [given: Conditions, params: Record<string, unknown>, truth: Truth];

function read(params: object, facts: ActionFacts = {}): Subject {
  const context = { agent_id: 'agent://a/b' };
  return subjectOf({ target: 'net::fetch', params, context, nonce: '0' } as ActionRequest, facts);
}

function check(rows: readonly Row[], action: Action = 'ALLOW', facts: ActionFacts = {}): void {
  for (const [given, params, truth] of rows) {
    const [name] = Object.keys(given) as ConditionName[];
    const matcher = matcherOf(name as ConditionName, given, action);
    const where = `${action} ${JSON.stringify([given, params, facts])}`;
    assert.equal(matcher?.(read(params, facts)), truth, where);
  }
}

const at = (host: string) => ({ url: `https://${host}/` });

test('allow_ips looks at the host that is an address, however it is spelled', () => {
  const given = { allow_ips: ['127.0.0.0/8', '2001:db8::/32'] };
  const rows: readonly Row[] = [
    ...['127.0.0.1', '0x7f.1', '2130706433', '017700000001', '0x7f000001', '127.1', '127.0.1'].map(
      (host): Row => [given, at(host), 'yes'],
    ),
    [given, at('[::ffff:127.0.0.1]'), 'yes'],
    [given, at('[::ffff:7f00:1]'), 'yes'],
    [given, at('[2001:DB8:0::1]'), 'yes'],
    [given, at('128.0.0.1'), 'no'],
    [given, at('[::1]'), 'no'],
    [given, at('example.com'), 'unknown'],
    [given, { host: '0x7f.1' }, 'yes'],
    [given, {}, 'unknown'],
    [{ allow_ips: ['nothing'] }, at('128.0.0.1'), 'unknown'],
  ];
  check(rows);
  check(rows, 'BLOCK');
});

test('allow_ips looks at every address a name was seen to resolve to', () => {
  const given = { allow_ips: ['10.0.0.0/8'] };
  const name = at('example.com');
  const inside = { resolved_addresses: ['10.1.2.3', '::ffff:10.0.0.1'] };
  const mixed = { resolved_addresses: ['10.1.2.3', '8.8.8.8'] };
  const strange = { resolved_addresses: ['10.1.2.3', 'nothing'] };
  check([[given, name, 'yes']], 'ALLOW', inside);
  check([[given, name, 'no']], 'ALLOW', mixed);
  check([[given, name, 'unknown']], 'ALLOW', strange);
  check([[given, name, 'yes']], 'BLOCK', mixed);
  check([[given, name, 'yes']], 'REQUIRE_APPROVAL', strange);
  check([[given, name, 'no']], 'BLOCK', { resolved_addresses: ['8.8.8.8'] });
  check([[given, name, 'unknown']], 'BLOCK', { resolved_addresses: [] });
  check([[given, at('10.0.0.1'), 'no']], 'ALLOW', { resolved_addresses: ['8.8.8.8'] });
});

test('allow_protocols and allow_ports look at the address and at parameters of their own', () => {
  const protocols = { allow_protocols: ['https', 'ssh'] };
  const ports = { allow_ports: ['443', '8000-8100', '22'] };
  check([
    [protocols, { url: 'HTTPS://a.com/' }, 'yes'],
    [protocols, { url: 'ssh://a.com/' }, 'yes'],
    [protocols, { url: 'http://a.com/' }, 'no'],
    [protocols, { protocol: 'SSH', host: 'a.com' }, 'yes'],
    [protocols, { url: 'https://a.com/', protocol: 'http' }, 'unknown'],
    [protocols, { url: 'nothing', protocol: 'https' }, 'unknown'],
    [protocols, {}, 'unknown'],
    [ports, { url: 'https://a.com/' }, 'yes'],
    [ports, { url: 'https://a.com:8050/' }, 'yes'],
    [ports, { url: 'https://a.com:8101/' }, 'no'],
    [ports, { url: 'http://a.com/' }, 'no'],
    [ports, { url: 'ssh://a.com/' }, 'yes'],
    [ports, { url: 'weird://a.com/' }, 'unknown'],
    [ports, { host: 'a.com', port: '8000' }, 'yes'],
    [ports, { host: 'a.com', port: 8001 }, 'yes'],
    [ports, { host: 'a.com', port: '8000-8001' }, 'unknown'],
    [ports, { host: 'a.com', protocol: 'https' }, 'yes'],
    [ports, { url: 'https://a.com/', port: 80 }, 'unknown'],
    [{ allow_ports: ['nothing'] }, { port: 1 }, 'unknown'],
  ]);
});

test('allow_methods compares methods in upper case and paths component by component', () => {
  const given = { allow_methods: ['GET', 'POST /sobjects/Account'] };
  const call = (method: unknown, path: string) => ({ method, url: `https://a.com${path}` });
  check([
    [given, call('GET', '/anything?x=/..'), 'yes'],
    [given, call('get', '/'), 'yes'],
    [given, call('POST', '/sobjects/Account'), 'yes'],
    [given, call('POST', '/sobjects/Account/1/?y'), 'yes'],
    [given, call('POST', '/sobjects/%41ccount'), 'yes'],
    [given, call('POST', '/x/../sobjects/Account'), 'yes'],
    [given, call('POST', '/sobjects/AccountX'), 'no'],
    [given, call('POST', '/sobjects/User'), 'no'],
    [given, call('POST', '/sobjects/Account/%2e%2e/User'), 'no'],
    [given, call('POST', '/sobjects/Account/..%2fUser'), 'unknown'],
    [given, call('POST', '/sobjects/Account/%252e%252e/User'), 'unknown'],
    [given, call('POST', '/sobjects//Account'), 'unknown'],
    [given, call('POST', '/sobjects/Account;x'), 'unknown'],
    [given, call('POST', '/sobjects/account'), 'unknown'],
    [given, call('POST', '/sobjects/%ff'), 'unknown'],
    [given, call('DELETE', '/sobjects/Account'), 'no'],
    [given, call(7, '/'), 'unknown'],
    [given, { url: 'https://a.com/' }, 'unknown'],
    [given, { method: 'POST' }, 'unknown'],
    [{ allow_methods: ['?'] }, call('GET', '/'), 'unknown'],
  ]);
  check([[{ allow_methods: ['POST /user'] }, call('POST', '/User'), 'unknown']], 'BLOCK');
});

test('of conditions on destinations, what includes what is exact', () => {
  const covers = (
    name: 'allow_ips' | 'allow_ports' | 'allow_methods',
    outer: string[],
    inner: string[],
  ) => conditions[name].includes(outer, inner);
  assert.ok(covers('allow_ips', ['10.0.0.0/9', '10.128.0.0/9'], ['10.0.0.0/8']));
  assert.ok(!covers('allow_ips', ['10.0.0.0/9', '10.128.0.0/10'], ['10.0.0.0/8']));
  assert.ok(!covers('allow_ips', ['::/0'], ['10.0.0.1']));
  assert.ok(covers('allow_ips', ['0.0.0.0/0'], ['::ffff:0:0/96']));
  assert.ok(covers('allow_ports', ['1-10', '11-20'], ['5-15']));
  assert.ok(!covers('allow_ports', ['1-10', '12-20'], ['5-15']));
  assert.ok(covers('allow_methods', ['GET', 'POST'], ['POST /a']));
  assert.ok(covers('allow_methods', ['POST /a'], ['POST /a/b']));
  assert.ok(!covers('allow_methods', ['POST /a'], ['POST', 'POST /ab']));
});

test('ranges are covered exactly when each of their addresses is', () => {
  const prefix = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 28, max: 32 }));
  const range = prefix.map(([low, bits]) => {
    const read = readRange(`10.0.0.${(low >> (32 - bits)) << (32 - bits)}/${bits}`);
    assert.ok(isRange(read));
    return read;
  });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), range, (outer, inner) => {
      let isCovered = true;
      for (let each = inner.from; each <= inner.to; each += 1n) {
        isCovered &&= outer.some(({ from, to }) => from <= each && each <= to);
      }
      assert.equal(rangesCover(outer, inner), isCovered);
    }),
  );
});

test('an address has one spelling, which reads back', () => {
  const groups = fc.array(fc.constantFrom(0, 0, 1, 0xffff), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, (parts) => {
      const written = parts.map((part) => part.toString(16)).join(':');
      const range = readRange(written);
      assert.ok(isRange(range));
      assert.deepEqual(readAddress(printRange(range)), range);
    }),
  );
});

test('destinations in a policy get one spelling, and faults point at the place', () => {
  const load = (conditionsText: object, action = 'ALLOW') =>
    loadPolicy(
      JSON.stringify({
        policy_id: 'p',
        rules: [{ rule_id: 'r', target: 'net::fetch', conditions: conditionsText, action }],
      }),
    );
  const loaded = load({
    allow_ips: ['::FFFF:10.0.0.0/104', '10.0.0.0/8', '2001:DB8:0:0::1'],
    allow_ports: [443, 80, '81-90', '8000'],
    allow_protocols: ['HTTPS'],
    allow_methods: ['get', 'post /a/%62/'],
    rate_limit_per_origin: '5/minute',
  });
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.value.rules.rules[0]?.conditions, {
    allow_ips: ['10.0.0.0/8', '2001:db8::1'],
    allow_methods: ['GET', 'POST /a/b'],
    allow_ports: ['443', '80-90', '8000'],
    allow_protocols: ['https'],
    rate_limit_per_origin: { count: 5, window_ms: 60_000 },
  });
  for (const [given, code, pointer] of [
    [{ allow_ips: ['10.0.0.1/8'] }, 'policy.invalid_address', 'allow_ips/0'],
    [{ allow_ips: ['10.0.0.1', '0x7f.1'] }, 'policy.invalid_address', 'allow_ips/1'],
    [{ allow_ips: ['10.0.0.0/33'] }, 'policy.invalid_address', 'allow_ips/0'],
    [{ allow_ip: 'a.com' }, 'policy.invalid_address', 'allow_ip'],
    [{ allow_ports: [65_536] }, 'policy.invalid_port', 'allow_ports/0'],
    [{ allow_ports: ['9-8'] }, 'policy.invalid_port', 'allow_ports/0'],
    [{ allow_ports: [null] }, 'policy.wrong_type', 'allow_ports/0'],
    [{ allow_protocols: ['https:'] }, 'policy.invalid_protocol', 'allow_protocols/0'],
    [{ allow_methods: ['GET  /a'] }, 'policy.invalid_method', 'allow_methods/0'],
    [{ allow_methods: ['GET /a?b'] }, 'policy.invalid_method', 'allow_methods/0'],
    [{ allow_methods: ['GET /a%2Fb'] }, 'policy.invalid_method', 'allow_methods/0'],
    [{ rate_limit_per_origin: '0/minute' }, 'policy.invalid_rate', 'rate_limit_per_origin'],
  ] as const) {
    const refused = load(given);
    const [fault] = refused.ok ? [] : refused.error;
    assert.equal(fault?.code, code, JSON.stringify(given));
    assert.equal(fault?.pointer, `/rules/0/conditions/${pointer}`);
  }
});

test('every origin has a rate of its own, and unknown origins share one', () => {
  const rules = [
    {
      rule_id: 'r',
      target: 'net::fetch',
      conditions: { rate_limit_per_origin: { count: 2, window_ms: 1000 } },
      action: 'ALLOW',
    } as const,
  ];
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules });
  const idOf = (url: string): string | undefined => {
    const { decision } = explain(policy, read({ url }), { calls: () => 0, spent: () => 0n });
    return decision.reservations[0]?.budget_id;
  };
  const first = idOf('https://a.com/x');
  assert.match(first ?? '', /^rate:net::fetch@sha256:[0-9a-f]{64}$/);
  assert.equal(idOf('HTTPS://A.com:443/y'), first);
  assert.notEqual(idOf('https://a.com:444/'), first);
  assert.notEqual(idOf('http://a.com/'), first);
  assert.equal(idOf('nothing'), undefined);
  const full = { calls: (id: string) => (id === first ? 2 : 0), spent: () => 0n };
  const decisionOn = (url: string) => explain(policy, read({ url }), full).decision;
  assert.equal(decisionOn('https://a.com/').field, 'rate_limit_per_origin');
  assert.equal(decisionOn('https://b.com/').verdict, 'ALLOW');
});
