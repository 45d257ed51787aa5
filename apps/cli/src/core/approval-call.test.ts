import assert from 'node:assert/strict';
import { test } from 'node:test';
import { approvalCallIn, desktopNotice } from './approval-call.ts';

const HASH = `sha256:${'ab'.repeat(32)}`;

function data(payload: object): string {
  return JSON.stringify({ actor_id: 'agent://n/mcp', payload });
}

test('a request that waits is read off its event, and nothing else is', () => {
  const call = approvalCallIn(
    'approval.requested',
    data({ request_hash: HASH, target: 'fs::write', risk_class: 'high' }),
  );
  const about = { target: 'fs::write', agent: 'agent://n/mcp', risk: 'high' };
  assert.deepEqual(call, { requestHash: HASH, ...about });
  assert.equal(approvalCallIn('tool.proposed', data({ request_hash: HASH })), undefined);
  assert.equal(approvalCallIn('approval.requested', data({ request_hash: '$(x)' })), undefined);
  assert.equal(approvalCallIn('approval.requested', '{'), undefined);
  assert.equal(approvalCallIn('approval.requested', '{"payload":null}'), undefined);
});

test('what a terminal would act on is not shown', () => {
  const call = approvalCallIn(
    'approval.requested',
    data({ request_hash: HASH, target: `\u001b]0;x\u0007${'y'.repeat(500)}` }),
  );
  assert.ok(call && !/\p{Cc}/u.test(call.target) && call.target.length < 120);
});

test('words of a request are arguments, never options or script', () => {
  const words = { title: '--hint', body: '" & (do shell script "x")' };
  const linux = desktopNotice('linux', { DISPLAY: ':0' }, words);
  assert.deepEqual(linux?.args.slice(-3), ['--', words.title, words.body]);
  const mac = desktopNotice('darwin', {}, words);
  assert.deepEqual(mac?.args.slice(-2), [words.title, words.body]);
  assert.ok(!mac?.args[1]?.includes('shell'));
  assert.equal(desktopNotice('linux', {}, words), undefined);
  assert.equal(desktopNotice('linux', { DISPLAY: ':0', IOI_NOTIFY: 'off' }, words), undefined);
});
