import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Beside } from '@ioi/agentgres';
import { ArtifactStore, type NewArtifact, SqliteStore, utf8Pieces } from '@ioi/agentgres/shell';
import type { Digest } from '@ioi/canon';
import type { DecideAction, LogEntry } from '@ioi/protocol';

/** What a log refers to and does not hold, as far as the node's folder before still has it. */
export function contentsFrom(before: string, after: string): ArtifactStore {
  const folder = join(before, 'artifacts');
  if (existsSync(folder)) cpSync(folder, join(after, 'artifacts'), { recursive: true });
  return new ArtifactStore(join(after, 'artifacts'), besideLogIn(before));
}

/** What a stop left beside the log, where that is embedded and can be read. */
function besideLogIn(folder: string): Beside[] {
  if (!existsSync(join(folder, 'log.db'))) return [];
  let store: SqliteStore | undefined;
  try {
    store = new SqliteStore(folder, { readOnly: true });
    return store.beside();
  } catch {
    // A log that is damaged is why one recovers: what it has beside it is lost with it.
    return [];
  } finally {
    store?.close();
  }
}

/** What was decided on, by `boundary/action.decide`, as the backup carries it. */
export function decidedOn(
  { payload, events, chain_time }: LogEntry,
  texts: ReadonlyMap<string, string>,
): NewArtifact[] {
  const { evidence = [], request } = payload as DecideAction;
  const named = events.find((event) => 'request_hash' in event) as { request_hash?: string };
  const about = {
    artifactClass: 'evidence',
    mediaType: 'text/plain',
    requestHash: named?.request_hash ?? '',
    agentId: request.context.agent_id,
    created: Number(chain_time),
  } as const;
  return evidence.flatMap((digest) => {
    const text = texts.get(digest);
    return text === undefined
      ? []
      : [{ ...about, digest: digest as Digest, content: utf8Pieces(text) }];
  });
}
