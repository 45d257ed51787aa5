import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { relativePath } from './paths.ts';

test('a relative path leads from the folder to the file, and says that it is relative', () => {
  const name = fc.constantFrom('a', 'b', 'src', 'core');
  const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join('/'));
  fc.assert(
    fc.property(path, path, (folder, target) => {
      const relative = relativePath(folder, `${target}/x.js`);
      assert.match(relative, /^\.{1,2}\//);
      assert.equal(posix.join(folder, relative), `${target}/x.js`);
    }),
  );
});
