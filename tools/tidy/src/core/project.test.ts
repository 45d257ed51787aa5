import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { joinPath, lineAt } from './project.ts';

test('joinPath agrees with the platform, also above the root', () => {
  const part = fc.constantFrom('..', '.', '', 'a', 'b.ts', '...');
  const path = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(path, path, (folder, relative) => {
      const expected = posix.join('.', `./${folder}`, relative).replace(/\/$/, '');
      assert.equal(joinPath(folder, relative), expected === '.' ? '' : expected);
    }),
  );
});

test('lineAt counts the line breaks before an offset', () => {
  const text = fc.array(fc.constantFrom('\n', 'x', '\r'), { maxLength: 30 });
  fc.assert(
    fc.property(text, fc.nat(30), (pieces, offset) => {
      const joined = pieces.join('');
      const at = Math.min(offset, joined.length);
      assert.equal(lineAt(joined, at), joined.slice(0, at).split('\n').length);
    }),
  );
});
