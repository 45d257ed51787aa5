import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  below,
  covers,
  isPattern,
  isWithin,
  type PathPattern,
  printPattern,
  readPattern,
  readRequestPath,
} from './path.ts';

function pattern(text: string): PathPattern {
  const read = readPattern(text);
  assert.ok(isPattern(read), text);
  return read;
}

/** The meaning of a pattern as an ordinary regular expression over the joined components. */
function expressionOf({ components }: PathPattern): RegExp {
  const parts = components.map((component) => {
    if (component === '**') return '(?:/[^/]+)*';
    const escaped = component.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    return `/${escaped.replaceAll('*', '[^/]*')}`;
  });
  return new RegExp(`^${parts.join('')}(?:/|$)`, 's');
}

const anyPattern = fc
  .array(fc.constantFrom('a', 'b', 'ab', '*', '**', 'a*', '*b', 'a*b', '.', ''), { maxLength: 6 })
  .map((components) => pattern(`/${components.join('/')}`));
const anyPath = fc.array(fc.constantFrom('a', 'b', 'ab', 'aab', 'c'), { maxLength: 6 });

test('a policy path has one spelling', () => {
  const cases = [
    ['/a/b/', '/a/b'],
    ['//a/./b//', '/a/b'],
    ['/a/../b', '/b'],
    ['/../..', '/'],
    ['/', '/'],
    ['a/b', './a/b'],
    ['./a/../b/', './b'],
    ['.', '.'],
    ['./', '.'],
    ['./~a', './~a'],
    ['/a/**', '/a'],
    ['/a/**/**/b/**', '/a/**/b'],
    ['/cafe\u0301', '/cafe\u0301'],
    ['/A', '/A'],
  ] as const;
  for (const [given, wanted] of cases) {
    assert.equal(printPattern(pattern(given)), wanted, given);
    assert.equal(printPattern(pattern(wanted)), wanted, wanted);
  }
});

test('a policy path without a certain meaning is refused', () => {
  for (const text of ['~', '~/x', '~bob/x', '../x', 'a/../../b', '/a/*/../b', '/a**', '/***']) {
    assert.ok(!isPattern(readPattern(text)), text);
  }
  assert.ok(!isPattern(readPattern('/a\0b')));
});

test('a request path is absolute and has no way back', () => {
  assert.deepEqual(readRequestPath('//a/./b/'), ['a', 'b']);
  assert.deepEqual(readRequestPath('/'), []);
  for (const path of ['a', './a', '', '/a/..', '/../a', '/a\0', 7, undefined, ['/a']]) {
    assert.equal(readRequestPath(path), undefined);
  }
  assert.deepEqual(below(['w', 'a'], ['w']), ['a']);
  assert.deepEqual(below(['w'], ['w']), []);
  assert.equal(below(['wa'], ['w']), undefined);
});

test('matching is by whole components', () => {
  const within = (path: string, entry: string): boolean =>
    isWithin(readRequestPath(path) ?? [], pattern(entry).components);
  assert.ok(within('/w/a/b', '/w'));
  assert.ok(!within('/wa', '/w'));
  assert.ok(within('/w', '/w'));
  assert.ok(!within('/w', '/w/*'));
  assert.ok(within('/w/.hidden/x', '/w/*'));
  assert.ok(within('/h/u/.ssh/id', '/**/.ssh'));
  assert.ok(!within('/h/u/xssh/id', '/**/.ssh'));
});

test('matching agrees with the same pattern as a regular expression', () => {
  fc.assert(
    fc.property(anyPattern, anyPath, (entry, path) => {
      const text = path.map((component) => `/${component}`).join('');
      assert.equal(isWithin(path, entry.components), expressionOf(entry).test(text));
    }),
    { numRuns: 10_000 },
  );
});

test('a covering pattern matches whatever the covered one does', () => {
  let covered = 0;
  fc.assert(
    fc.property(anyPattern, anyPattern, fc.array(anyPath, { minLength: 8 }), (a, b, paths) => {
      if (!covers(a, b)) return;
      covered += 1;
      for (const path of paths) {
        if (isWithin(path, b.components)) assert.ok(isWithin(path, a.components));
      }
    }),
    { numRuns: 5000 },
  );
  assert.ok(covered > 500);
});

test('without wildcards covering is exactly being a prefix', () => {
  fc.assert(
    fc.property(anyPath, anyPath, (a, b) => {
      const isPrefix = a.every((component, at) => b[at] === component);
      const outer = { isAbsolute: true, components: a };
      assert.equal(covers(outer, { isAbsolute: true, components: b }), isPrefix);
    }),
  );
});

test('relative and absolute entries cover only their own kind, but the root covers all', () => {
  assert.ok(!covers(pattern('/w'), pattern('./a')));
  assert.ok(!covers(pattern('.'), pattern('/w')));
  assert.ok(covers(pattern('/'), pattern('./a')));
  assert.ok(covers(pattern('.'), pattern('./a')));
});

test('a hostile pattern and path are matched in time', () => {
  const stars = pattern(`/${'**/a*/'.repeat(600)}b`);
  const path = Array.from({ length: 2000 }, () => 'aaaa');
  assert.ok(!isWithin(path, stars.components));
  const component = pattern(`/${'a*'.repeat(1500)}b`);
  assert.ok(!isWithin(['a'.repeat(4000)], component.components));
});
