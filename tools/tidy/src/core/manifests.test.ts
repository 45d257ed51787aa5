import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUp, spoken } from '../testing/made-up.ts';
import { manifestsAgree } from './manifests.ts';

const LOCK = JSON.stringify({ packages: { 'node_modules/hono': {} } });

function findingsFor(root: object, packages: Record<string, object>, lock = LOCK): string[] {
  const texts = {
    'package.json': JSON.stringify({ version: '0.1.0', ...root }),
    'package-lock.json': lock,
  };
  const versioned = Object.entries(packages).map(([folder, fields]) => {
    return [folder, { version: '0.1.0', ...fields }];
  });
  return spoken(manifestsAgree(madeUp(texts, Object.fromEntries(versioned))));
}

test('the root carries the union of what ships, at equal versions', () => {
  const law = { dependencies: { hono: '4.0.0', '@ioi/basis': '0.1.0' } };
  const tools = { dependencies: { other: '1.0.0' }, devDependencies: { more: '1.0.0' } };
  const packages = { law, 'tools/tidy': tools };
  assert.deepEqual(findingsFor({ dependencies: { hono: '4.0.0' } }, packages), []);
  assert.deepEqual(findingsFor({ dependencies: { hono: '4.0.1' } }, packages), [
    'law/package.json:0 hono is at 4.0.0, in the root at 4.0.1',
  ]);
  assert.deepEqual(findingsFor({ dependencies: { hono: '4.0.0', left: '1.0.0' } }, packages), [
    'package.json:0 no shipped package needs left',
  ]);
  assert.deepEqual(findingsFor({}, packages), [
    'law/package.json:0 hono is at 4.0.0, in the root at no version',
  ]);
});

test('a version is exact', () => {
  const tools = { devDependencies: { a: '^1.0.0', b: '*', c: '1.0.0-beta.1' } };
  assert.deepEqual(findingsFor({ optionalDependencies: { d: '>=1' } }, { 'tools/tidy': tools }), [
    'package.json:0 d is at >=1: name one exact version',
    'tools/tidy/package.json:0 a is at ^1.0.0: name one exact version',
    'tools/tidy/package.json:0 b is at *: name one exact version',
  ]);
});

test('our packages are private, ours by name, and of one version', () => {
  const odd = { name: 'law', private: false, version: '0.2.0' };
  assert.deepEqual(findingsFor({}, { law: odd }), [
    'law/package.json:0 is named law, not @ioi/…',
    'law/package.json:0 is not private',
    'law/package.json:0 has another version than the root',
  ]);
});

test('a dependency with an install script is found', () => {
  const lock = JSON.stringify({ packages: { 'node_modules/x': { hasInstallScript: true } } });
  assert.deepEqual(findingsFor({}, {}, lock), [
    'package-lock.json:0 node_modules/x runs a script when it is installed',
  ]);
});
