import assert from 'node:assert/strict';
import { test } from 'node:test';
import { approvalNotice, goesOn, isPatience, patienceMs } from './waiting.ts';

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
  assert.equal(patienceMs(proposer({}, 'gemini-cli-mcp-client'), undefined), 240_000);
  const told = { x: 1, 'gemini-cli-mcp-client': 2, '*': 3 };
  const names = ['x', 'gemini-cli-mcp-client', 'mcp-inspector', 'constructor'];
  assert.deepEqual(
    names.map((name) => patienceMs(proposer({}, name), told)),
    [1, 2, 8_000, 3],
  );
  assert.equal(patienceMs(proposer({}, 'constructor'), undefined), 45_000);
  assert.equal(patienceMs({ capabilities: {} }, undefined), 45_000);
});

test('a patience is a time, or a time for each name', () => {
  for (const good of [0, 5, {}, { '*': 1, 'claude-code': 120_000 }]) assert.ok(isPatience(good));
  for (const bad of [-1, 1.5, '5', null, [1], { a: '1' }, { a: -1 }]) assert.ok(!isPatience(bad));
});
