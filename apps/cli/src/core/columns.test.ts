import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tabbed, table } from './columns.ts';

const columns = [
  { title: 'ONE', most: 6 },
  { title: 'TWO', most: 4 },
];

test('cells are aligned, bounded and safe', () => {
  const lines = table(columns, [
    ['a', 'b'],
    ['longer than six', '\u001b[2J'],
  ]);
  assert.deepEqual(lines, ['ONE     TWO', 'a       b', 'longe…  \\u{…']);
});

test('a cell for scripts holds neither a tab nor a line end of its own', () => {
  assert.deepEqual(tabbed([['a\tb', 'c\nd']]), ['a\\tb\tc\\nd']);
});
