import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PendingItem } from './desk.ts';
import { pageItem } from './page-view.ts';

function shown(content: string) {
  const item = {
    request_hash: 'sha256:0',
    request: { target: 'fs::write', params: { content }, context: { agent_id: 'agent://a' } },
    contract: { server: 'files', tool: 'write', effect: 'idempotent', risk_class: 'low' },
    receipt: {},
    facts: {},
    expires: '0',
  } as unknown as PendingItem;
  const standing = { needs: { factors: 1, out_of_band: false }, signed: [] };
  return pageItem(item, { content: () => undefined, rules: undefined, others: [], standing });
}

test('what an agent writes is shown written out, and warned of where it would deceive', () => {
  const { params, warnings } = shown('a\u202eb\u200b p\u0430ypal');
  assert.deepEqual(params[0]?.lines[0]?.text, 'a\\u{202e}b\\u{200b} p\u0430ypal');
  assert.match(warnings[0] ?? '', /would not be seen/);
  assert.match(warnings[1] ?? '', /look alike: p\\u\{430\}ypal$/);
  assert.deepEqual(shown('plain words').warnings, []);
});

test('a huge text costs no more than its beginning, and its warnings stay short', () => {
  for (const piece of ['\u0430a', '\u202e', 'a\u200b', '\u0430b ', '\n']) {
    const { params, warnings } = shown(piece.repeat(500_000));
    assert.match(warnings.at(-1) ?? '', /only the first of its [0-9]+ characters/);
    assert.ok(warnings.every((each) => each.length < 1000));
    assert.ok((params[0]?.lines.length ?? 0) <= 401);
  }
  const words = Array.from({ length: 9_000 }, (_, at) => `\u0430a${at}`);
  assert.ok(shown(words.join(' ')).warnings.length < 25);
});
