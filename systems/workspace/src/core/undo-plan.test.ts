import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changesBetween } from './changes.ts';
import type { Tree, TreeEntry } from './tree.ts';
import { undoPlan } from './undo-plan.ts';

const FOLDER: TreeEntry = { kind: 'folder', mode: 0o755 };
const file = (digest: string): TreeEntry => {
  return { kind: 'file', mode: 0o644, size: 1, stamp: `stamp ${digest}`, digest };
};
const large = (stamp: string): TreeEntry => ({ kind: 'left', why: 'large', stamp });
const tree = (entries: Record<string, TreeEntry>): Tree => new Map(Object.entries(entries));
const planned = (before: Tree, after: Tree, now: Tree, force = false) => {
  const { steps, conflicts, lost } = undoPlan(changesBetween(before, after), now, force);
  return { steps: steps.map(({ path }) => path), conflicts, lost };
};

test('what was added goes, what was removed comes back, folders around what they hold', () => {
  const before = tree({ a: file('1'), old: FOLDER, 'old/b': file('2') });
  const after = tree({ a: file('3'), new: FOLDER, 'new/c': file('4') });
  assert.deepEqual(planned(before, after, after), {
    steps: ['new/c', 'new', 'old', 'a', 'old/b'],
    conflicts: [],
    lost: [],
  });
});

test('what was changed again stays, unless it is to go all the same', () => {
  const before = tree({ a: file('1'), b: file('1') });
  const after = tree({ a: file('2'), b: file('2') });
  const now = tree({ a: file('3'), b: file('2') });
  assert.deepEqual(planned(before, after, now), { steps: ['b'], conflicts: ['a'], lost: [] });
  assert.deepEqual(planned(before, after, now, true).steps, ['a', 'b']);
});

test('what stands as it was before is not touched', () => {
  const before = tree({ a: file('1') });
  assert.deepEqual(planned(before, tree({ a: file('2') }), before).steps, []);
});

test('a folder in which something else lies now stays, and so does what has no folder', () => {
  const added = tree({ new: FOLDER, 'new/a': file('1') });
  const more = tree({ new: FOLDER, 'new/a': file('1'), 'new/mine': file('2') });
  assert.deepEqual(planned(tree({}), added, more), {
    steps: ['new/a'],
    conflicts: ['new'],
    lost: [],
  });
  const before = tree({ x: FOLDER, 'x/a': file('1') });
  const now = tree({ x: { kind: 'link', target: '/etc' } });
  assert.deepEqual(planned(before, tree({ x: FOLDER }), now), {
    steps: [],
    conflicts: ['x/a'],
    lost: [],
  });
});

test('what was not kept is neither put back nor removed', () => {
  const before = tree({ big: large('1') });
  const after = tree({ big: large('2'), made: FOLDER, 'made/big': large('3') });
  assert.deepEqual(planned(before, after, after), {
    steps: [],
    conflicts: [],
    lost: ['big', 'made/big'],
  });
});

const names = fc.constantFrom('a', 'b', 'a/x', 'a/y', 'b/x', 'a/x/deep');
const someTree = fc.dictionary(names, fc.constantFrom('1', '2', 'folder')).map((entries) => {
  const found = Object.entries(entries).sort(([one], [other]) => (one < other ? -1 : 1));
  const made = new Map<string, TreeEntry>();
  for (const [path, what] of found) {
    const above = path.split('/').slice(0, -1);
    const parents = above.map((_, at) => above.slice(0, at + 1).join('/'));
    if (parents.some((each) => made.has(each) && made.get(each)?.kind !== 'folder')) continue;
    for (const each of parents) made.set(each, FOLDER);
    made.set(path, what === 'folder' ? FOLDER : file(what));
  }
  return made;
});

test('steps done one by one lead from what stands there to what stood there before', () => {
  const property = fc.property(someTree, someTree, (before, after) => {
    const now = new Map<string, TreeEntry>(after);
    for (const { path, to } of undoPlan(changesBetween(before, after), after, false).steps) {
      const isFull = [...now.keys()].some((each) => each.startsWith(`${path}/`));
      if (to?.kind !== 'folder') assert.ok(!isFull, `${path} is empty when it goes`);
      const parent = path.split('/').slice(0, -1).join('/');
      assert.ok(parent === '' || now.get(parent)?.kind === 'folder', `${path} lies in a folder`);
      if (to === undefined) now.delete(path);
      else now.set(path, to);
    }
    assert.deepEqual([...now].sort(), [...before].sort());
  });
  fc.assert(property);
});
