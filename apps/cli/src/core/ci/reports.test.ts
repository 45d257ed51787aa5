import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@ioi/protocol';
import { type Judged, judge } from './judged.ts';
import { junitText } from './junit.ts';
import { sarifText } from './sarif.ts';

const HASH = `sha256:${'0e'.repeat(32)}`;
const HOSTILE = '/w/a"><x>&\u0000\u001b[2J\u202e\ud800.txt';

function judged(outcome: Judged['outcome']): Judged {
  return {
    outcome,
    why: 'blocked, by rule a_rule',
    target: 'fs::write',
    path: HOSTILE,
    agentId: 'agent://local/sh',
    ruleId: 'a_rule',
    digest: HASH,
    seq: '5',
    at: '1800000000000',
  };
}

/** Entries of one act: its decision, and what became of it. */
function act(hash: string, verdict: string, more: readonly object[] = []): LogEntry[] {
  const request = {
    target: 'net::fetch',
    params: { url: 'https://h.example/x?api_key=sk-SECRET#f' },
    context: { agent_id: 'agent://local/sh' },
  };
  const body = { request_hash: hash, verdict: { kind: verdict }, code: 'c', rule_id: 'a_rule' };
  const first = entry('boundary/action.decide', { request }, body);
  return [
    first,
    ...more.map((each) => entry('boundary/action.receipt', {}, { request_hash: hash, ...each })),
  ];
}

function entry(operation: string, payload: object, body: object): LogEntry {
  const receipt = { receipt_id: 'receipt_1', body };
  const events = [{ type: 'receipt.emitted', receipt }];
  const about = { seq: '5', chain_time: '1800000000000', operation, payload, events };
  return about as unknown as LogEntry;
}

test('what did not happen as it was wanted is told, each by its kind', () => {
  const done = { outcome: 'completed', satisfied: true };
  const raw_hash = HASH;
  const blocked = { verdict: { kind: 'Block' }, code: 'request.invalid' };
  const entries = [
    ...act('1', 'Allow', [done]),
    ...act('2', 'Block'),
    ...act('3', 'PendingApproval'),
    ...act('4', 'Allow', [{ outcome: 'effect_unknown' }]),
    ...act('5', 'Allow', [{ ...done, satisfied: false }]),
    ...act('6', 'Allow'),
    entry('boundary/action.refuse', { raw_hash, detail: 'web.near: no' }, blocked),
  ];
  assert.deepEqual(
    judge(entries).map(({ outcome, why }) => `${outcome}: ${why}`),
    [
      'allowed: ALLOW, by rule a_rule',
      'blocked: blocked, by rule a_rule',
      'needs_approval: needs an approval, by rule a_rule',
      'not_performed: effect unknown',
      'not_performed: contract violation',
      'not_performed: ALLOW',
      'refused: web.near: no',
    ],
  );
  assert.doesNotMatch(JSON.stringify(judge(entries)), /SECRET/);
});

test('a report of JUnit is XML whatever a path is called', () => {
  const held = { by: 'declared', declared: 'container', checked: false } as const;
  const text = junitText([judged('allowed'), judged('blocked')], held);
  assert.match(text, /ioi\.isolation" value="container, declared and not checked"/);
  assert.match(text, /<testsuite name="ioi" tests="2" failures="1">/);
  assert.match(text, /timestamp="2027-01-15T08:00:00Z"/);
  assert.match(text, /<failure type="blocked" message="blocked, by rule a_rule">sha256:/);
  assert.ok(text.includes('a&quot;&gt;&lt;x&gt;&amp;\\u{0}\\u{1b}[2J\\u{202e}\\u{d800}.txt'));
  assert.doesNotMatch(text, /[^\n\x20-\x7e]/);
});

test('a report of SARIF names the rule, the request, and a file for each result', () => {
  const elsewhere = { ...judged('blocked'), path: 'https://h.example/' };
  const held = { by: 'declared', declared: 'container', checked: false } as const;
  const from = { version: '1.0.0', folder: '/w', policy: '.ioi/policy.json', isolation: held };
  const text = sarifText([judged('allowed'), judged('blocked'), elsewhere], from);
  const [{ tool, results, properties }] = JSON.parse(text).runs;
  assert.deepEqual(properties, { isolation: held });
  assert.deepEqual(tool.driver.rules, [{ id: 'a_rule' }]);
  const [{ level, ruleIndex, locations, partialFingerprints }, other] = results;
  assert.deepEqual([results.length, level, ruleIndex], [2, 'error', 0]);
  const { uri } = locations[0].physicalLocation.artifactLocation;
  assert.match(uri, /^a%22%3E%3Cx%3E%26%00%1B%5B2J/);
  assert.equal(partialFingerprints['requestHash/v1'], HASH);
  assert.equal(other.locations[0].physicalLocation.artifactLocation.uri, '.ioi/policy.json');
});
