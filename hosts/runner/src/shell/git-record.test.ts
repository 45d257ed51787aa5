import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOf } from './git-record.ts';

const MOST_BYTES = 24_000;

test('commits and refs of the longest names are told in parts that fit into an entry', () => {
  const ref = '\u0001'.repeat(512);
  const nameOf = (nth: number): string => nth.toString(16).padStart(40, '0');
  const about = { tree: nameOf(0), parents: Array.from({ length: 16 }, () => nameOf(1)) };
  const commits = Array.from({ length: 70 }, (_, nth) => {
    return { commit: nameOf(nth), ...about, ref, author: 'Ada', is_signed: false };
  });
  const refs = commits.map(({ commit }) => ({ ref, old: nameOf(0), new: commit }));
  const parts = partsOf({ repository: '.git', refs, commits, more: 3 }, new Set([nameOf(4)]));
  for (const each of parts) {
    assert.ok(JSON.stringify([...each.refs, ...each.commits]).length < MOST_BYTES + 64);
    assert.ok(each.refs.length <= 32 && each.commits.length <= 32);
  }
  assert.deepEqual(
    parts.flatMap((each) => each.refs),
    refs,
  );
  const told = parts.flatMap((each) => each.commits);
  assert.deepEqual(
    told.map(({ commit }) => commit),
    commits.map(({ commit }) => commit),
  );
  const hooked = told.filter(({ found }) => found === 'hook').map(({ commit }) => commit);
  assert.deepEqual(hooked, [nameOf(4)]);
  assert.deepEqual(
    parts.map(({ more }) => more).filter((more) => more > 0),
    [3],
  );
});

test('a few are told together, and nothing of none', () => {
  const look = { repository: '.git', refs: [], commits: [], more: 2 };
  assert.deepEqual(partsOf(look, new Set()), [look]);
  const refs = Array.from({ length: 33 }, (_, nth) => {
    return { ref: `refs/heads/${nth}`, old: '0'.repeat(40), new: '1'.repeat(40) };
  });
  assert.deepEqual(
    partsOf({ ...look, refs }, new Set()).map((each) => each.refs.length),
    [32, 1],
  );
});
