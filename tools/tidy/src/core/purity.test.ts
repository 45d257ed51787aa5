import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUp } from '../testing/made-up.ts';
import { coreIsPure } from './purity.ts';

function findingsFor(text: string, path = 'ground/basis/src/core/a.ts'): string[] {
  return coreIsPure(madeUp({ [path]: text })).map(({ line, says }) => `${line} ${says}`);
}

test('clock, chance, environment, locale and waiting are found in a core', () => {
  const text = [
    "import { readFileSync } from 'node:fs';",
    "import { disk } from '../shell/disk.ts';",
    'const now = Date.now();',
    'const luck = Math.random();',
    "const more = Math['random'];",
    'const home = process.env.HOME;',
    'const all = globalThis;',
    'setTimeout(run, 1);',
    'names.sort((a, b) => a.localeCompare(b));',
    'const text = count.toLocaleString();',
    'async function later() { await thing; }',
    "const made = new Function('return 1');",
    'const { process: renamed } = { process };',
    "const lazy = import('node:' + name);",
  ].join('\n');
  assert.deepEqual(
    coreIsPure(madeUp({ 'hosts/daemon/src/core/a.ts': text })).map(({ line }) => line),
    [1, 2, 14, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11, 12, 13],
  );
});

test('names inside strings, comments, members and keys are no touch of the world', () => {
  const text = `
    // Date.now() and process.env are not used here.
    const text = 'Date.now()' + \`process.env\`;
    const claim = { Date: 1, process: 2 };
    const value = receipt.process + receipt.Date;
    type Shape = { process: string; readonly console: number };
    interface Port { fetch(path: string): void }
    const [first] = Math.max(1, 2) > 1 ? [1] : [2];`;
  assert.deepEqual(findingsFor(text), []);
});

test('protocol and law are cores throughout; shells, platforms and tests are not', () => {
  const text = 'export const now = Date.now();';
  assert.equal(findingsFor(text, 'law/src/host.ts').length, 1);
  assert.equal(findingsFor(text, 'protocol/src/ids.ts').length, 1);
  for (const path of [
    'law/src/host.test.ts',
    'protocol/src/generated/validators.ts',
    'ground/basis/src/platform/node.ts',
    'hosts/daemon/src/shell/clock.ts',
    'systems/firewall/src/testing/suite.ts',
  ]) {
    assert.deepEqual(findingsFor(text, path), [], path);
  }
});
