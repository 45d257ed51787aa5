import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeAway, refusal, refusedBy, tooLate, wordIn } from './hook-words.ts';

test('a no always says something that is no JSON, and how to go on', () => {
  assert.match(refusal(nodeAway('ENOENT')), /^ioi: not done: .*ioi up --detach.*\n$/);
  assert.match(refusal(tooLate(true, 300)), /ioi approve/);
  const about = { rule_id: 'no_packages', receipt_id: 'receipt_1' };
  const said = refusedBy({ kind: 'refused', code: 'policy.blocked', title: 'blocked', ...about });
  assert.match(said, /policy\.blocked, rule no_packages, receipt_1\); see: ioi why receipt_1$/);
});

test('what is no word of the node is none', () => {
  for (const odd of ['', 'null', '7', '[]', '{}', '{"kind":"allow"}', '{"kind":"refused"}']) {
    assert.equal(wordIn(odd), undefined, odd);
  }
  assert.deepEqual(wordIn('{"kind":"go","more":1}'), { kind: 'go' });
  assert.deepEqual(wordIn('{"waits":"sha256:x"}'), { waits: 'sha256:x' });
});
