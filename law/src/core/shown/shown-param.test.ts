import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleCoverage, shownParam } from './shown-param.ts';

test('an edit is what goes and what comes, and whatever says more than that is shown whole', () => {
  const edit = { oldText: 'a\u202e', newText: 'b\nc' };
  assert.deepEqual(shownParam('edits', [edit]).lines, [
    { kind: 'old', text: 'a\\u{202e}' },
    { kind: 'new', text: 'b' },
    { kind: 'new', text: 'c' },
  ]);
  const more = shownParam('edits', [{ ...edit, dryRun: false }]).lines;
  assert.ok(more.every(({ kind }) => kind === 'same'));
  assert.match(more.map(({ text }) => text).join('\n'), /"dryRun": false/);
});

test('what stands elsewhere is named, and a long text says that it goes on', () => {
  const $payload = `sha256:${'0'.repeat(64)}`;
  const [note] = shownParam('content', { $payload, bytes: 9 }).lines;
  assert.deepEqual(note, { kind: 'note', text: `9 bytes, not shown here: ${$payload}` });
  const { lines } = shownParam('content', 'line\n'.repeat(10_000));
  assert.ok(lines.length <= 401);
  assert.deepEqual(lines.at(-1), { kind: 'note', text: '… 50000 characters in all' });
});

test('edits without end are shown to an end, which says how many they are', () => {
  const { lines } = shownParam('edits', Array(30_000).fill({ oldText: 'a', newText: 'b' }));
  assert.equal(lines.length, 401);
  assert.deepEqual(lines.at(-1), { kind: 'note', text: '… 30000 edits in all' });
  const [old] = shownParam('edits', [{ oldText: 'a', newText: 'b\n'.repeat(10_000) }]).lines;
  assert.deepEqual(old, { kind: 'old', text: 'a' });
});

test('a rule covers its target where its conditions hold', () => {
  const rule = { rule_id: 'r', target: 'fs::*', action: 'BLOCK', conditions: {} } as const;
  assert.equal(ruleCoverage(rule), 'fs::* (BLOCK)');
  const conditions = { allow_paths: ['/a'] };
  assert.equal(ruleCoverage({ ...rule, conditions }), 'fs::* where {"allow_paths":["/a"]} (BLOCK)');
});
