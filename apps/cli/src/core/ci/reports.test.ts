import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToldAct } from '@ioi/law';
import { judge } from './judged.ts';
import { junitText } from './junit.ts';
import { sarifText } from './sarif.ts';

const HASH = `sha256:${'0e'.repeat(32)}`;
const HOSTILE = '/w/a"><x>&\u0000\u001b[2J\u202e\ud800.txt';

function act(word: string, more: readonly ToldAct['stages'][number][] = []): ToldAct {
  const at = '1800000000000';
  const decided = { stage: 'decided', word, seq: '5', at, ruleId: 'a_rule' } as const;
  const proposed = { stage: 'proposed', word: 'proposed', seq: '5', at } as const;
  return {
    requestHash: HASH,
    agentId: 'agent://local/sh',
    sessionId: HASH,
    target: 'fs::write',
    path: HOSTILE,
    state: 'ended',
    stages: [proposed, decided, ...more],
  };
}

const unknown = { stage: 'performed', word: 'effect_unknown', seq: '6', at: '0' } as const;
const denied = { stage: 'ended', word: 'denied', seq: '6', at: '0' } as const;

test('what was blocked, needed an approval, or was not seen to happen is told apart', () => {
  const judged = judge([
    act('ALLOW'),
    act('BLOCK'),
    act('REQUIRE_APPROVAL', [denied]),
    act('ALLOW', [unknown]),
    act('would BLOCK'),
  ]);
  assert.deepEqual(
    judged.map(({ outcome }) => outcome),
    ['allowed', 'blocked', 'needs_approval', 'not_performed', 'allowed'],
  );
  assert.equal(judged[3]?.why, 'effect unknown');
});

test('a report of JUnit is XML whatever a path is called', () => {
  const text = junitText(judge([act('ALLOW'), act('BLOCK')]));
  assert.match(text, /<testsuite name="ioi" tests="2" failures="1">/);
  assert.match(text, /timestamp="2027-01-15T08:00:00Z"/);
  assert.match(text, /<failure type="blocked" message="blocked, by rule a_rule">sha256:/);
  assert.ok(text.includes('a&quot;&gt;&lt;x&gt;&amp;\\u{0}\\u{1b}[2J\\u{202e}\\u{d800}.txt'));
  assert.doesNotMatch(text, /[^\n\x20-\x7e]/);
});

test('a report of SARIF names the rule, the file below the folder and the request', () => {
  const text = sarifText(judge([act('ALLOW'), act('BLOCK')]), { version: '1.0.0', folder: '/w' });
  const [{ tool, results }] = JSON.parse(text).runs;
  assert.deepEqual(tool.driver.rules, [{ id: 'a_rule' }]);
  assert.equal(results.length, 1);
  const [{ level, ruleIndex, locations, partialFingerprints }] = results;
  assert.deepEqual([level, ruleIndex], ['error', 0]);
  const { uri } = locations[0].physicalLocation.artifactLocation;
  assert.match(uri, /^a%22%3E%3Cx%3E%26%00%1B%5B2J/);
  assert.equal(partialFingerprints['requestHash/v1'], HASH);
});
