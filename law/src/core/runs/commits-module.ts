import { assert, err, ok } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import {
  type HeadKey,
  isRecordCommits,
  type Module,
  type NamedOperation,
  type Operation,
  type RecordCommits,
} from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';

const COMMITS = 'commits';
const VERSION = '1';

export const RECORD_COMMITS_OPERATION = `${COMMITS}/record`;

/** Commits that came into a repository while a program could write it. */
export type CommitEvent = { readonly type: 'commits.recorded'; readonly record: RecordCommits };

/** Of one commit: the run in which it was first seen. */
export type CommitHead = Pick<RecordCommits, 'run_id' | 'repository'> & {
  /** Of the log, that tells of it. */
  readonly entry: string;
};

export const commitKey = (commit: string): HeadKey => ({ headClass: 'commit', id: commit });

/** A module of its own, so that logs which began without it go on. */
export function commitsModule(): Module<CommitEvent> {
  const operations = { record: recordCommits as unknown as NamedOperation<CommitEvent> };
  const manifest = { name: COMMITS, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: COMMITS,
    version: VERSION,
    moduleHash: moduleHash.value,
    classes: { commit: { limit: undefined } },
    operations,
    touches: ({ record }) => record.commits.map(({ commit }) => commitKey(commit)),
    evolve: (view, { record }, { seq }) => {
      const { run_id, repository, commits } = record;
      const value = { run_id, repository, entry: String(seq) } satisfies CommitHead;
      // Who brought it first is not told otherwise by who fetched it later.
      const fresh = commits.filter(({ commit }) => view.get(commitKey(commit)) === undefined);
      return fresh.map(({ commit }) => ({ key: commitKey(commit), value }));
    },
  };
}

const recordCommits: Operation<RecordCommits, CommitEvent> = {
  authors: ['channel'],
  accepts: isRecordCommits,
  reads: () => [keys.node],
  needs: () => [],
  decide: (record, { view }) => {
    if (!view.get(keys.node)) {
      return err({ code: 'node.no_genesis', message: 'the log has no genesis' });
    }
    const names = new Set(record.commits.map(({ commit }) => commit));
    if (names.size < record.commits.length) {
      return err({ code: 'commits.twice', message: 'it names a commit twice' });
    }
    return ok([{ type: 'commits.recorded', record }]);
  },
};
