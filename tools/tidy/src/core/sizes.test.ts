import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { madeUp, spoken } from '../testing/made-up.ts';
import { sizesAreBounded } from './sizes.ts';

function findingsFor(path: string, text: string, packages = {}): string[] {
  return spoken(sizesAreBounded(madeUp({ [path]: text }, packages)));
}

const linesOf = (count: number): string => ';\n'.repeat(count);

test('a file may have 400 lines and no more', () => {
  assert.deepEqual(findingsFor('law/src/a.ts', linesOf(400)), []);
  assert.deepEqual(findingsFor('law/src/a.ts', `${linesOf(400)};`), [
    'law/src/a.ts:401 a file has 400 lines, not 401',
  ]);
  assert.deepEqual(findingsFor('law/src/generated/a.ts', linesOf(4000)), []);
});

test('a line may have 100 columns, counted in characters', () => {
  assert.deepEqual(findingsFor('law/src/a.ts', `//${'x'.repeat(98)}\n`), []);
  assert.deepEqual(findingsFor('law/src/a.ts', `//${'😀'.repeat(98)}\n`), []);
  assert.deepEqual(findingsFor('law/src/a.ts', `\n//${'x'.repeat(99)}\n`), [
    'law/src/a.ts:2 a line has 100 columns, not 101',
  ]);
});

test('a function may have 70 lines, whatever its kind', () => {
  const body = '\n'.repeat(69);
  for (const made of ['function f() {_}', 'const f = () => {_};', 'class C { m() {_} }']) {
    assert.deepEqual(findingsFor('law/src/a.ts', made.replace('_', body)), [], made);
    const long = findingsFor('law/src/a.ts', made.replace('_', `${body}\n`));
    assert.deepEqual(long, ['law/src/a.ts:1 a function has 70 lines, not 71'], made);
  }
});

test('a function takes at most 4 parameters, not counting this', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), (count) => {
      const names = Array.from({ length: count }, (_, index) => `p${index}: X`);
      const text = `export function f(${['this: X', ...names].join(', ')}): void {}\n`;
      assert.equal(findingsFor('law/src/a.ts', text).length, count > 4 ? 1 : 0);
    }),
  );
  assert.equal(findingsFor('law/src/a.ts', '(a, { b, c, d, e, f }, [g, h], ...i) => 1').length, 0);
});

test('a README has at most 60 lines and a story at most 150', () => {
  const law = { law: { ioi: { story: 'src/weigh.ts' } } };
  assert.deepEqual(findingsFor('law/src/weigh.ts', linesOf(150), law), []);
  assert.deepEqual(findingsFor('law/src/weigh.ts', linesOf(151), law), [
    'law/src/weigh.ts:151 a story has 150 lines, not 151',
  ]);
  assert.deepEqual(findingsFor('law/README.md', 'x\n'.repeat(61), { law: {} }), [
    'law/README.md:61 a README has 60 lines, not 61',
  ]);
});

test('systems and hosts name a story that exists', () => {
  assert.equal(findingsFor('README.md', '', { 'systems/firewall': {} }).length, 1);
  assert.equal(findingsFor('README.md', '', { 'hosts/daemon': { ioi: { story: 'x' } } }).length, 1);
  assert.deepEqual(findingsFor('README.md', '', { law: {} }), []);
});
