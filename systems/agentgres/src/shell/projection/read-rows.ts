import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import type { QueryAnswer, QueryRequest, ReadMark, Rejection } from '@ioi/protocol';
import type { Database } from '@ioi/sqlite';
import {
  encodeToken,
  objectOf,
  pageToken,
  type Query,
  queryOf,
  type Row,
  watermarkText,
} from '../../core/index.ts';
import { type Mark, rootText } from './commit-reader.ts';
import type { ProjectionFile } from './projection-file.ts';

/** A read of one projection as it stands, or of a snapshot of it. */
export type RowsRead = {
  readonly answer: QueryAnswer;
  readonly query: Query;
  readonly rows: readonly Row[];
};

type Pinned = {
  readonly file: ProjectionFile;
  readonly mark: Mark;
  readonly reader: Database;
  readonly openedBy: string;
  /** However often it is read: what it pins grows with the log. */
  readonly ends: number;
  expires: number;
};

const SNAPSHOTS_MAX = 32;
/** Of one reader: who opens all that it may leaves some to others. */
const SNAPSHOTS_EACH_MAX = 8;
const SNAPSHOT_MS = 60_000;
const SNAPSHOT_MAX_MS = 600_000;

/** What a position of the log is called in answers. */
export function readMark({ domain }: ProjectionFile, mark: Mark): ReadMark {
  return {
    domain_id: domain,
    watermark: watermarkText(mark.size - 1),
    log_root: rootText(mark.frontier),
    state_root: mark.stateRoot,
    chain_time: mark.chainTime,
  };
}

/** The id of everything a subscription is told, and of every answer. */
export function resumeToken({ domain, table }: ProjectionFile, mark: Mark): string {
  return encodeToken({
    domain_id: domain,
    projection: table.definition.projection,
    definition_hash: table.hash,
    seq: String(mark.size - 1),
    log_root: rootText(mark.frontier),
  });
}

/** Rejects with `query.invalid`. */
export function readRows(file: ProjectionFile, request: QueryRequest): Result<RowsRead, Rejection> {
  return readFrom({ file, mark: file.mark }, request);
}

type From = { readonly file: ProjectionFile; readonly mark: Mark; readonly reader?: Database };

function readFrom(
  { file, mark, reader }: From,
  request: QueryRequest,
): Result<RowsRead, Rejection> {
  const { table } = file;
  const query = queryOf(request, table);
  if (!query.ok) return query;
  // One more than asked for tells whether there is another page.
  const found = file.select({ ...query.value, limit: query.value.limit + 1 }, reader);
  const rows = found.slice(0, query.value.limit);
  const last = rows.at(-1);
  const hasMore = found.length > rows.length && last !== undefined;
  const answer: QueryAnswer = {
    projection: table.definition.projection,
    definition_hash: table.hash,
    consistency: request.consistency,
    ...readMark(file, mark),
    rows: rows.map((row) => objectOf(row, table.columns)),
    ...(hasMore ? { next: pageToken(last, query.value, table) } : {}),
    resume: resumeToken(file, mark),
  };
  return ok({ answer, query: query.value, rows });
}

/** Read transactions that stay at one watermark. Few, and only for a while. */
export class Snapshots {
  readonly #pinned = new Map<string, Pinned>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** For a session, or the owner. Rejects with `snapshot.too_many`, or as `readRows` does. */
  open(file: ProjectionFile, request: QueryRequest, openedBy = ''): Result<RowsRead, Rejection> {
    this.expire();
    const own = [...this.#pinned.values()].filter((each) => each.openedBy === openedBy).length;
    if (this.#pinned.size >= SNAPSHOTS_MAX || own >= SNAPSHOTS_EACH_MAX) {
      const message = `${this.#pinned.size} snapshots are open, ${own} of yours; they end`;
      return err({ code: 'snapshot.too_many', message: `${message} by themselves` });
    }
    const { mark } = file;
    const read = readFrom({ file, mark }, request);
    if (!read.ok) return read;
    const handle = `snap_${randomBytes(16).toString('hex')}`;
    const [ends, expires] = [this.#now() + SNAPSHOT_MAX_MS, this.#now() + SNAPSHOT_MS];
    this.#pinned.set(handle, { file, mark, reader: file.pin(), openedBy, ends, expires });
    return withHandle(read.value, handle);
  }

  /** Rejects with `snapshot.unknown` when it has ended or is of another projection. */
  read(handle: string, request: QueryRequest): Result<RowsRead, Rejection> {
    this.expire();
    const pinned = this.#pinned.get(handle);
    const isOf = pinned?.file.table.definition.projection === request.projection;
    if (pinned === undefined || !isOf) {
      return err({ code: 'snapshot.unknown', message: 'no such snapshot, or it has ended' });
    }
    pinned.expires = Math.min(this.#now() + SNAPSHOT_MS, pinned.ends);
    const read = readFrom(pinned, request);
    return read.ok ? withHandle(read.value, handle) : read;
  }

  expire(): void {
    for (const [handle, { expires, reader }] of this.#pinned) {
      if (expires > this.#now()) continue;
      reader.close();
      this.#pinned.delete(handle);
    }
  }

  close(): void {
    for (const { reader } of this.#pinned.values()) reader.close();
    this.#pinned.clear();
  }
}

function withHandle(read: RowsRead, handle: string): Result<RowsRead, Rejection> {
  const snapshot = { handle, expires_in_ms: SNAPSHOT_MS };
  return ok({ ...read, answer: { ...read.answer, snapshot } });
}
