import { join } from 'node:path';
import { canonicalJson, type Digest, digestBytes } from '@ioi/canon';
import { isExecutedLater } from '@ioi/law';
import type { ChangeSet, Rejection } from '@ioi/protocol';
import { changeSetOf, mergedPaths, textOf } from '@ioi/workspace';
import {
  checkMerge,
  diffOf,
  type FolderMerge,
  isRunning,
  type MergeOutcome,
  merge,
  mergeRefusal,
  overlayState,
  type RunRecord,
  RunStore,
  settleMerge,
} from '@ioi/workspace/shell';

export type MergeJob =
  | {
      readonly kind: 'copy';
      readonly run: string;
      readonly root: string;
      readonly name: string;
      readonly salt: string;
    }
  /** Copies for workflows that a stop of the node left as they were. */
  | { readonly kind: 'left' }
  | { readonly kind: 'take_up'; readonly run: string }
  /** Nobody works on the copy any more; what was changed waits, or is of no use. */
  | { readonly kind: 'finish'; readonly run: string; readonly isDropped: boolean }
  | { readonly kind: 'describe'; readonly run: string }
  | {
      readonly kind: 'merge';
      readonly run: string;
      readonly mergeId: string;
      /** What was sealed; of anything else nothing is merged. */
      readonly changeSet: string;
    }
  | { readonly kind: 'settle'; readonly mergeId: string };

/** What is asked for, and why it cannot be now. */
export type Described = {
  readonly runId: string;
  /** Last part of the agent id it ran under. */
  readonly name: string;
  readonly roots: readonly string[];
  readonly paths: readonly string[];
  readonly executedLater: readonly string[];
  readonly summary: string;
  readonly changeSet: Digest;
  /** The ChangeSet, in its canonical form. */
  readonly changes: string;
  readonly diff: string;
  readonly refusal?: Rejection;
};

export type MergeAnswer =
  | { readonly kind: 'described'; readonly described: Described }
  | { readonly kind: 'refused'; readonly refusal: Rejection }
  | { readonly kind: 'copied'; readonly at: string }
  | { readonly kind: 'finished' }
  | { readonly kind: 'left'; readonly runs: readonly string[] }
  | { readonly kind: 'ended'; readonly outcome: MergeOutcome };

/** What an approver reads at once; the rest is in the change set, and with `ioi runs show`. */
const MOST_DIFF = 200_000;
const MOST_NAMED = 50;
/** More have no place in a request, however short they are. */
const MOST_PATHS = 2000;
const TOO_MUCH = { code: 'merge.too_much', why: `it changed more than ${MOST_PATHS} paths` };

/** One job about the changes of a run, in a thread: folders are read and written whole. */
export function doMergeJob(folder: string, job: MergeJob): MergeAnswer {
  const store = new RunStore(folder);
  try {
    if (job.kind === 'copy') return copied(store, job);
    if (job.kind === 'left') return { kind: 'left', runs: leftOf(store) };
    if (job.kind === 'take_up') {
      store.takeUp(job.run);
      return { kind: 'finished' };
    }
    if (job.kind === 'finish') return finished(store, job);
    if (job.kind === 'settle') return { kind: 'ended', outcome: settleMerge(store, job.mergeId) };
    const found = findWaiting(store, job.run);
    if ('refusal' in found) return { kind: 'refused', ...found };
    const { record, salt, name } = found;
    const changes = textOfChanges(store, record, salt);
    if (job.kind === 'describe') {
      return { kind: 'described', described: describe(store, record, { name, changes }) };
    }
    if (digestBytes(changes) !== job.changeSet) {
      return notMerged('merge.other_changes', 'what was sealed are other changes');
    }
    return { kind: 'ended', outcome: merge(store, record, job.mergeId) };
  } finally {
    store.close();
  }
}

/** Of a folder they are its own, as for any run on a copy. */
const APART = ['.git', '.envrc', '.vscode', '.idea'];

const OURS = ['ioi', 'workflow', 'run'];

function leftOf(store: RunStore): readonly string[] {
  return store.list().flatMap((record) => {
    const { run_id, overlay, ended, command } = record;
    const isOurs = overlay !== undefined && OURS.every((word, at) => command[at] === word);
    return isOurs && ended === undefined && !isRunning(record) ? [run_id] : [];
  });
}

function copied(store: RunStore, job: Extract<MergeJob, { readonly kind: 'copy' }>): MergeAnswer {
  const { run: run_id, root, name, salt } = job;
  const apart = APART.map((each) => join(root, each));
  const about = { run_id, kind: 'run', command: [...OURS, name] } as const;
  const overlay = { name, salt };
  const { folders } = store.begin({ ...about, roots: [root], apart, overlay, of: undefined });
  return { kind: 'copied', at: folders[0]?.at ?? root };
}

function finished(
  store: RunStore,
  { run, isDropped }: Extract<MergeJob, { readonly kind: 'finish' }>,
): MergeAnswer {
  const found = store.find(run);
  if (found === undefined) return { kind: 'finished' };
  const ended = store.end(found);
  if (isDropped && ended.overlay !== undefined) store.discard(ended, ended.overlay);
  return { kind: 'finished' };
}

function notMerged(code: string, why: string): MergeAnswer {
  return { kind: 'ended', outcome: { kind: 'not_merged', code, why } };
}

type Waiting = { readonly record: RunRecord; readonly salt: string; readonly name: string };

function findWaiting(store: RunStore, run: string): Waiting | { readonly refusal: Rejection } {
  const found = store.find(run);
  const refuse = (code: string, message: string) => ({ refusal: { code, message } });
  if (found === undefined) return refuse('run.unknown', `no run is ${run}`);
  const { overlay } = found;
  if (overlay === undefined) return refuse('run.no_overlay', `${run} worked on the folder itself`);
  if (isRunning(found)) return refuse('run.running', `${run} still runs; end it first`);
  const record = found.ended === undefined ? store.end(found) : found;
  const state = overlayState(record, store.list());
  if (state !== 'waiting') return refuse('run.nothing_waits', `what ${run} changed is ${state}`);
  return { record, salt: overlay.salt, name: overlay.name };
}

function textOfChanges(store: RunStore, { run_id, folders }: RunRecord, salt: string): string {
  const seen = folders.map((each) => ({ root: each.root, changes: store.changesIn(each) ?? [] }));
  const set: ChangeSet = changeSetOf({ run_id, salt }, seen);
  const text = canonicalJson(set);
  if (!text.ok) throw new Error(`a change set has no canonical form: ${text.error.message}`);
  return text.value;
}

type About = { readonly name: string; readonly changes: string };

function describe(store: RunStore, record: RunRecord, { name, changes }: About): Described {
  const folders = checkMerge(store, record);
  const found = record.folders.flatMap((each) => {
    const { lost = [] } = folders.find(({ root }) => root === each.root) ?? {};
    const inRepository = store.inRepository(each);
    return mergedPaths(store.changesIn(each) ?? [], lost).map((path) => {
      const place = `${each.root}/${textOf(path)}`;
      return { place, isLater: inRepository(path) || isExecutedLater(place) };
    });
  });
  const paths = found.map(({ place }) => place);
  const later = found.filter(({ isLater }) => isLater).map(({ place }) => place);
  const isTooMuch = paths.length > MOST_PATHS;
  const refusal = isTooMuch ? TOO_MUCH : mergeRefusal(folders);
  const more = later.length > MOST_NAMED ? [`${later.length - MOST_NAMED} more`] : [];
  return {
    runId: record.run_id,
    name,
    roots: record.folders.map(({ root }) => root),
    paths,
    executedLater: [...later.slice(0, MOST_NAMED), ...more],
    summary: summaryOf(store, record, folders),
    changeSet: digestBytes(changes),
    changes,
    diff: isTooMuch ? '' : shortened(diffOf(store, record, MOST_DIFF).join('\n')),
    ...(refusal === undefined ? nothingIn(paths) : refused(refusal.code, refusal.why)),
  };
}

function nothingIn(paths: readonly string[]) {
  return paths.length > 0 ? {} : refused('run.nothing_waits', 'nothing of it can be merged');
}

function refused(code: string, message: string): { readonly refusal: Rejection } {
  return { refusal: { code, message } };
}

function summaryOf(store: RunStore, record: RunRecord, folders: readonly FolderMerge[]): string {
  const changes = record.folders.flatMap((each) => store.changesIn(each) ?? []);
  const counts = (['added', 'changed', 'removed'] as const).map(
    (how) => `${changes.filter((each) => each.how === how).length} ${how}`,
  );
  const lost = folders.reduce((sum, each) => sum + each.lost.length, 0);
  return [...counts, ...(lost === 0 ? [] : [`${lost} of them stay behind, not kept`])].join(', ');
}

function shortened(text: string): string {
  if (text.length <= MOST_DIFF) return text.toWellFormed();
  const most = text.slice(0, MOST_DIFF).toWellFormed();
  return `${most}\n… cut here; ioi runs show --diff has the rest`;
}
