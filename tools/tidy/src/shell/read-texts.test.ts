import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ignoredBy, readTexts } from './read-texts.ts';

test('reads every file but the ignored and the hidden, and nothing from binary ones', (context) => {
  const root = mkdtempSync(join(tmpdir(), 'ioi-tidy-'));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const ignored = ['node_modules/a.js', 'law/node_modules/b.js', 'lib/c.js', 'law/d.log'];
  const hidden = ['.git', '.cache/e', 'law/.cache/f'];
  const read = ['law/lib/g.ts', '.ci/run', '.npmrc'];
  for (const path of [...ignored, ...hidden, ...read]) put(path, 'text');
  put('law/picture.png', 'a\0b');
  put('.gitignore', '# built\nnode_modules/\n/lib/\n*.log\n');
  const texts = readTexts(root);
  const expected = ['.gitignore', 'law/picture.png', ...read];
  assert.deepEqual([...texts.keys()].sort(), expected.sort());
  assert.equal(texts.get('law/picture.png'), '');
  assert.equal(texts.get('.ci/run'), 'text');
});

test('a .gitignore line it does not understand is an error, not a gap', () => {
  assert.throws(() => ignoredBy('!keep.log'), /keep\.log/);
  assert.throws(() => ignoredBy('a/**/b'), /cannot read/);
});
