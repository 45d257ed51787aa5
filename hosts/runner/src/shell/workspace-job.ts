import type { UndoneFolder, WorkspaceAnswer, WorkspaceJob } from '@ioi/protocol';
import { textOf } from '@ioi/workspace';
import {
  diffOf,
  isRunning,
  isUndone,
  mergeOf,
  overlayState,
  planUndo,
  type RunRecord,
  RunStore,
  undo,
} from '@ioi/workspace/shell';
import { runFilesOf } from './run-files.ts';

type Undoing = Extract<WorkspaceJob, { kind: 'plan' | 'undo' }>;
type Refused = Extract<WorkspaceAnswer, { kind: 'refused' }>;

/** One job about what runs did to files, done to its end. */
export function answerJob(folder: string, job: WorkspaceJob): WorkspaceAnswer {
  const store = new RunStore(folder);
  try {
    if (job.kind === 'list') {
      return { kind: 'runs', runs: store.list().map((record) => runFilesOf(store, record)) };
    }
    if (job.kind === 'discard') return answerDiscard(store, job.run);
    if (job.kind !== 'show') return answerUndo(store, job);
    const record = findRun(store, job.run);
    if ('kind' in record && record.kind === 'refused') return record;
    const run = runFilesOf(store, record as RunRecord);
    if (!job.diff) return { kind: 'run', run };
    return { kind: 'run', run, diff: diffOf(store, record as RunRecord) };
  } finally {
    store.close();
  }
}

function answerUndo(store: RunStore, job: Undoing): WorkspaceAnswer {
  const found = job.run === undefined ? lastRun(store, job) : findRun(store, job.run);
  if (found.kind === 'refused') return found;
  return undoOf(store, found, job);
}

function undoOf(store: RunStore, found: RunRecord, job: Undoing): WorkspaceAnswer {
  if (found.overlay !== undefined) {
    const merge = mergeOf(found, store.list());
    if (merge !== undefined) return undoOf(store, merge, job);
    return refuse('run.not_merged', `nothing of ${found.run_id} is in the folder`);
  }
  if (isRunning(found)) return refuse('run.running', `${found.run_id} still runs; end it first`);
  const record = found.ended === undefined ? store.end(found) : found;
  const plans = planUndo(store, record, job.force);
  const run = runFilesOf(store, record);
  const planned = plans.map(({ root, steps, conflicts, lost, unseen }) => ({
    root,
    done: steps.map(({ path }) => textOf(path)),
    conflicts: conflicts.map(textOf),
    lost: lost.map(textOf),
    failed: unseen === undefined ? [] : [{ path: '.', why: unseen }],
  }));
  const isIdle = planned.every(({ done }) => done.length === 0);
  if (job.kind === 'plan' || isIdle) return { kind: 'undone', run, folders: planned };
  const { undoId, folders } = undo(store, record, job.force);
  const done = folders.map((each): UndoneFolder => {
    const { conflicts = [], lost = [] } = planned.find(({ root }) => root === each.root) ?? {};
    const failed = each.failed.map(({ path, why }) => ({ path: textOf(path) || '.', why }));
    return { root: each.root, done: each.done.map(textOf), conflicts, lost, failed };
  });
  store.prune();
  return { kind: 'undone', run, undo_id: undoId, folders: done };
}

/** What it changed is kept like that of any run from then on, and no longer offered. */
function answerDiscard(store: RunStore, run: string): WorkspaceAnswer {
  const found = findRun(store, run);
  if (found.kind === 'refused') return found;
  const { run_id, overlay } = found;
  if (isRunning(found)) return refuse('run.running', `${run_id} still runs; end it first`);
  const record = found.ended === undefined ? store.end(found) : found;
  if (overlay === undefined || overlayState(record, store.list()) !== 'waiting') {
    return refuse('run.nothing_waits', `nothing of ${run_id} waits to be merged`);
  }
  return { kind: 'run', run: runFilesOf(store, store.discard(record, overlay)) };
}

/** By its id or the beginning of it, with or without what all of them begin with. */
function findRun(store: RunStore, text: string): RunRecord | Refused {
  const records = store.list();
  const exact = records.find(({ run_id }) => run_id === text);
  if (exact !== undefined) return exact;
  const found = records.filter(({ run_id }) => {
    return run_id.startsWith(text) || run_id.slice(run_id.indexOf('_') + 1).startsWith(text);
  });
  const [only] = found;
  if (only === undefined || text === '') return refuse('run.unknown', `no run is ${text}`);
  if (found.length > 1) return refuse('run.ambiguous', `${text} begins ${found.length} runs`);
  return only;
}

function lastRun(store: RunStore, { last, folder }: Undoing): RunRecord | Refused {
  const records = store.list();
  const found = records.find(
    (record) =>
      isOf(last, record) &&
      record.folders.some(({ root }) => isAround(root, folder) || isAround(folder, root)) &&
      !isUndone(record, records) &&
      hasChanged(store, record),
  );
  const what = last === 'run' ? 'run' : 'undo';
  return (
    found ?? refuse('run.none', `no ${what} changed anything in ${folder} that is to be undone`)
  );
}

/** A run changes the folder itself, or a merge brings in what it changed. */
function isOf(last: Undoing['last'], { kind, overlay }: RunRecord): boolean {
  if (last === 'undo') return kind === 'undo';
  return kind === 'merge' || (kind === 'run' && overlay === undefined);
}

function isAround(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** What a run that did not end left is not known, and may be anything. */
function hasChanged(store: RunStore, record: RunRecord): boolean {
  if (record.ended === undefined) return true;
  return record.folders.some((each) => store.changesIn(each)?.length !== 0);
}

function refuse(code: string, message: string): Refused {
  return { kind: 'refused', code, message };
}
