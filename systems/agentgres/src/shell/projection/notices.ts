import type { ProjectionCheckpoint, SubscriptionEvents } from '@ioi/protocol';
import { isMatch, keyText, objectOf, type Row, type Test } from '../../core/index.ts';
import type { ProjectionFile, RowDelta } from './projection-file.ts';
import { readMark, resumeToken } from './read-rows.ts';

/** An event for subscribers, as it goes over the wire. */
export type Notice = {
  readonly event: keyof SubscriptionEvents;
  /** A resume token; empty when there is nothing to resume. */
  readonly id: string;
  readonly data: string;
};

/** Whether a subscription ends with this. */
export function isLast({ event }: Notice): boolean {
  return event === 'fault' || event === 'dropped';
}

export function snapshotNotice(file: ProjectionFile, rows: readonly Row[]): Notice {
  const { mark, table } = file;
  const data: SubscriptionEvents['snapshot'] = {
    ...readMark(file, mark),
    rows: rows.map((row) => objectOf(row, table.columns)),
  };
  return { event: 'snapshot', id: resumeToken(file, mark), data: JSON.stringify(data) };
}

/** What changes mean under a filter, as of the file's watermark. */
export function deltaNotice(
  file: ProjectionFile,
  tests: readonly Test[],
  deltas: readonly RowDelta[],
): Notice {
  const { columns, keySize } = file.table;
  const isHere = (row: Row | undefined): row is Row => row !== undefined && isMatch(row, tests);
  const gone = deltas.filter(({ after }) => !isHere(after));
  const data: SubscriptionEvents['delta'] = {
    ...readMark(file, file.mark),
    put: deltas.flatMap(({ after }) => (isHere(after) ? [objectOf(after, columns)] : [])),
    remove: gone.map(({ key }) => objectOf(key, columns.slice(0, keySize))),
  };
  return { event: 'delta', id: resumeToken(file, file.mark), data: JSON.stringify(data) };
}

export function rebaseNotice(file: ProjectionFile, reason: string): Notice {
  const data: SubscriptionEvents['rebase'] = { reason, checkpoint: checkpointOf(file) };
  return { event: 'rebase', id: resumeToken(file, file.mark), data: JSON.stringify(data) };
}

/** What all rows are at the file's watermark. */
export function checkpointOf(file: ProjectionFile): ProjectionCheckpoint {
  const { rows, rowsDigest } = file.digest();
  const { log_root, state_root, chain_time } = readMark(file, file.mark);
  return {
    projection: file.table.definition.projection,
    definition_hash: file.table.hash,
    watermark: { seq: String(file.mark.size - 1), log_root, chain_time, state_root },
    rows,
    rows_digest: rowsDigest,
  };
}

/** Changes of one row in a run of commits, as one. */
export function mergedDeltas(deltas: readonly RowDelta[]): RowDelta[] {
  const merged = new Map<string, RowDelta>();
  for (const delta of deltas) {
    const name = keyText(delta.key);
    const earlier = merged.get(name);
    merged.set(name, earlier ? { ...earlier, after: delta.after } : delta);
  }
  return [...merged.values()];
}
