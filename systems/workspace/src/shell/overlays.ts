import type { RunRecord } from './run-store.ts';
import { isRunning } from './running.ts';
import { isUndone } from './undone.ts';

/** What became of a run that worked on a copy; undefined for any other, and while it lasts. */
export function overlayState(
  record: RunRecord,
  records: readonly RunRecord[],
): 'waiting' | 'merged' | 'discarded' | undefined {
  if (record.overlay === undefined || isRunning(record)) return undefined;
  if (mergeOf(record, records) !== undefined) return 'merged';
  return record.overlay.isDiscarded === true ? 'discarded' : 'waiting';
}

/** By which what it changed stands in the folder now. */
export function mergeOf(
  { run_id }: RunRecord,
  records: readonly RunRecord[],
): RunRecord | undefined {
  return records.find(
    ({ kind, of, ended, ...each }) =>
      kind === 'merge' && of === run_id && ended !== undefined && !isUndone(each, records),
  );
}

/** Not to be forgotten: it is nowhere but here, or is being merged. */
export function isHeld(record: RunRecord, records: readonly RunRecord[]): boolean {
  if (record.kind === 'merge') return record.ended === undefined;
  return overlayState(record, records) === 'waiting';
}
