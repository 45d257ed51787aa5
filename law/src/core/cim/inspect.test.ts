import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finish } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';
import * as fc from 'fast-check';
import { labelledTexts } from '../../testing/index.ts';
import { mailContract } from '../../testing/outgoing.ts';
import { type AssistConfig, assist, checkAssist } from './assist.ts';
import { confidences, type PiiClass, piiClasses, severities } from './classes.ts';
import { type EvidenceGraph, evidenceGraph, type GraphSpan, graphHash, hashOf } from './graph.ts';
import { inspect, isConsistent } from './inspect.ts';
import { isEgress } from './reaches.ts';
import { redactText } from './redact.ts';
import { type EgressRule, isEgressWithin, routeFinding, routingOf } from './route.ts';
import { scan } from './scan.ts';

const sourceHash = digestBytes('salted');
const high: RuntimeToolContract = { ...mailContract, risk_class: 'high' };

const rule = (about: Omit<EgressRule, 'target'>, target = 'mail::*'): EgressRule => {
  return { target, ...about };
};

function inspected(params: object, rules: readonly EgressRule[], contract = mailContract) {
  const given = params as Record<string, unknown>;
  return finish(inspect({ params: given, contract, rules, sourceHash }));
}

test('what a class comes to is what the policy says of it', () => {
  const params = { text: 'to anna@example.com, card 4111 1111 1111 1111' };
  assert.equal(inspected(params, []).decision.outcome, 'allow');
  const transformed = inspected(params, [rule({ transform: ['card_pan', 'email'] })]);
  assert.equal(transformed.decision.outcome, 'transform');
  assert.deepEqual(transformed.params, {
    text: 'to [redacted:email:1], card [redacted:card_pan:1]',
  });
  const asked = inspected(params, [rule({ transform: ['card_pan'], require_approval: ['email'] })]);
  assert.equal(asked.decision.outcome, 'require_approval');
  assert.deepEqual(asked.params, { text: 'to anna@example.com, card [redacted:card_pan:1]' });
  const denied = inspected(params, [rule({ deny: ['card_pan'], transform: ['email'] })]);
  assert.equal(denied.decision.outcome, 'deny');
  assert.deepEqual(denied.params, { text: 'to [redacted:email:1], card [redacted:card_pan:1]' });
});

test('a person looks at what cannot be rewritten, and its record is redacted when denied', () => {
  const asked = [rule({ transform: ['email', 'card_pan'] })];
  const url = { url: 'https://x.org/?to=anna%40example.com' };
  assert.equal(inspected(url, asked).decision.outcome, 'require_approval');
  assert.deepEqual(inspected(url, asked).params, url);
  const rules = [rule({ deny: ['email', 'card_pan'] })];
  const inUrl = inspected(url, rules);
  assert.equal(inUrl.decision.outcome, 'deny');
  assert.deepEqual(inUrl.params, { url: 'https://x.org/?to=[redacted:email:1]' });
  const asNumber = inspected({ arguments: { pay: 4111111111111111 } }, rules);
  assert.equal(asNumber.decision.outcome, 'deny');
  assert.deepEqual(asNumber.params, { arguments: { pay: '[redacted:card_pan:1]' } });
  const asName = inspected({ arguments: { 'anna@example.com': 1 } }, rules);
  assert.equal(asName.decision.outcome, 'deny');
  assert.deepEqual(asName.params, { arguments: { '[redacted:email:1]': 1 } });
});

test('what is ambiguous is denied where much is at risk and asked about where little is', () => {
  const params = { text: '4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1' };
  const rules = [rule({ deny: ['card_pan'] })];
  assert.equal(inspected(params, rules).decision.outcome, 'require_approval');
  assert.equal(inspected(params, rules, high).decision.outcome, 'deny');
  const certain = [rule({ deny: ['card_pan'], certain: ['card_pan'] })];
  assert.equal(inspected(params, certain).decision.outcome, 'deny');
});

test('the same inputs give the same decision, however policies and texts are ordered', () => {
  const lists = fc.subarray([...piiClasses], { minLength: 1 });
  fc.assert(
    fc.property(lists, fc.integer(), (classes, seed) => {
      const texts = labelledTexts('train', 4, seed).map(({ text }) => text);
      const params = Object.fromEntries(texts.map((text, at) => [`p${at}`, text]));
      const turned = Object.fromEntries(Object.entries(params).reverse());
      const rules = [rule({ transform: classes }), rule({ deny: ['jwt'] }, 'mail::send')];
      const same = [rules[1], rule({ transform: [...classes].reverse() })] as EgressRule[];
      const [one, other] = [inspected(params, rules), inspected(turned, same)];
      assert.deepEqual(one.decision, other.decision);
      assert.ok(isConsistent(one.decision, mailContract, rules));
    }),
    { numRuns: 100 },
  );
});

test('a decision binds target, surface, policy, assist and graph', () => {
  const params = { text: 'anna@example.com' };
  const rules = [rule({ transform: ['email'] })];
  const { decision } = inspected(params, rules);
  const others = [
    inspected({ text: 'bob@example.com' }, rules),
    inspected(params, rules, high),
    inspected(params, [rule({ transform: ['email'], certain: ['phone'] })]),
    inspected(params, [...rules, rule({ deny: ['jwt'] })]),
    inspected(params, rules, { ...mailContract, target: 'mail::draft' }),
  ];
  for (const other of others) {
    assert.notEqual(other.decision.decision_hash, decision.decision_hash);
  }
  assert.ok(!isConsistent({ ...decision, outcome: 'allow' }, mailContract, rules));
  assert.ok(!isConsistent({ ...decision, findings: [] }, mailContract, rules));
  assert.ok(!isConsistent(decision, mailContract, [rule({ deny: ['email'] })]));
  assert.ok(!isConsistent(decision, high, rules));
});

test('redacting twice is redacting once, and nothing severe stays', () => {
  fc.assert(
    fc.property(fc.integer(), fc.string({ unit: 'binary' }), (seed, noise) => {
      const texts = labelledTexts('held_out', 5, seed).map(({ text }) => text);
      const text = texts.join(noise);
      const { text: once, spans } = redactText(text);
      assert.equal(redactText(once).text, once);
      for (const { start, end, severity } of spans) {
        const raw = text.slice(start, end);
        if (severity === 'severe' || severity === 'critical') assert.ok(!once.includes(raw), raw);
      }
    }),
    { numRuns: 200 },
  );
});

test('what is sent holds nothing that the policy takes out', () => {
  const classes: PiiClass[] = ['private_key', 'api_key', 'jwt', 'card_pan', 'iban', 'ssn', 'email'];
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const texts = labelledTexts('train', 6, seed).map(({ text }) => text);
      const { params } = inspected({ arguments: texts }, [rule({ transform: classes })]);
      const left = (params['arguments'] as string[]).flatMap((text) => scan(text));
      assert.ok(left.every((span) => !classes.includes(span.class)));
    }),
    { numRuns: 100 },
  );
});

const config: AssistConfig = { certain: ['ssn'] };
const spans: fc.Arbitrary<GraphSpan> = fc.record({
  at: fc.constantFrom('/a', '/b'),
  class: fc.constantFrom(...piiClasses),
  start: fc.nat(9),
  end: fc.nat(9),
  severity: fc.constantFrom(...severities),
  confidence: fc.constantFrom(...confidences),
  is_ambiguous: fc.boolean(),
  is_rewritable: fc.boolean(),
});
const graphs = fc.array(spans, { maxLength: 6 }).map((each): EvidenceGraph => {
  return { source_hash: sourceHash, spans: each };
});

test('cim_v0 never widens: it drops, lowers and clears, and nothing else', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const after = assist(graph, config);
      assert.ok(checkAssist(graph, after, config).ok);
      const sure = graph.spans.filter((span) => !span.is_ambiguous);
      for (const span of sure) assert.ok(after.spans.includes(span));
    }),
  );
});

test('an assist that does anything else is refused', () => {
  const texts = [
    { at: '/text', text: '4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1 a@b.io', isRewritable: true },
  ];
  const graph = finish(evidenceGraph(texts, sourceHash));
  const [card, email] = graph.spans as [GraphSpan, GraphSpan];
  const refused = (after: readonly GraphSpan[], source = sourceHash): void => {
    const result = checkAssist(graph, { source_hash: source, spans: after }, config);
    assert.ok(!result.ok, JSON.stringify(after));
  };
  refused([card, email], digestBytes('other'));
  refused([card]);
  refused([card, email, email]);
  refused([email, card]);
  refused([{ ...card, confidence: 'high' }, email]);
  refused([{ ...card, class: 'ssn' }, email]);
  refused([{ ...card, severity: 'critical' }, email]);
  refused([{ ...card, start: card.start + 1 }, email]);
  refused([{ ...card, is_ambiguous: false }, email]);
  refused([card, { ...email, is_ambiguous: true }]);
  refused([card, { ...email, is_rewritable: false }]);
  assert.ok(checkAssist(graph, { ...graph, spans: [email] }, config).ok);
});

const ruleLists = fc.array(
  fc.record({
    target: fc.constantFrom('net::*', 'net::fetch', 'mail::send', 'mail::*'),
    transform: fc.subarray(['email', 'ssn'] as PiiClass[]),
    require_approval: fc.subarray(['email', 'ssn'] as PiiClass[]),
    deny: fc.subarray(['email', 'ssn'] as PiiClass[]),
    certain: fc.subarray(['email'] as PiiClass[]),
  }),
  { maxLength: 3 },
);

test('one set of rules is within another exactly when nothing passes that was held back', () => {
  const targets = ['net::fetch', 'net::other', 'mail::send', 'mail::other', 'model::x'];
  const surfaces = [mailContract, high];
  const flags = [true, false];
  const rank = ['allow', 'transform', 'require_approval', 'deny'];
  fc.assert(
    fc.property(ruleLists, ruleLists, (outer, inner) => {
      const cells = targets.flatMap((target) =>
        surfaces.flatMap((surface) =>
          flags.flatMap((is_rewritable) =>
            flags.flatMap((isVague) =>
              (['email', 'ssn'] as const).map((each) => {
                const outcomeOf = (rules: readonly EgressRule[]): number => {
                  const routing = routingOf(rules, target);
                  const { isCertain } = routing[each];
                  // What the assist does to a doubtful finding of little confidence.
                  if (isVague && !isCertain) return 0;
                  const about = { class: each, is_ambiguous: false, is_rewritable } as const;
                  const finding = { ...about, severity: 'low', confidence: 'low' } as const;
                  return rank.indexOf(routeFinding(finding, routing, surface));
                };
                return outcomeOf(inner) >= outcomeOf(outer);
              }),
            ),
          ),
        ),
      );
      assert.equal(
        isEgressWithin(outer, inner),
        cells.every((each) => each),
      );
    }),
    { numRuns: 500 },
  );
});

test('more strictness is within, less is not', () => {
  const strict = [rule({ deny: ['email'] })];
  const loose = [rule({ transform: ['email'] })];
  assert.ok(isEgressWithin(loose, strict));
  assert.ok(!isEgressWithin(strict, loose));
  assert.ok(isEgressWithin([], loose));
  assert.ok(!isEgressWithin(loose, []));
  assert.ok(isEgressWithin(loose, loose));
  assert.ok(!isEgressWithin([rule({ deny: ['email'], certain: ['email'] })], strict));
});

test('whether an action leaves the boundary follows from its contract', () => {
  const leaves = (target: string, more: Partial<RuntimeToolContract> = {}): boolean =>
    isEgress({ ...mailContract, target, ...more });
  for (const target of ['net::fetch', 'mail::send', 'clipboard::write', 'browser::type_text']) {
    assert.ok(leaves(target), target);
  }
  for (const target of ['fs::write', 'clipboard::read', 'sys::exec', 'gui::click']) {
    assert.ok(!leaves(target), target);
  }
  assert.ok(leaves('mcp::server::tool'));
  assert.ok(!leaves('mcp::server::tool', { effect: 'read' }));
  assert.ok(leaves('fs::write', { rrsa_domain: 'network' }));
});

test('no parameters make an inspection throw', () => {
  const rules = [rule({ transform: [...piiClasses] })];
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (params) => {
      const { decision } = inspected(params, rules);
      assert.ok(isConsistent(decision, mailContract, rules));
    }),
    { numRuns: 300 },
  );
});

test('a graph is hashed part by part as it would be whole', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 600 }), (count) => {
      const spans = scan('4111 1111 1111 1111, a@b.io; '.repeat(count));
      const placed = spans.map((span) => ({ ...span, at: '/"text"', is_rewritable: true }));
      const graph = { source_hash: sourceHash, spans: placed };
      assert.equal(finish(graphHash(graph)), hashOf(graph));
    }),
    { numRuns: 20 },
  );
});

test('inspections in turns give what each gives alone, and pause as the text is long', () => {
  const long = fc.array(fc.constantFrom(...SAMPLES), { minLength: 1, maxLength: 3000 });
  const rules = [rule({ transform: ['email'], require_approval: ['iban'] })];
  const inspecting = (words: readonly string[]) =>
    inspect({ params: { text: words.join(' ') }, contract: mailContract, rules, sourceHash });
  fc.assert(
    fc.property(long, long, (one, other) => {
      const [left, right] = [inspecting(one), inspecting(other)];
      const first = { at: left.next(), pauses: 0 };
      const second = { at: right.next(), pauses: 0 };
      while (!first.at.done || !second.at.done) {
        for (const [each, working] of [
          [first, left],
          [second, right],
        ] as const) {
          if (each.at.done) continue;
          each.pauses += 1;
          each.at = working.next();
        }
      }
      assert.deepEqual(first.at.value, finish(inspecting(one)));
      assert.deepEqual(second.at.value, finish(inspecting(other)));
      assert.ok((first.pauses + 1) * 8192 * 1.1 >= one.join(' ').length);
    }),
    { numRuns: 30 },
  );
});

const SAMPLES = [
  'plain words',
  'a@b.io',
  'DE89370400440532013000',
  '４111 1111 1111 1111',
  '%41',
  '+',
];
