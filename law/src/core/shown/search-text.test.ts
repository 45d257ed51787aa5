import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@ioi/protocol';
import { askedFor, hasWords, searchedText, sharedIds } from './search-text.ts';

const SESSION = `sha256:${'ab'.repeat(32)}`;
const CONTRACT = `sha256:${'cd'.repeat(32)}`;
const POLICY = `sha256:${'ef'.repeat(32)}`;

function entryWith(operation: string, payload: LogEntry['payload'], body: object): LogEntry {
  const receipt = { receipt_id: `receipt_${'cd'.repeat(16)}`, policy_hash: POLICY, body };
  return {
    seq: '7',
    height: '1',
    chain_time: '1800000000000',
    operation_id: `op_${'ef'.repeat(16)}`,
    operation,
    module_hash: POLICY,
    authenticated_by: { kind: 'channel' },
    payload,
    events: [{ type: 'receipt.emitted', receipt }],
  };
}

const request = {
  target: 'fs::write',
  params: { path: '/Work/Notes.txt', destination: '/Elsewhere/B', content: 'a secret text' },
  context: { agent_id: 'agent://laptop/codex', session_id: SESSION },
  nonce: '1',
};
const body = { request_hash: SESSION, verdict: { kind: 'Block' }, code: 'policy.blocked' };
const decided = entryWith(
  'boundary/action.decide',
  { request, contract_hash: CONTRACT },
  { ...body, rule_id: 'never_outside' },
);

test('an entry is looked up by verdict, target, places, rule and agent, in any case', () => {
  const text = searchedText(decided);
  for (const question of [
    ...['notes.TXT', '/elsewhere', 'fs::write', 'never_out', 'codex', 'BLOCK', 'policy.blocked'],
    ...['codex notes', 'es.t block'],
  ]) {
    assert.ok(hasWords(text, askedFor(question)!), question);
  }
  assert.ok(!hasWords(text, askedFor('notes elsewhere-not')!));
  assert.doesNotMatch(text, /secret/);
});

test('what was completed is told by its decision, and a failure by itself', () => {
  const done = { request_hash: SESSION, outcome: 'completed', satisfied: true };
  const operation = 'boundary/action.receipt';
  assert.equal(searchedText(entryWith(operation, {}, done)), '');
  const failed = { ...done, outcome: 'failed_before_effect', detail: 'No space' };
  assert.match(searchedText(entryWith(operation, {}, failed)), /^no space$/m);
});

test('ids of many acts are those of the session, the contract and the policy', () => {
  assert.deepEqual(sharedIds(decided), [SESSION, CONTRACT, POLICY]);
});

test('a question is words, and an id or a position where it is one word', () => {
  assert.deepEqual(askedFor('17')?.seq, 17);
  assert.deepEqual(askedFor('ABCDEF12')?.ids.slice(0, 2), ['sha256:abcdef12', 'receipt_abcdef12']);
  assert.deepEqual(askedFor('agent://laptop')?.ids, ['agent://laptop']);
  assert.deepEqual(askedFor('two words')?.ids, []);
  assert.deepEqual(askedFor('to notes')?.indexed, ['notes']);
  assert.deepEqual(askedFor('to notes')?.words, ['to', 'notes']);
});

test('what holds no word of three letters, and no position, is no question', () => {
  for (const question of ['', '  ', 'ab', 'a b', '\0', '\u{1f600}']) {
    assert.equal(askedFor(question), undefined, question);
  }
});
