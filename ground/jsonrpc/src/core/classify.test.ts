import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '@ioi/canon';
import fc from 'fast-check';
import { classify } from './classify.ts';
import { errorLine, methodNotFound, notificationLine, requestLine, resultLine } from './encode.ts';

const read = (text: string) => classify(new TextEncoder().encode(text));

function refusal(text: string) {
  const outcome = read(text);
  assert.ok(!outcome.ok, `accepted ${text}`);
  return outcome.error;
}

test('requests, notifications, results and errors are told apart', () => {
  const kinds = [
    ['{"jsonrpc":"2.0","id":1,"method":"a"}', 'request'],
    ['{"jsonrpc":"2.0","id":"x","method":"a","params":[1]}', 'request'],
    ['{"jsonrpc":"2.0","method":"a","params":{}}', 'notification'],
    ['{"jsonrpc":"2.0","id":1,"result":null}', 'result'],
    ['{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"m","data":[1]}}', 'error'],
    ['{"jsonrpc":"2.0","error":{"code":-1,"message":"m"}}', 'error'],
  ];
  for (const [text = '', kind] of kinds) {
    const outcome = read(text);
    assert.equal(outcome.ok ? outcome.value.kind : outcome.error.message, kind, text);
  }
});

test('messages that break JSON-RPC 2.0 are refused with the id to answer', () => {
  const cases: [string, string | number | undefined][] = [
    ['{"jsonrpc":"1.0","id":4,"method":"a"}', 4],
    ['{"id":4,"method":"a"}', 4],
    ['{"jsonrpc":"2.0","id":4}', 4],
    ['{"jsonrpc":"2.0","id":4,"method":7}', 4],
    ['{"jsonrpc":"2.0","id":4,"method":"a","params":7}', 4],
    ['{"jsonrpc":"2.0","id":4,"method":"a","params":null}', 4],
    ['{"jsonrpc":"2.0","id":4,"method":"a","result":{}}', 4],
    ['{"jsonrpc":"2.0","id":4,"result":{},"error":{"code":1,"message":""}}', 4],
    ['{"jsonrpc":"2.0","id":4,"error":{"code":1.5,"message":""}}', 4],
    ['{"jsonrpc":"2.0","id":4,"error":"no"}', 4],
    ['{"jsonrpc":"2.0","result":{}}', undefined],
    ['{"jsonrpc":"2.0","id":null,"method":"a"}', undefined],
    ['{"jsonrpc":"2.0","id":1.5,"method":"a"}', undefined],
    ['{"jsonrpc":"2.0","id":{},"method":"a"}', undefined],
    ['"text"', undefined],
    ['null', undefined],
  ];
  for (const [text, id] of cases) {
    const fault = refusal(text);
    assert.deepEqual([fault.code, fault.id], ['jsonrpc.invalid_request', id], text);
  }
  assert.equal(refusal(`{"jsonrpc":"2.0","id":"${'x'.repeat(257)}","method":"a"}`).id, undefined);
  assert.equal(
    refusal('[{"jsonrpc":"2.0","id":1,"method":"a"}]').code,
    'jsonrpc.batch_unsupported',
  );
});

test('a text that is not I-JSON is a parse error that keeps the id it can', () => {
  const cases: [string, string, number | undefined][] = [
    ['{"jsonrpc":"2.0","id":3,"method":"a","method":"b"}', 'canon.duplicate_key', 3],
    [
      '{"jsonrpc":"2.0","id":3,"method":"a","params":[9007199254740993]}',
      'canon.unsafe_integer',
      3,
    ],
    ['{"jsonrpc":"2.0","id":3,"method":"\\ud800"}', 'canon.lone_surrogate', 3],
    ['{"jsonrpc":"2.0","id":3', 'canon.syntax', undefined],
  ];
  for (const [text, cause, id] of cases) {
    const fault = refusal(text);
    assert.deepEqual([fault.code, fault.cause?.code, fault.id], ['jsonrpc.parse_error', cause, id]);
  }
  const outcome = classify(Uint8Array.of(0x22, 0xff, 0x22));
  assert.equal(outcome.ok ? '' : outcome.error.cause?.code, 'canon.not_utf8');
});

test('members named like prototype properties neither help nor harm', () => {
  const outcome = read('{"jsonrpc":"2.0","id":1,"method":"a","__proto__":{"result":1}}');
  assert.ok(outcome.ok && outcome.value.kind === 'request');
  assert.equal(refusal('{"jsonrpc":"2.0","id":1,"__proto__":{"method":"a"}}').id, 1);
});

test('unknown members are kept as they came', () => {
  const outcome = read('{"jsonrpc":"2.0","id":1,"method":"a","zzz":{"b":1,"a":[]},"_meta":0}');
  assert.ok(outcome.ok);
  const { members } = outcome.value;
  assert.equal(
    JSON.stringify(members),
    '{"jsonrpc":"2.0","id":1,"method":"a","zzz":{"b":1,"a":[]},"_meta":0}',
  );
});

test('what is encoded is read back the same, on one line', () => {
  const id = fc.oneof(fc.string({ maxLength: 20, unit: 'grapheme' }), fc.maxSafeInteger());
  const params = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(id, fc.string({ unit: 'grapheme' }), params, (requestId, method, given) => {
      const request = requestLine(requestId, method, given);
      assert.ok(!request.includes('\n'));
      const outcome = read(request);
      assert.ok(outcome.ok && outcome.value.kind === 'request');
      assert.deepEqual([outcome.value.id, outcome.value.method], [requestId, method]);
      assert.equal(JSON.stringify(outcome.value.params), JSON.stringify(given));
      const result = read(resultLine(requestId, given as Json));
      assert.ok(result.ok && result.value.kind === 'result');
      assert.equal(JSON.stringify(result.value.result), JSON.stringify(given));
    }),
    { numRuns: 300 },
  );
  const note = read(notificationLine('n'));
  assert.ok(note.ok && note.value.kind === 'notification' && note.value.params === undefined);
  const error = read(errorLine(null, methodNotFound('tools/x')));
  assert.ok(error.ok && error.value.kind === 'error');
  assert.deepEqual(error.value.error, { code: -32601, message: 'Method not found: tools/x' });
});

test('no bytes make the reader throw', () => {
  const seeds = ['{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":[1,"é"]}}', '[]', '{"id":'];
  const mutated = fc.tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
  );
  fc.assert(
    fc.property(mutated, ([seed, edits]) => {
      const bytes = new TextEncoder().encode(seed);
      for (const [at, value] of edits) bytes[at % bytes.length] = value;
      const outcome = classify(bytes);
      if (!outcome.ok) assert.match(outcome.error.code, /^jsonrpc\./);
    }),
    { numRuns: 3000 },
  );
});
