import { join } from 'node:path';
import { isExecutedLater } from '@ioi/law';
import type { FileChange, RunFiles, RunRecorded, RunState } from '@ioi/protocol';
import { type Change, textOf } from '@ioi/workspace';
import {
  isRunning,
  isUndone,
  overlayState,
  type RunFolder,
  type RunRecord,
  type RunStore,
} from '@ioi/workspace/shell';

/** What a run did, in the words of the API. */
export function runFilesOf(store: RunStore, record: RunRecord): RunFiles {
  const { run_id, kind, of, command, began, ended } = record;
  const folders = record.folders.map((folder) => ({
    root: folder.root,
    changes: changesOf(store, folder),
  }));
  const recorded = record.recorded && withoutSalt(record.recorded);
  const state = stateOf(store, record);
  return { run_id, kind, of, command, began, ended, recorded, folders, state };
}

/** The salt stays here: with it what changed could be guessed. */
function withoutSalt({ seq, operation_id }: RunRecorded): RunRecorded {
  return { seq, operation_id };
}

function stateOf(store: RunStore, record: RunRecord): RunState {
  if (record.ended === undefined) return isRunning(record) ? 'running' : 'unfinished';
  const records = store.list();
  const state = overlayState(record, records);
  if (state !== undefined) return state;
  return isUndone(record, records) ? 'undone' : 'ended';
}

function changesOf(store: RunStore, folder: RunFolder): FileChange[] | undefined {
  const inRepository = store.inRepository(folder);
  return store.changesIn(folder)?.map((change) => {
    const path = textOf(change.path);
    const left = leftOut(change);
    const later = inRepository(change.path) || isExecutedLater(join(folder.root, path));
    return { path, how: change.how, later, ...(left === undefined ? {} : { left }) };
  });
}

function leftOut({ before, after }: Change): string | undefined {
  if (before?.kind === 'left') return before.why;
  return after?.kind === 'left' ? after.why : undefined;
}
