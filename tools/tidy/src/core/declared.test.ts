import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUp, spoken } from '../testing/made-up.ts';
import { importsAreDeclared } from './declared.ts';

const PACKAGES = {
  'ground/canon': {
    dependencies: { '@noble/hashes': '1.0.0' },
    devDependencies: { peer: '1.0.0' },
    imports: { '#platform': './src/platform/node.ts' },
  },
};

function findingsFor(path: string, text: string): string[] {
  const root = JSON.stringify({ devDependencies: { 'fast-check': '1.0.0' } });
  const project = madeUp({ [`ground/canon/src/${path}`]: text, 'package.json': root }, PACKAGES);
  return importsAreDeclared(project).map(({ says }) => says);
}

test('what is declared may be imported', () => {
  const text = `
    import { sha256 } from '@noble/hashes/sha2.js';
    import { self } from '@ioi/canon';
    import { readFileSync } from 'node:fs';
    import { encode } from '#platform';
    import type { Peer } from 'peer';
    import './beside.ts';
    import '../platform/node.ts';
    new URL('../../../../README.md', import.meta.url);`;
  assert.deepEqual(findingsFor('core/a.ts', text), []);
});

test('an undeclared package, platform name or path outside is found', () => {
  const text = `
    import 'left-pad/index.js';
    import '@noble/curves/abstract.js';
    import '#missing';
    import '../../../basis/src/core/index.ts';
    import '../../canon.ts';`;
  assert.deepEqual(findingsFor('core/a.ts', text), [
    'left-pad is not a run-time dependency in ground/canon/package.json',
    '@noble/curves is not a run-time dependency in ground/canon/package.json',
    '#missing is not in the "imports" of ground/canon/package.json',
    '../../../basis/src/core/index.ts leaves the package',
  ]);
});

test('a development dependency serves tests and types, not run-time code', () => {
  const text = "import { peer } from 'peer';\nimport fc from 'fast-check';\n";
  assert.deepEqual(findingsFor('core/a.test.ts', text), []);
  assert.deepEqual(findingsFor('testing/a.ts', text), []);
  assert.deepEqual(findingsFor('platform/browser.ts', text), []);
  assert.equal(findingsFor('core/a.ts', text).length, 2);
  assert.deepEqual(findingsFor('core/a.ts', "import { type Peer } from 'peer';"), [
    'peer is not a run-time dependency in ground/canon/package.json',
  ]);
});

test('a name that every object has is not a declared dependency', () => {
  assert.equal(findingsFor('core/a.ts', "import 'constructor';").length, 1);
  const project = madeUp({}, PACKAGES);
  assert.deepEqual(spoken(importsAreDeclared(project)), []);
});
