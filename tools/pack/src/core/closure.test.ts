import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lock, shippedFolders } from './closure.ts';

const platform = { os: 'linux', cpu: 'x64', libc: 'glibc' };

test('packages are found as Node finds them, for one platform, without what serves tests', () => {
  const lock: Lock = {
    packages: {
      '': { dependencies: { a: '1' }, optionalDependencies: { n: '1', m: '1', gone: '1' } },
      'node_modules/a': { dependencies: { b: '2' }, peerDependencies: { absent: '1' } },
      'node_modules/a/node_modules/b': { dependencies: { c: '1' } },
      'node_modules/b': {},
      'node_modules/c': { optionalDependencies: { musl: '1' } },
      'node_modules/musl': { os: ['linux'], libc: ['musl'] },
      'node_modules/n': { os: 'linux', cpu: ['x64'] },
      'node_modules/m': { os: 'darwin' },
      'node_modules/test-only': {},
    },
  };
  assert.deepEqual(shippedFolders(lock, platform), [
    'node_modules/a',
    'node_modules/a/node_modules/b',
    'node_modules/c',
    'node_modules/n',
  ]);
});

test('what is asked for and not locked stops the release', () => {
  const lock: Lock = { packages: { '': { dependencies: { a: '1' } } } };
  assert.throws(() => shippedFolders(lock, platform), /asks for a, which is not locked/);
});
