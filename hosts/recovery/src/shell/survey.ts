import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteStore } from '@ioi/agentgres/shell';
import { encodeBase64 } from '@ioi/basis';
import { type Checkpoint, parseCheckpoint, parseNote } from '@ioi/crypto';
import { SealStore } from '@ioi/guardian/shell';
import { keys, type NodeHead } from '@ioi/law';
import { Frontier } from '@ioi/merkle';
import type { BackupSurvey, LogEntry, MissingEntry, NodeFolders } from '@ioi/protocol';
import { Refused } from './refused.ts';

/** Missing entries that are named; all of them are counted. */
const MOST_NAMED = 20;
const LEAVES_PAGE = 65_536n;

/**
 * What would be lost: what the guardian here sealed beyond the backup, named from the log as far
 * as it can be read. Changes nothing.
 */
export function survey(folders: NodeFolders, note: string): BackupSurvey {
  const backup = checkpointIn(note);
  const nothing: BackupSurvey = { missing: 0, entries: [] };
  if (!existsSync(join(folders.guardian, 'guardian.db'))) return nothing;
  try {
    const here = sealedHere(folders.guardian);
    if (here === undefined) return nothing;
    const missing = Math.max(0, here.size - backup.size);
    return { here, missing, ...logHere(folders.data, backup, here.size) };
  } catch (fault) {
    return { ...nothing, unreadable: fault instanceof Error ? fault.message : String(fault) };
  }
}

function checkpointIn(note: string): Checkpoint {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!checkpoint.ok) throw new Refused('backup.invalid', checkpoint.error.message);
  return checkpoint.value;
}

function sealedHere(guardian: string): BackupSurvey['here'] {
  const seals = SealStore.open(join(guardian, 'guardian.db'));
  try {
    const row = seals.sealRow();
    const node = seals.get<NodeHead>(keys.node);
    return row && node && { node_id: node.node_id, size: row.size, epoch: String(row.epoch) };
  } finally {
    seals.close();
  }
}

/** Whether the log begins as the backup does, and the first entries that come after it. */
function logHere(
  folder: string,
  backup: Checkpoint,
  sealed: number,
): Pick<BackupSurvey, 'begins' | 'entries'> {
  if (!existsSync(join(folder, 'log.db'))) return { entries: [] };
  const store = new SqliteStore(folder, { readOnly: true });
  try {
    const begins = encodeBase64(frontierOf(store, BigInt(backup.size)).root()) === backup.root;
    const end = Math.min(sealed, backup.size + MOST_NAMED);
    const texts = store.entries(BigInt(backup.size), BigInt(Math.max(end, backup.size)));
    return { begins, entries: texts.map(({ text }) => named(JSON.parse(text) as LogEntry)) };
  } finally {
    store.close();
  }
}

/** Of the first entries of a log, as many as there are. */
export function frontierOf(store: SqliteStore, size: bigint): Frontier {
  let frontier = Frontier.empty;
  for (let from = 0n; from < size; from += LEAVES_PAGE) {
    const to = from + LEAVES_PAGE < size ? from + LEAVES_PAGE : size;
    frontier = frontier.extend(store.leaves(from, to)).frontier;
  }
  return frontier;
}

function named({ seq, chain_time, operation }: LogEntry): MissingEntry {
  return { seq, chain_time, operation };
}
