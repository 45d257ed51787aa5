import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { OpenFolder, openParent, withParent } from './open-folder.ts';

let top = '';
const at = (...names: readonly string[]): string => join(top, ...names);

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-folders-')));
  mkdirSync(at('inside', 'deep'), { recursive: true });
  mkdirSync(at('outside', 'deep'), { recursive: true });
  writeFileSync(at('inside', 'deep', 'file'), 'inside');
  writeFileSync(at('outside', 'deep', 'file'), 'outside');
});

afterEach(() => rmSync(top, { recursive: true }));

function swap(): void {
  renameSync(at('inside'), at('moved'));
  symlinkSync(at('outside'), at('inside'));
}

const refused = (code: string) => (fault: unknown) =>
  (fault as NodeJS.ErrnoException).code === code;

test('a folder swapped for a link leads nowhere, before and after it is opened', () => {
  const { folder, name } = openParent(at('inside'), 'deep/file');
  swap();
  assert.equal(readFileSync(folder.place(name), 'utf8'), 'inside');
  assert.deepEqual(folder.names(9), ['file']);
  folder.close();
  assert.throws(() => OpenFolder.at(at('inside')));
  // The link is further up by now: it is a folder, and another one.
  assert.throws(() => OpenFolder.at(at('inside', 'deep')), refused('ELOOP'));
  symlinkSync(at('outside', 'deep'), at('moved', 'linked'));
  assert.throws(() => withParent(at('moved'), 'linked/file', () => 'reached'));
});

test('a path that leads out is refused', () => {
  for (const path of ['../outside/deep/file', 'deep/../../outside/deep/file', '..']) {
    assert.throws(() => withParent(at('inside'), path, () => 'reached'), refused('EINVAL'));
  }
  assert.equal(
    withParent(at('inside'), 'deep/file', (_, name) => name),
    'file',
  );
});
