import { join } from 'node:path';
import { digesting } from '@ioi/canon';
import { isExecutedLater } from '@ioi/law';
import type { RunLeft } from '@ioi/protocol';
import { type Change, type TreeEntry, textOf } from '@ioi/workspace';
import type { RunRecord, RunStore } from '@ioi/workspace/shell';

/**
 * What the log is told of a run: how much changed, and a commitment to each path with what stood
 * there before and after. Without the salt nobody can try whether some file was among it.
 */
export function leftBy(store: RunStore, { folders }: RunRecord, salt: string): RunLeft {
  const seen = folders.map((folder) => ({
    root: folder.root,
    changes: store.changesIn(folder),
    inRepository: store.inRepository(folder),
  }));
  const all = seen.flatMap(({ root, changes = [] }) => changes.map((each) => ({ root, ...each })));
  const later = seen.flatMap(({ root, changes = [], inRepository }) =>
    changes.filter(({ path }) => inRepository(path) || isExecutedLater(join(root, textOf(path)))),
  );
  const count = (how: Change['how']): number => all.filter((each) => each.how === how).length;
  const commitment = digesting();
  commitment.add(salt);
  for (const { root, path, how, before, after } of all) {
    commitment.add(`\n${JSON.stringify([root, path, how, said(before), said(after)])}`);
  }
  return {
    change_set: commitment.end(),
    unseen: seen.filter(({ changes }) => changes === undefined).length,
    counts: {
      added: count('added'),
      changed: count('changed'),
      removed: count('removed'),
      executed_later: later.length,
    },
  };
}

/** What a file was, whatever its stamp: another machine has others. */
function said(entry: TreeEntry | undefined): readonly unknown[] | null {
  switch (entry?.kind) {
    case undefined:
      return null;
    case 'file':
      return ['file', entry.mode, entry.digest];
    case 'folder':
      return ['folder', entry.mode];
    case 'link':
      return ['link', entry.target];
    case 'left':
      return ['left', entry.why];
  }
}
