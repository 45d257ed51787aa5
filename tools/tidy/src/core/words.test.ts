import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUp } from '../testing/made-up.ts';
import { wordsAreClean } from './words.ts';

function findingsFor(text: string, path = 'docs/a.md'): number[] {
  return wordsAreClean(madeUp({ [path]: text })).map(({ line }) => line);
}

// Put together here, so that this file does not hold what is forbidden.
const FORBIDDEN = [
  ['see /wo', 'rk/main'],
  ['"/fa', 'rm/x"'],
  ['../.lib', 'rary/search'],
  ['../sha', 'red/vectors'],
  ['https://regi', 'stry.npmjs.org/x'],
  ['http://de', 'b.debian.org/x'],
  ['// TO', 'DO: later'],
  ['FIX', 'ME'],
  ['XX', 'X'],
  ['HA', 'CK around it'],
  ['this is not imple', 'mented yet'],
  ['unimple', 'mented!'],
  ['test.on', "ly('x')"],
  ['describe.sk', "ip('x')"],
  ['{ sk', 'ip: true }'],
  ['// @ts-ig', 'nore'],
].map((pieces) => pieces.join(''));

test('each forbidden word is found, with its line', () => {
  for (const text of FORBIDDEN) assert.deepEqual(findingsFor(`\n${text}\n`), [2], text);
});

test('words that only resemble a forbidden one are fine', () => {
  const text = `Network/work files live in docs/work/a and ./work/b; a hackathon, mastodon,
    test.only is a name, skipped: true, mktemp XXXXXX, implemented, shared/vectors, debian.org`;
  assert.deepEqual(findingsFor(text), []);
});

test('the one place that reads outside vectors may name their folder', () => {
  const path = ['../sha', 'red/vectors'].join('');
  assert.deepEqual(findingsFor(`// ${path}`, 'proof/conformance/src/main.ts'), []);
});

test('what others wrote is not held to it', () => {
  const path = ['https://regi', 'stry.npmjs.org/x'].join('');
  assert.deepEqual(findingsFor(path, 'package-lock.json'), []);
});
