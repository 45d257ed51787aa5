import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { completeLock, type Lock, missingRows } from './complete-lock.ts';

test('the lock file names every platform package', () => {
  const url = new URL('../../../../package-lock.json', import.meta.url);
  const lock = JSON.parse(readFileSync(url, 'utf8')) as Lock;
  assert.deepEqual([...missingRows(lock).keys()], [], 'run `npm run lock`');
});

test('a missing row says for which machine it is', () => {
  const optionalDependencies = {
    '@x/cli-darwin-arm64': '1.0.0',
    '@x/binding-linux-arm-gnueabihf': '1.0.0',
    '@x/binding-linux-x64-musl': '1.0.0',
    '@x/binding-wasm32-wasi': '1.0.0',
    '@x/there': '1.0.0',
  };
  const packages = {
    'node_modules/x': { dev: true, optionalDependencies },
    'node_modules/@x/there': { version: '1.0.0' },
  };
  const rows = completeLock({ packages }).packages;
  const base = { version: '1.0.0', dev: true, optional: true };
  assert.deepEqual(rows['node_modules/@x/cli-darwin-arm64'], {
    ...base,
    cpu: ['arm64'],
    os: ['darwin'],
  });
  assert.deepEqual(rows['node_modules/@x/binding-linux-arm-gnueabihf'], {
    ...base,
    cpu: ['arm'],
    libc: ['glibc'],
    os: ['linux'],
  });
  assert.deepEqual(rows['node_modules/@x/binding-linux-x64-musl']?.libc, ['musl']);
  assert.deepEqual(rows['node_modules/@x/binding-wasm32-wasi'], { ...base, cpu: ['wasm32'] });
  assert.deepEqual([...missingRows({ packages: rows }).keys()], []);
});

test('a name that says no machine is refused', () => {
  const packages = { 'node_modules/x': { optionalDependencies: { '@x/mystery': '1.0.0' } } };
  assert.throws(() => missingRows({ packages }), /for which machine/);
});
