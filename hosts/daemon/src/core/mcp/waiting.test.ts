import assert from 'node:assert/strict';
import { test } from 'node:test';
import { approvalNotice, goesOn, patienceMs } from './waiting.ts';

const proposer = (elicitation: unknown, name = 'x') => ({
  capabilities: elicitation === undefined ? {} : { elicitation },
  client: { name },
});

test('only a client that shows forms is told, and told where approvals are given', () => {
  for (const none of [undefined, null, 'form', { url: {} }]) {
    assert.equal(approvalNotice(proposer(none), 'sha256:ab'), undefined);
  }
  for (const some of [{}, { form: {} }, { form: {}, url: {} }]) {
    const notice = approvalNotice(proposer(some), 'sha256:ab');
    assert.match(JSON.stringify(notice), /ioi approve sha256:ab/);
  }
});

test('anything but a plain yes is no', () => {
  const answers = (ioi_approval: unknown) => goesOn({ ioi_approval });
  assert.equal(answers({ kind: 'result', result: { action: 'accept' } }), true);
  for (const no of [
    undefined,
    { kind: 'error' },
    { kind: 'result', result: { action: 'cancel' } },
  ]) {
    assert.equal(answers(no), false);
  }
  assert.equal(goesOn({ other: { kind: 'result', result: { action: 'accept' } } }), false);
});

test('patience is what node.json says, else what is known of the client, else short', () => {
  assert.equal(patienceMs(proposer({}), 7), 7);
  assert.equal(patienceMs(proposer({}, 'claude-code'), undefined), 240_000);
  assert.equal(patienceMs(proposer({}, 'constructor'), undefined), 45_000);
  assert.equal(patienceMs({ capabilities: {} }, undefined), 45_000);
});
