import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actLines } from './act-lines.ts';

test('an act is shown to its end, however many lines and columns it has', () => {
  const content = `${'x\n'.repeat(9_000)}the end`;
  const many = Array.from({ length: 90 }, (_, at) => `line ${at}`);
  const lines = actLines({ target: 'fs::write', params: { path: '/w/a', content, many } }, 'hash');
  const shown = lines.map((line) => line.replace('  │ ', '')).join('');
  assert.ok(shown.includes('the end'));
  assert.ok(shown.includes('line 89'));
  assert.ok(lines.every((line) => line.length <= 100));
});
