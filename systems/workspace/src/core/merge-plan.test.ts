import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inBareRepository } from './bare-repository.ts';
import { changesBetween } from './changes.ts';
import { leadsOut } from './leads-out.ts';
import { mergedPaths, mergePlan } from './merge-plan.ts';
import type { Tree, TreeEntry } from './tree.ts';

const ROOT = '/w';
const FOLDER: TreeEntry = { kind: 'folder', mode: 0o755 };
const file = (digest: string, mode = 0o644): TreeEntry => {
  return { kind: 'file', mode, size: 1, stamp: `stamp ${digest}`, digest };
};
const link = (target: string): TreeEntry => ({ kind: 'link', target });
const large = (stamp: string): TreeEntry => ({ kind: 'left', why: 'large', stamp });
const tree = (entries: Record<string, TreeEntry>): Tree => new Map(Object.entries(entries));
const planned = (before: Tree, after: Tree, now: Tree) =>
  mergePlan({ changes: changesBetween(before, after), after, now, root: ROOT });

test('what a copy became the folder becomes, and nothing else in it is touched', () => {
  const before = tree({ a: file('1'), old: FOLDER, 'old/b': file('2') });
  const after = tree({ a: file('3'), new: FOLDER, 'new/c': file('4') });
  const now = tree({ ...Object.fromEntries(before), mine: file('5') });
  const { steps, conflicts, refused } = planned(before, after, now);
  assert.deepEqual(
    steps.map(({ path, to }) => [path, to?.kind]),
    [
      ['old/b', undefined],
      ['old', undefined],
      ['new', 'folder'],
      ['a', 'file'],
      ['new/c', 'file'],
    ],
  );
  assert.deepEqual([conflicts, refused], [[], []]);
});

test('a path that changed since it was copied conflicts, with what it was and is', () => {
  const before = tree({ a: file('1'), b: file('1') });
  const after = tree({ a: file('2'), c: file('3') });
  const now = tree({ a: file('9'), b: file('1'), c: file('8') });
  assert.deepEqual(planned(before, after, now).conflicts, [
    { path: 'a', base: file('1'), now: file('9') },
    { path: 'c', base: undefined, now: file('8') },
  ]);
  const same = planned(before, after, tree({ a: file('2') }));
  assert.deepEqual([same.conflicts, same.steps.map(({ path }) => path)], [[], ['c']]);
});

test('what was not kept stays behind, and takes no folder with it', () => {
  const before = tree({ big: large('1'), d: FOLDER, 'd/big': large('2') });
  const after = tree({ big: file('1'), more: large('3') });
  const now = tree({ big: large('7'), d: FOLDER, 'd/big': large('8') });
  const { steps, conflicts, lost } = planned(before, after, now);
  assert.deepEqual([steps, conflicts], [[], []]);
  assert.deepEqual([...lost].sort(), ['big', 'd/big', 'more']);
});

test('what a merge comes to is its innermost paths, of many as of few', () => {
  const many = Array.from({ length: 50_000 }, (_, at) => `d/${at}`);
  const after = tree(Object.fromEntries(['d', ...many, 'e', 'big'].map((path) => [path, FOLDER])));
  const paths = mergedPaths(changesBetween(tree({}), after), ['big']);
  assert.deepEqual([...paths].sort(), [...many, 'e'].sort());
});

test('a link that leads out is refused, also by way of another', () => {
  const after = tree({
    d: FOLDER,
    'd/in': link('../a'),
    'd/root': link('/w/a'),
    'd/out': link('../../x'),
    'd/far': link('/etc/passwd'),
    'd/near': link('/work'),
    'd/by': link('far/x'),
    'd/loop': link('loop'),
    'd/none': link('nothing/here'),
    'd/tool': link('../bin'),
    a: link('.'),
    bin: { kind: 'left', why: 'installed', stamp: '1' },
  });
  const out = [...after.keys()].filter((path) => leadsOut(after, ROOT, path));
  assert.deepEqual(out, ['d/out', 'd/far', 'd/near', 'd/by', 'd/loop', 'd/tool']);
  const { refused } = planned(tree({}), after, tree({}));
  assert.deepEqual(
    refused.map(({ path }) => path),
    ['d/by', 'd/far', 'd/loop', 'd/near', 'd/out', 'd/tool'],
  );
});

test('a name that some disks take for .git is refused, and .git is not', () => {
  const odd = Buffer.from('.g\u200cit').toString('latin1');
  const names = ['.GIT', '.GIT/config', '.git', '.gitignore', 'd', `d/${odd}`];
  const after = tree(Object.fromEntries(names.map((name) => [name, FOLDER])));
  assert.deepEqual(
    planned(tree({}), after, tree({})).refused.map(({ path }) => path),
    ['.GIT', '.GIT/config', `d/${odd}`],
  );
  const behind = tree({ m: FOLDER, 'm/.GIT': large('1') });
  assert.deepEqual(planned(tree({}), behind, tree({})).refused, [], 'it stays behind');
});

test('a name that is no UTF-8 is refused, and so is a link to one', () => {
  const after = tree({
    'x\xff': FOLDER,
    'x\xff/.env': file('1'),
    l: link('a\xff'),
    'm\xc3\xa9': FOLDER,
  });
  assert.deepEqual(
    planned(tree({}), after, tree({})).refused.map(({ path }) => path),
    ['l', 'x\xff', 'x\xff/.env'],
  );
});

test('what lies in a folder that git takes for a repository is told, by what stands there', () => {
  const names = ['HEAD', 'objects', 'refs', 'config', 'hooks', 'hooks/post-checkout'];
  const inner = (folder: string) => names.map((name) => [`${folder}${name}`, file('1')]);
  const isIn = (entries: readonly unknown[][], path: string) =>
    inBareRepository(tree(Object.fromEntries(entries)))(path);
  assert.ok(isIn(inner('deep/r/'), 'deep/r/config'));
  assert.ok(isIn(inner('deep/r/'), 'deep/r/hooks/post-checkout'));
  assert.ok(isIn(inner(''), 'config'));
  assert.ok(!isIn(inner('deep/r/'), 'deep/config'));
  assert.ok(!isIn(inner('r/').slice(1), 'r/config'), 'without HEAD it is none');
  assert.ok(isIn([...inner('r/').slice(0, 1), ['r/commondir', file('2')]], 'r/config'));
});

test('a program that would run as its owner is refused, unless it was one', () => {
  const before = tree({ was: file('1', 0o4755) });
  const after = tree({ is: file('1', 0o4755), was: file('2', 0o4755), two: file('1', 0o2755) });
  assert.deepEqual(
    planned(before, after, before).refused.map(({ path }) => path),
    ['is', 'two'],
  );
});

test('where nothing changed meanwhile, the steps lead to what the copy is', () => {
  const names = ['a', 'b', 'd', 'd/a', 'd/b'];
  const entries = fc.constantFrom<TreeEntry>(file('1'), file('2'), link('a'), FOLDER);
  const trees = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), entries), {
    selector: ([path]) => path,
  });
  const fit = (given: [string, TreeEntry][]): Tree => {
    const all = tree(Object.fromEntries(given));
    const isHome = (path: string) => !path.includes('/') || all.get('d')?.kind === 'folder';
    return new Map([...all].filter(([path]) => isHome(path)));
  };
  const holds = fc.property(trees, trees, (one, other) => {
    const [before, after] = [fit(one), fit(other)];
    const { steps, conflicts } = planned(before, after, before);
    assert.deepEqual(conflicts, []);
    const stands = new Map(before);
    for (const { path, to } of steps) {
      if (to === undefined) stands.delete(path);
      else stands.set(path, to);
    }
    assert.deepEqual([...stands].sort(), [...after].sort());
  });
  fc.assert(holds, { seed: 30, numRuns: 300 });
});
