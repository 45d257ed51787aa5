import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isShowable, policyView } from './policy-page.ts';

const PLAIN = {
  policy_id: 'plain',
  policy_hash: 'sha256:1',
  observes: false,
  widening: 'narrower',
  added: [],
  removed: [],
} as const;

test('a policy is shown inert, with what it widens and what it would let pass', () => {
  assert.match(policyView(PLAIN).words, /^It tightens/);
  const shown = policyView({
    ...PLAIN,
    policy_id: 'a\u202eb',
    widening: 'undecided',
    observes: true,
    reason: 'a text \u001b[2J',
    outside: 'fs::read goes further',
    added: ['ALLOW fs::\u202eread', 'x'.repeat(10_000)],
  });
  assert.doesNotMatch(JSON.stringify(shown), /\u202e|\\u001b/);
  assert.equal(shown.policy_id, 'a\\u{202e}b');
  assert.match(shown.words, /counts as widening/);
  assert.equal(shown.warnings.length, 3);
  assert.match(shown.warnings.join(), /only observes.*cannot be put in force: fs::read/s);
  assert.ok((shown.added[1]?.length ?? 0) <= 4_000);
});

test('what a page cannot show whole is put in force there by nobody', () => {
  const long = 'x'.repeat(4_000);
  assert.ok(isShowable({ ...PLAIN, widening: 'wider', added: [long], removed: [long] }));
  assert.ok(!isShowable({ ...PLAIN, widening: 'wider', added: [`${long}x`] }));
  // Written out it is longer than it is.
  assert.ok(!isShowable({ ...PLAIN, widening: 'wider', removed: ['\u202e'.repeat(1_000)] }));
  const many = Array.from({ length: 600 }, (_, at) => `rule ${at}`);
  assert.ok(!isShowable({ ...PLAIN, widening: 'wider', added: many, removed: many }));
});
