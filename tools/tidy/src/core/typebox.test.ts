import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUp, spoken } from '../testing/made-up.ts';
import { typeboxStaysInProtocol } from './typebox.ts';

const PACKAGES = {
  protocol: { exports: { '.': { default: './src/index.ts' } } },
  law: {},
};

const LOADS = "import { Type } from 'typebox';\n";

function findingsFor(texts: Record<string, string>): string[] {
  return spoken(typeboxStaysInProtocol(madeUp(texts, PACKAGES)));
}

test('declarations and the generator load the library; others take only its types', () => {
  const texts = {
    'protocol/src/index.ts': "export type { A } from './artifacts/a.ts';\n",
    'protocol/src/artifacts/a.ts': LOADS,
    'protocol/src/http/a.ts': LOADS,
    'protocol/generate/main.ts': "import 'typebox/compile';\n",
    'protocol/src/types.ts': "import type { Static } from 'typebox';\n",
    'protocol/src/a.test.ts': LOADS,
  };
  assert.deepEqual(findingsFor(texts), []);
});

test('an import outside protocol, or in its run-time code, is found', () => {
  assert.deepEqual(findingsFor({ 'law/src/a.ts': "import type { T } from 'typebox';" }), [
    'law/src/a.ts:1 only protocol imports typebox',
  ]);
  assert.deepEqual(findingsFor({ 'protocol/src/check.ts': LOADS }), [
    'protocol/src/check.ts:1 typebox may be loaded only by artifact declarations and the generator',
  ]);
});

test('a run-time path from the entry to the library is found, however long', () => {
  const texts = {
    'protocol/src/index.ts': "export * from './nouns.ts';\n",
    'protocol/src/nouns.ts': "import './index.ts';\nimport { type A } from './artifacts/a.ts';\n",
    'protocol/src/artifacts/a.ts': `\n${LOADS}`,
  };
  assert.deepEqual(findingsFor(texts), [
    'protocol/src/artifacts/a.ts:2 loaded at run time (by protocol/src/nouns.ts), ' +
      'and it loads typebox',
  ]);
});
