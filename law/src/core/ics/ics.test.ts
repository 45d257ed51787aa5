import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IntentContractSchema } from '@ioi/protocol';
import fc from 'fast-check';
import { isWhole, judgeContract, judgeOutput, tierOf, verdictOf } from './index.ts';

type Rubric = NonNullable<IntentContractSchema['rubric']>;

function contract(rubric: Rubric, more: Partial<IntentContractSchema> = {}): IntentContractSchema {
  return { template_id: 'tpl:a', rubric, ...more };
}

function verdicts(rubric: Rubric, output: string | object): string {
  const judged = judgeOutput(contract(rubric), output as never);
  return judged.map(({ entry, verdict }) => `${entry}=${verdict}`).join(' ');
}

test('what a text decides is decided by the text alone', () => {
  const code = 'So:\n```ts\nlet a;\n```\n';
  assert.equal(verdicts({ contains_code: true }, code), 'rubric.contains_code=kept');
  assert.equal(verdicts({ contains_code: true }, '```'), 'rubric.contains_code=broken');
  assert.equal(verdicts({ contains_code: false }, { a: [code] }), 'rubric.contains_code=broken');
  const forbidden = { forbidden_words: ['sorry', 'I cannot'] };
  assert.equal(verdicts(forbidden, 'SORRY, no'), 'rubric.forbidden_words=broken');
  assert.equal(verdicts(forbidden, { deep: [{ text: 'that i cannot.' }] }).slice(-6), 'broken');
  assert.equal(verdicts(forbidden, 'sorrynot, unsorry, sorry2'), 'rubric.forbidden_words=kept');
  assert.equal(verdicts({ forbidden_words: ['c++'] }, 'in C++.'), 'rubric.forbidden_words=broken');
  const signs = '\\^$.*+?()[]{}|/-&,#~`"\'!@%=:;<>';
  for (const sign of signs) {
    assert.equal(verdicts({ forbidden_words: [`a${sign}b`] }, `(a${sign}b)`).slice(-6), 'broken');
    assert.equal(verdicts({ forbidden_words: [`a${sign}b`] }, 'ab a_b').slice(-4), 'kept');
  }
  assert.equal(verdicts({ required_words: ['yes'] }, { yes: 1 }), 'rubric.required_words=broken');
  // A text that begins with it everywhere takes no longer than another.
  const begun = performance.now();
  const words = Array.from({ length: 8 }, (_, at) => 'a'.repeat(at + 1));
  assert.equal(verdicts({ forbidden_words: words }, 'a'.repeat(500_000)).slice(-4), 'kept');
  assert.ok(performance.now() - begun < 3000);
  // Put together of two signs or written as one, it is the same word.
  assert.equal(verdicts({ forbidden_words: ['caf\u00e9'] }, 'cafe\u0301').slice(-6), 'broken');
  const counted = { max_words: 2, min_words: 2, max_characters: 3, max_lines: 1, min_lines: 2 };
  assert.equal(
    verdicts(counted, 'a\u{1f600} b'),
    'rubric.max_characters=broken rubric.max_lines=kept rubric.max_words=kept ' +
      'rubric.min_lines=broken rubric.min_words=kept',
  );
});

test('what nobody can decide here is said to be so, and is never kept', () => {
  const open = contract(
    { tone: 'professional', passes_linter: true, max_words: 'many', contains_code: false },
    {
      ...{ max_price: { amount: '1', unit: 'USD' }, min_confidence_score: '0.9' },
      ...{ outcome_type: 'patch', deadline_epoch: '10', allowed_providers: ['did:ioi:a'] },
    },
  );
  const judged = judgeOutput(open, 'a text');
  assert.deepEqual(
    judged.map(({ entry }) => entry),
    ['rubric.contains_code'],
  );
  const all = judgeContract(open, { ...ENDED, at: 10n, judged });
  const kept = all.filter(({ verdict }) => verdict === 'kept').map(({ entry }) => entry);
  assert.deepEqual(kept, ['deadline_epoch', 'allowed_providers', 'rubric.contains_code']);
  assert.equal(all.length, 9);
  assert.equal(verdictOf(all, true), 'not_decided');
  const late = judgeContract(open, { ...ENDED, at: 11n, outcome: 'patch', judged });
  assert.equal(verdictOf(late, true), 'broken');
});

test('a contract for people to judge is of the dear tier, and none is kept for nothing', () => {
  assert.equal(tierOf({ template_id: 'tpl:a' }), '4B');
  assert.equal(tierOf(contract({})), '4B');
  assert.equal(tierOf(contract({ max_words: 3, tone: 'kind' })), '4B');
  assert.equal(tierOf(contract({ max_words: 3 })), '4A');
  assert.equal(verdictOf(judgeContract({ template_id: 'tpl:a' }, ENDED), true), 'not_decided');
});

const ENDED = { at: 1n, outcome: 'worker_result', isDelivered: true, judged: [] };

test('whatever a rubric says, all that is decided is told, and nothing else', () => {
  const names = fc.constantFrom('contains_code', 'max_words', 'required_words', 'tone', 'toString');
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  const rubrics = fc.dictionary(names, fc.oneof(scalar, fc.array(scalar)));
  fc.assert(
    fc.property(rubrics, fc.jsonValue(), (rubric, output) => {
      const own = contract(rubric);
      const judged = judgeOutput(own, output as never);
      assert.ok(isWhole(own, judged));
      assert.ok(!isWhole(own, [...judged, ...judged.slice(0, 1), { ...KEPT }]));
      const all = judgeContract(own, { ...ENDED, judged });
      const isPlain = verdictOf(all, true) === 'kept';
      assert.ok(!isPlain || tierOf(own) === '4A');
      assert.equal(all.length, Object.keys(rubric).length);
    }),
  );
});

const KEPT = { entry: 'rubric.tone', verdict: 'kept', why: '' } as const;
