import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import type { RecordCommits } from '@ioi/protocol';
import { TestAgent, TestNode, typingPolicy } from '../../testing/index.ts';
import { type CommitHead, commitKey } from './commits-module.ts';

const NAME = 'ab'.repeat(20);
const commit = {
  ...{ commit: NAME, tree: 'cd'.repeat(20), parents: [], ref: 'refs/heads/main' },
  ...{ author: 'Ada <ada@example.org>', is_signed: false, found: 'hook' as const },
};
const record: RecordCommits = {
  run_id: `run_${'5e'.repeat(16)}`,
  agent_id: 'agent://local/test/run/sh',
  session_id: digestBytes('session'),
  repository: '.git',
  refs: [{ ref: 'refs/heads/main', old: '0'.repeat(40), new: NAME }],
  commits: [commit],
  more: 0,
};

function begun(): TestNode {
  const agent = new TestAgent(new TestNode());
  agent.begin(typingPolicy);
  return agent.node;
}

test('whoever brought a commit first stays the one who did', () => {
  const node = begun();
  node.seal(node.propose('commits/record', record));
  const head = node.view.get<CommitHead>(commitKey(NAME));
  assert.deepEqual([head?.run_id, head?.repository], [record.run_id, '.git']);
  const other = { ...record, run_id: `run_${'6f'.repeat(16)}`, repository: 'other/.git' };
  node.seal(node.propose('commits/record', other));
  assert.deepEqual(node.view.get(commitKey(NAME)), head);
});

test('what names a commit twice, or one that is none, is refused', () => {
  const node = begun();
  for (const commits of [[commit, commit], [{ ...commit, commit: 'main' }]]) {
    assert.ok(!node.tryAdmit(node.propose('commits/record', { ...record, commits })).ok);
  }
});

test('as much as whoever looks puts into one entry fits into one', () => {
  const node = begun();
  const large = { ...commit, ref: '\u0001'.repeat(512), author: '\u0001'.repeat(128) };
  const commits = Array.from({ length: 6 }, (_, nth) => ({
    ...large,
    commit: `0${nth}`.repeat(20),
    parents: new Array<string>(1).fill(NAME),
  }));
  assert.ok(JSON.stringify(commits).length > 24_000);
  const repository = '\u0001'.repeat(1024);
  const one = { ...record, repository, refs: [], commits };
  assert.ok(node.tryAdmit(node.propose('commits/record', one)).ok);
  const twice = {
    ...one,
    commits: [
      ...commits,
      ...commits.map((each) => ({ ...each, commit: `a${each.commit.slice(1)}` })),
    ],
  };
  assert.ok(!node.tryAdmit(node.propose('commits/record', twice)).ok);
});
