import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import type { ActionRequest } from '@ioi/protocol';
import * as fc from 'fast-check';
import { decidingContents } from '../boundary/index.ts';
import { compilePolicy } from './compile.ts';
import { matcherOf } from './conditions.ts';
import { subjectOf } from './subject.ts';
import { type Contents, referredTexts } from './texts.ts';

const digest = digestBytes('salt and text');
const reference = { $payload: digest, bytes: 4 };

function truthOf(params: object, contents?: Contents) {
  const context = { agent_id: 'agent://a/b' };
  const request = { target: 'fs::write', params, context, nonce: '0' } as ActionRequest;
  const given = { block_text_pattern: 'secret|1234' };
  return matcherOf('block_text_pattern', given, 'BLOCK')?.(subjectOf(request, {}, contents));
}

test('every text of a request is looked at, wherever it stands', () => {
  for (const params of [
    { text: 'a secret' },
    { path: '/w/a', content: 'a secret' },
    { edits: [{ oldText: 'x', newText: 'a secret' }] },
    { arguments: { deep: [[{ deeper: 'secret' }]] } },
    { arguments: { secret: true } },
    { arguments: { pin: 12_345 } },
    { url: 'https://a.com/?q=secret' },
    { url: 'https://a.com/?q=%73%65cret' },
    { command: 'echo secret' },
    { argv: ['echo', 'secret'] },
  ]) {
    assert.equal(truthOf(params), 'yes', JSON.stringify(params));
  }
  for (const params of [
    {},
    { content: 'nothing' },
    { path: '/w/secret.txt' },
    { source: '/secret', destination: '/1234', host: 'secret.com', app: 'secret' },
    { arguments: { deep: null, flag: false } },
  ]) {
    assert.equal(truthOf(params), 'no', JSON.stringify(params));
  }
});

test('a reference without its text is undetermined', () => {
  assert.equal(truthOf({ content: reference }), 'unknown');
  assert.equal(truthOf({ content: { $payload: 'sha256:00' } }), 'unknown');
  assert.equal(truthOf({ content: reference, text: 'secret' }), 'yes');
  assert.equal(
    truthOf({ content: reference }, () => 'a secret'),
    'yes',
  );
  assert.equal(
    truthOf({ content: reference }, () => 'nothing'),
    'no',
  );
  assert.equal(
    truthOf({ content: reference }, () => (pattern) => pattern.includes('secret')),
    'yes',
  );
});

test('a text hidden anywhere in random parameters is found', () => {
  const nested = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.constant('a secret'),
      fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', '__proto__', 'b'), tie('value'), { minKeys: 1 }),
    ),
  })).value;
  fc.assert(fc.property(nested, (arguments_) => truthOf({ arguments: arguments_ }) === 'yes'));
});

test('a decision names at most 64 contents', () => {
  const digests = Array.from({ length: 80 }, (_, at) => digestBytes(String(at)));
  const edits = digests.map(($payload) => ({ newText: { $payload, bytes: 1 } }));
  const context = { agent_id: 'agent://a/b' };
  const request: ActionRequest = { target: 'fs::write', params: { edits }, context, nonce: '0' };
  const rule = { rule_id: 'r', target: 'fs::*', action: 'BLOCK' } as const;
  const conditions = { block_text_pattern: 'x' };
  const rules = [{ ...rule, conditions }];
  const policy = compilePolicy({ policy_id: 'p', defaults: 'deny_all', rules });
  const named = decidingContents({ local: policy }, request);
  assert.deepEqual(named, [...digests].sort().slice(0, 64));
  assert.equal(referredTexts(request.params).length, 80);
  assert.equal(
    truthOf({ edits }, (each) => (named.includes(each) ? 'fine' : undefined)),
    'unknown',
  );
});

test('what is too long to be read is a text nobody has, whoever is asked for it', () => {
  const body = { $stream: digest, bytes: 9_000_000 };
  assert.equal(
    truthOf({ url: 'https://a.example/', body }, () => 'harmless'),
    'unknown',
  );
  assert.equal(truthOf({ url: 'https://a.example/secret', body }), 'yes');
  assert.deepEqual(referredTexts({ body }), []);
});
