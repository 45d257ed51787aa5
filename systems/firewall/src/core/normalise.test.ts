import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { saltedText, unsaltedText } from '@ioi/law';
import type { RuntimeToolContract } from '@ioi/protocol';
import * as fc from 'fast-check';
import { argumentsOf, metaOf } from './arguments.ts';
import { normaliseCall, type ToolCall } from './normalise.ts';

type Parameters = RuntimeToolContract['parameters'];

const context = { agent_id: 'agent://a/b' };

function contractWith(parameters: Parameters): RuntimeToolContract {
  return {
    server: 'filesystem',
    tool: 'tool',
    version: '1',
    schema_hash: `sha256:${'0'.repeat(64)}`,
    target: 'fs::write',
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: 'low',
    effect: 'idempotent',
    parameters,
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'deterministic_local',
    postconditions: [],
    limits: { timeout_ms: 1000, output_bytes: 1000 },
  } as RuntimeToolContract;
}

const mapped = contractWith([
  { argument: 'path', parameter: 'path', kind: 'path' },
  { argument: 'from', parameter: 'paths', kind: 'path_list' },
  { argument: 'link', parameter: 'url', kind: 'url' },
  { argument: 'body', parameter: 'content', kind: 'content' },
  { argument: 'mode', parameter: 'method', kind: 'value' },
]);

function callWith(given: Record<string, unknown>, more: Partial<ToolCall> = {}): ToolCall {
  const paths = new Map([
    ['a', '/w/a'],
    ['./b', '/w/b'],
  ]);
  const salt = '5a'.repeat(16);
  return { contract: mapped, arguments: given, paths, context, nonce: '1', salt, ...more };
}

function codeOf(call: ToolCall): string {
  const result = normaliseCall(call);
  return result.ok ? 'ok' : result.error.code;
}

test('mapped arguments become parameters, the others stay as they are', () => {
  const result = normaliseCall(
    callWith({ path: 'a', from: ['a', './b'], link: 'HTTPS://A.com:443', mode: 'x', other: [1] }),
  );
  assert.ok(result.ok);
  assert.deepEqual(result.value.request, {
    target: 'fs::write',
    params: {
      path: '/w/a',
      paths: ['/w/a', '/w/b'],
      url: 'https://a.com/',
      method: 'x',
      arguments: { other: [1] },
    },
    context,
    nonce: '1',
  });
  assert.deepEqual(result.value.payloads, []);
});

test('an argument that is not what the contract says is refused', () => {
  const invalid = 'contract.arguments_invalid';
  for (const given of [
    { path: 7 },
    { path: 'unresolved' },
    { from: 'a' },
    { from: ['a', 7] },
    { link: 'file:///etc/passwd' },
    { link: 'javascript:alert(1)' },
    { link: 'a.com' },
    { link: 7 },
  ]) {
    assert.equal(codeOf(callWith(given)), invalid, JSON.stringify(given));
  }
  assert.equal(codeOf(callWith({ path: 'a' }, { paths: new Map([['a', 'w/a']]) })), invalid);
});

test('a contract from which there is no way back is refused', () => {
  const contracts: Parameters[] = [
    [
      { argument: 'a', parameter: 'x', kind: 'value' },
      { argument: 'b', parameter: 'x', kind: 'value' },
    ],
    [
      { argument: 'a', parameter: 'x', kind: 'value' },
      { argument: 'a', parameter: 'y', kind: 'value' },
    ],
    [{ argument: 'a', parameter: 'arguments', kind: 'value' }],
  ];
  for (const parameters of contracts) {
    const contract = contractWith(parameters);
    assert.equal(codeOf(callWith({}, { contract })), 'contract.arguments_invalid');
    assert.ok(!argumentsOf(contract, {}, () => undefined).ok);
  }
});

test('contents are taken out however short, other texts when they are long', () => {
  const long = 'ä'.repeat(129);
  const fitting = 'ä'.repeat(128);
  const read = 'ä'.repeat(2048);
  const result = normaliseCall(
    callWith({ body: 'x', mode: read, deep: [{ same: long, fitting, empty: '' }] }),
  );
  assert.ok(result.ok);
  const { request, payloads, params } = result.value;
  const [body, deep] = payloads;
  assert.ok(body && deep && payloads.length === 2);
  assert.deepEqual(request.params, {
    content: { $payload: body.digest, bytes: 1 },
    method: read,
    arguments: { deep: [{ same: { $payload: deep.digest, bytes: 258 }, fitting, empty: '' }] },
  });
  assert.deepEqual(
    [body, deep].map(({ text }) => unsaltedText(text)),
    ['x', long],
  );
  assert.deepEqual(
    [body, deep].map(({ text }) => digestBytes(text)),
    [body.digest, deep.digest],
  );
  assert.equal((params as { content: string }).content, 'x');
});

test('the same content has another digest each time, and what it is to a policy', () => {
  const salted = (salt: string) => normaliseCall(callWith({ body: 'yes' }, { salt }));
  const [one, two] = [salted('00'.repeat(16)), salted('11'.repeat(16))];
  assert.ok(one.ok && two.ok);
  assert.notEqual(one.value.payloads[0]?.digest, two.value.payloads[0]?.digest);
  assert.notEqual(one.value.payloads[0]?.digest, digestBytes('yes'));
  assert.deepEqual(one.value.params, two.value.params);
  const many = Array.from({ length: 2 }, () => 'twice');
  const twice = normaliseCall(callWith({ body: many }));
  assert.ok(twice.ok);
  assert.equal(new Set(twice.value.payloads.map(({ digest }) => digest)).size, 2);
});

test('what goes beside an act over the network is content, however short', () => {
  const meta = { headers: 'authorization: x' };
  const local = normaliseCall(callWith({ mode: 'x' }, { meta }));
  assert.ok(local.ok);
  assert.deepEqual(local.value.request.params['_meta'], meta);
  const contract = { ...mapped, rrsa_domain: 'network' as const };
  const sent = normaliseCall(callWith({ mode: 'x' }, { meta, contract }));
  assert.ok(sent.ok);
  assert.doesNotMatch(JSON.stringify(sent.value.request), /authorization/);
  const lookup = () => sent.value.payloads[0]?.text;
  assert.deepEqual(metaOf(sent.value.request.params, lookup), { ok: true, value: meta });
});

test('what goes beside the arguments is of the request and never of the arguments', () => {
  const meta = {
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    baggage: 'x'.repeat(900),
  };
  const result = normaliseCall(callWith({ mode: 'x' }, { meta }));
  assert.ok(result.ok);
  const { request, payloads, params } = result.value;
  const [baggage] = payloads;
  assert.ok(baggage && payloads.length === 1);
  const { traceparent } = meta;
  assert.deepEqual(request.params['_meta'], {
    traceparent,
    baggage: { $payload: baggage.digest, bytes: 900 },
  });
  assert.deepEqual(params, { method: 'x', _meta: meta });
  const lookup = () => baggage.text;
  assert.deepEqual(argumentsOf(mapped, request.params, lookup), { ok: true, value: { mode: 'x' } });
  assert.deepEqual(metaOf(request.params, lookup), { ok: true, value: meta });
  assert.ok(!metaOf(request.params, () => undefined).ok);
  assert.deepEqual(metaOf({}, lookup), { ok: true, value: undefined });
  const taken = contractWith([{ argument: 'a', parameter: '_meta', kind: 'value' }]);
  assert.equal(codeOf(callWith({}, { contract: taken })), 'contract.arguments_invalid');
});

test('more texts than anybody would keep are refused', () => {
  const body = Array.from({ length: 1025 }, () => 'x');
  assert.equal(codeOf(callWith({ body })), 'request.too_large');
});

test('a caller cannot pass off a payload of its own', () => {
  const forged = { $payload: digestBytes('x'), bytes: 5000 };
  assert.equal(codeOf(callWith({ body: forged })), 'request.invalid');
  assert.equal(codeOf(callWith({ other: [{ deep: forged }] })), 'request.invalid');
});

test('a payload that is not held, or is another text, is refused on the way back', () => {
  const salted = saltedText('5a'.repeat(16), 'x');
  const params = { content: { $payload: digestBytes(salted), bytes: 1 } };
  assert.ok(!argumentsOf(mapped, params, () => undefined).ok);
  assert.ok(!argumentsOf(mapped, params, () => 'y').ok);
  assert.deepEqual(
    argumentsOf(mapped, params, () => salted),
    { ok: true, value: { body: 'x' } },
  );
  const unsalted = { content: { $payload: digestBytes('x'), bytes: 1 } };
  assert.ok(!argumentsOf(mapped, unsalted, () => 'x').ok);
  assert.ok(!argumentsOf(mapped, { content: { $payload: 7 } }, () => 'x').ok);
});

test('parameters that no call gives are refused on the way back', () => {
  for (const params of [{ moon: 1 }, { arguments: 7 }, { arguments: { path: 'x' }, path: '/y' }]) {
    assert.ok(!argumentsOf(mapped, params, () => undefined).ok, JSON.stringify(params));
  }
});

test('what has no canonical form, does not fit or is too large is refused', () => {
  assert.equal(codeOf(callWith({ body: '\ud800' })), 'canon.refused');
  assert.equal(codeOf(callWith({ body: '\ud800'.repeat(5000) })), 'canon.refused');
  assert.equal(codeOf(callWith({ mode: 2 ** 60 })), 'canon.refused');
  assert.equal(codeOf(callWith({ mode: undefined })), 'canon.refused');
  assert.equal(codeOf(callWith({}, { nonce: 'x' })), 'request.invalid');
  assert.equal(codeOf(callWith({}, { context: { agent_id: 'x' } })), 'request.invalid');
  const many = Array.from({ length: 400 }, (_, at) => `${at}`.padEnd(200, 'x'));
  assert.equal(codeOf(callWith({ many })), 'request.too_large');
  let deep: unknown = 1;
  for (let level = 0; level < 70; level += 1) deep = [deep];
  assert.equal(codeOf(callWith({ deep })), 'request.invalid');
});

test('the way there and back gives the arguments with resolved paths', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('x'.repeat(5000), '\u20ac'.repeat(1500)),
  );
  const value = fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' });
  const given = fc.record(
    {
      path: fc.constantFrom('a', './b'),
      from: fc.array(fc.constantFrom('a', './b')),
      link: fc.webUrl(),
      body: text,
      mode: value,
      other: fc.oneof(text, value, fc.array(text)),
      arguments: value,
      content: value,
      __proto__x: value,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(given, fc.boolean(), (authored, isMapped) => {
      const contract = isMapped ? mapped : contractWith([]);
      const call = callWith(authored, { contract });
      const result = normaliseCall(call);
      if (!result.ok) {
        assert.ok(['canon.refused', 'request.too_large'].includes(result.error.code));
        return;
      }
      const { request, payloads } = result.value;
      const held = new Map(payloads.map((each) => [each.digest, each.text]));
      const back = argumentsOf(contract, request.params, (digest) => held.get(digest));
      assert.ok(back.ok);
      const resolve = (path: string) => (isMapped ? call.paths.get(path) : path);
      const { path, from, link, ...others } = authored;
      assert.deepEqual(back.value, {
        ...others,
        ...(path !== undefined && { path: resolve(path) }),
        ...(from !== undefined && { from: from.map(resolve) }),
        ...(link !== undefined && { link: isMapped ? new URL(link).href : link }),
      });
    }),
    { numRuns: 1500 },
  );
});

test('arguments called like members of Object keep their place', () => {
  const given = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "other": 3}');
  const call = callWith(given, { contract: contractWith([]) });
  const result = normaliseCall(call);
  assert.ok(result.ok);
  const back = argumentsOf(call.contract, result.value.request.params, () => undefined);
  assert.ok(back.ok);
  assert.equal(JSON.stringify(back.value), JSON.stringify(given));
});

test('what stands elsewhere is named by whoever has it there, and by no argument', () => {
  const contract = contractWith([{ argument: 'body', parameter: 'body', kind: 'content' }]);
  const digest = digestBytes('long');
  const given = { body: { $stream: digest, bytes: 9_000_000 } };
  assert.equal(codeOf(callWith(given, { contract })), 'request.invalid');
  const other = { contract, streamed: digestBytes('other') };
  assert.equal(codeOf(callWith(given, other)), 'request.invalid');
  const more = { body: { ...given.body, more: 'text' } };
  assert.equal(codeOf(callWith(more, { contract, streamed: digest })), 'request.invalid');
  const called = normaliseCall(callWith(given, { contract, streamed: digest }));
  assert.ok(called.ok);
  assert.deepEqual(called.value.request.params, given);
  assert.deepEqual(called.value.payloads, []);
});
