import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SqliteStore } from '@ioi/agentgres/shell';
import type { HeadText } from '@ioi/law';
import { HeadReader } from './head-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-heads-'));
const store = new SqliteStore(folder);
store.claim();
const reader = new HeadReader(folder);
after(() => {
  reader.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const FIRST = { headClass: 'thing', id: 'first' };
let size = 0;

function changed(value: string | undefined, id = FIRST.id): HeadText {
  return { headClass: 'thing', id, value: value && JSON.stringify(value), seq: size };
}

/** The seal of what changes these is told at once; its heads are written by what is returned. */
function seal(...changes: HeadText[]): () => void {
  size += 1;
  const watermark = { size, peaks: [] };
  reader.sealed(changes, size);
  return () => store.applySealed({ changes, watermark, references: [] });
}

test('a head that was read once is the one that was sealed last, written or not', () => {
  assert.equal(reader.get(FIRST), undefined);
  const write = seal(changed('a'));
  assert.equal(reader.get(FIRST), 'a');
  write();
  assert.equal(reader.get(FIRST), 'a');
  seal(changed(undefined))();
  assert.equal(reader.get(FIRST), undefined);
  seal(changed('b'))();
  assert.equal(reader.get(FIRST), 'b');
});

test('a commit of more heads than are held leaves none of the former behind', () => {
  const many = Array.from({ length: 17_000 }, (_, at) => changed('many', `many-${at}`));
  const write = seal(changed('c'), ...many);
  // The heads file follows in a moment: what it says before that is not kept.
  reader.get(FIRST);
  reader.get({ ...FIRST, id: 'many-0' });
  write();
  assert.equal(reader.get(FIRST), 'c');
  assert.equal(reader.get({ ...FIRST, id: 'many-0' }), 'many');
  seal(changed('d'))();
  assert.equal(reader.get(FIRST), 'd');
  const all = [...reader.allOf<string>('thing')];
  assert.equal(all.length, many.length + 1);
  assert.equal(all.filter((value) => value === 'd').length, 1);
});

test('a listing has what was sealed last, written or not, in the order of ids', () => {
  const item = (id: string, value: string | undefined): HeadText => ({
    ...changed(value, id),
    headClass: 'item',
  });
  seal(item('a', 'one'), item('c', 'two'), item('e', 'three'))();
  const write = seal(item('c', undefined), item('d', 'four'), item('e', 'five'));
  const all = [
    { id: 'a', value: 'one' },
    { id: 'd', value: 'four' },
    { id: 'e', value: 'five' },
  ];
  for (const isWritten of [false, true]) {
    if (isWritten) write();
    assert.deepEqual(reader.headsOf('item', '', 10), all);
    assert.deepEqual(reader.headsOf('item', '', 2), all.slice(0, 2));
    assert.deepEqual(reader.headsAfter('item', 'a', 1), all.slice(1, 2));
    assert.deepEqual(reader.headsOf('item', 'd', 10), all.slice(1, 2));
    assert.deepEqual(reader.headsAfter('item', 'e', 10), []);
  }
});

test('classes are those of what was sealed last, written or not', () => {
  const counted = () => reader.classes().find(({ headClass }) => headClass === 'late')?.count;
  const late = (id: string, value?: string) => ({ ...changed(value, id), headClass: 'late' });
  assert.equal(counted(), undefined);
  const steps: [(readonly [id: string, value?: string])[], number | undefined][] = [
    [
      [
        ['one', 'x'],
        ['two', 'y'],
      ],
      2,
    ],
    [[['one', 'z']], 2],
    [[['two']], 1],
    [[['one']], undefined],
  ];
  for (const [changes, count] of steps) {
    const write = seal(...changes.map(([id, value]) => late(id, value)));
    assert.equal(counted(), count);
    write();
    assert.equal(counted(), count);
  }
});
