import type { RunRecord } from './run-store.ts';

/**
 * Whether a run's changes were put back, and that not undone in its turn. An undo that was cut
 * short is none: it is there to be done again.
 */
export function isUndone(
  { run_id }: Pick<RunRecord, 'run_id'>,
  records: readonly RunRecord[],
): boolean {
  const undos = records.filter(({ of, ended }) => of === run_id && ended !== undefined);
  return undos.some((each) => !isUndone(each, records));
}
