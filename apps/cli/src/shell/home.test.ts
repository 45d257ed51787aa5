import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newFolder, removeFolder } from '../testing/run-ioi.ts';
import { findHome, findSockets, homeAt, isInitialised, makeSocketFolder } from './home.ts';

test('IOI_HOME wins, then XDG_DATA_HOME when absolute, then the home folder', () => {
  assert.equal(findHome({ IOI_HOME: '/a', XDG_DATA_HOME: '/b' }).folder, '/a');
  assert.equal(findHome({ XDG_DATA_HOME: '/b' }).folder, '/b/ioi');
  const fallback = findHome({ XDG_DATA_HOME: 'relative' }).folder;
  assert.ok(fallback.endsWith('/.local/share/ioi') && fallback.startsWith('/'));
  assert.equal(findHome({ IOI_HOME: '' }).folder, fallback);
});

test('sockets stay in the home while their path fits, and only the owner may enter', () => {
  const folder = newFolder();
  const home = homeAt(folder);
  const made = makeSocketFolder(home);
  assert.equal(made.folder, home.run);
  assert.deepEqual(findSockets(home), made.sockets);
  assert.equal(statSync(home.run).mode & 0o777, 0o700);
  assert.equal(isInitialised(home), false);
  removeFolder(folder);
});

test('where the path is too long for a socket, a short folder is made and found again', () => {
  const folder = newFolder();
  const home = homeAt(join(folder, 'long'.repeat(40)));
  mkdirSync(home.folder);
  const made = makeSocketFolder(home);
  assert.notEqual(made.folder, home.run);
  assert.ok(Buffer.byteLength(made.sockets.guardian) <= 100);
  assert.equal(statSync(made.folder).mode & 0o777, 0o700);
  assert.deepEqual(findSockets(home), made.sockets);
  rmSync(made.folder, { recursive: true });
  removeFolder(folder);
});
