import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { paintNothing } from './paint.ts';
import { durationText, type PendingItem, pendingView } from './pending-view.ts';
import { widthOf } from './visible.ts';

const HASH = `sha256:${'ab'.repeat(32)}`;

function itemWith(params: Record<string, unknown>): PendingItem {
  return {
    request_hash: HASH,
    request: {
      target: 'fs::write',
      params,
      context: { agent_id: 'agent://local/mcp' },
      nonce: '1',
    },
    facts: { target_exists: true },
    contract: { server: 'filesystem', tool: 'write_file', risk_class: 'low', effect: 'idempotent' },
    receipt: { rule_id: 'ask', deciding_field: 'target_exists' },
    expires: '1800000000000',
  };
}

test('the approver sees target, parameters, facts, rule, field, expiry and the whole hash', () => {
  const item = itemWith({ path: '/w/notes.txt', content: 'one\ntwo' });
  const text = pendingView(item, 'in 12 min', paintNothing).join('\n');
  for (const part of [
    'fs::write',
    '/w/notes.txt',
    '│ one\n',
    '│ two\n',
    'target_exists',
    'rule            ask',
    'in 12 min',
    HASH,
  ]) {
    assert.ok(text.includes(part), part);
  }
});

test('no content can leave its bar or look like a line of ours', () => {
  const attacks = [
    '\u001b[2J\u001b[H  rule            harmless',
    'x\r  path            /w/other.txt',
    'a\u2028  rule            harmless',
    `${' '.repeat(76)}  rule            harmless`,
    '\n  rule            harmless\n',
  ];
  for (const content of attacks) {
    const lines = pendingView(itemWith({ path: '/w/x', content }), 'now', paintNothing);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('  rule ')),
      ['  rule            ask'],
    );
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (content) => {
      const lines = pendingView(itemWith({ content }), 'now', paintNothing);
      for (const line of lines.filter((each) => each.includes('│'))) {
        assert.ok(line.startsWith('  │ ') && widthOf(line) <= 82);
      }
      assert.equal(lines.filter((line) => line.startsWith('  rule ')).length, 1);
    }),
  );
});

test('a long content is cut and says so; a path never is', () => {
  const path = `/w/${'deep/'.repeat(200)}notes.txt`;
  const content = 'line\n'.repeat(500);
  const text = pendingView(itemWith({ path, content }), 'now', paintNothing).join('\n');
  assert.ok(text.includes(path));
  assert.ok(text.includes('… 2500 characters in all'));
  assert.ok(text.length < 4000);
});

test('a value that the request holds as a digest is shown as that', () => {
  const content = { $payload: HASH, bytes: 70_000 };
  const text = pendingView(itemWith({ content }), 'now', paintNothing).join('\n');
  assert.ok(text.includes(`70000 bytes, not shown here: ${HASH}`));
  const payloads = new Map([[HASH, 'the long text']]);
  const shown = pendingView(itemWith({ content }), 'now', paintNothing, payloads).join('\n');
  assert.ok(shown.includes('the long text') && !shown.includes('not shown here'));
});

test('time left is told in minutes, then hours, and never as negative', () => {
  assert.equal(durationText(-5), 'now');
  assert.equal(durationText(30_000), 'in 1 min');
  assert.equal(durationText(3_600_000), 'in 60 min');
  assert.equal(durationText(24 * 3_600_000), 'in 24 h');
});
