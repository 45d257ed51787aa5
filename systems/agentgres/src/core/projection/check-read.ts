import { encodeHex, err, ok, type Result } from '@ioi/basis';
import { canonicalJson } from '@ioi/canon';
import { commitRanges, commitSummaryOf, effectiveEntries } from '@ioi/law';
import { leafHash, rootOf } from '@ioi/merkle';
import type {
  LogEntry,
  ProjectionDefinition,
  QueryAnswer,
  QueryRequest,
  Rejection,
} from '@ioi/protocol';
import { objectOf } from './cells.ts';
import { levels } from './consistency.ts';
import { queryOf, referenceQuery } from './query.ts';
import { referenceRows } from './reference-projection.ts';
import { tableOf } from './table.ts';
import { watermarkSeq } from './tokens.ts';

/** A read as whoever made it saw it. */
export type RecordedRead = {
  readonly definition: ProjectionDefinition;
  readonly request: QueryRequest;
  readonly answer: QueryAnswer;
  /** The writer's committed size when the request was sent. */
  readonly committedAtArrival: number;
  /** The first answer of the same snapshot. */
  readonly firstOfSnapshot?: QueryAnswer;
};

/**
 * Every read says which log it is of, so checking it is replaying that log and comparing: linear
 * time, nothing to search for. `texts` are the canonical entries from genesis on, at least up to
 * the watermark. Rejects with `read.…`, naming what does not hold.
 */
export function checkRead(read: RecordedRead, texts: readonly string[]): Result<void, Rejection> {
  const { answer, request, definition } = read;
  const seq = watermarkSeq(answer.watermark);
  if (seq === undefined || seq >= texts.length) return bad('watermark', answer.watermark);
  const size = seq + 1;
  const upTo = texts.slice(0, size);
  const entries = upTo.map((text) => JSON.parse(text) as LogEntry);
  const last = entries[seq] as LogEntry;
  const summary = commitSummaryOf(last);
  if (!summary) return bad('watermark', `entry ${seq} ends no commit`);
  const root = `sha256:${encodeHex(rootOf(upTo.map((text) => leafHash(text))))}`;
  if (answer.log_root !== root) return bad('log_root', `${answer.log_root} is not ${root}`);
  if (answer.state_root !== summary.state_root) return bad('state_root', answer.state_root);
  if (answer.chain_time !== last.chain_time) return bad('chain_time', answer.chain_time);
  const ranges = commitRanges(entries);
  if (!ranges.ok) return ranges;
  const effective = ranges.value.flatMap((range) => effectiveEntries(entries, range));
  const rows = checkRows(read, effective);
  if (!rows.ok) return rows;
  const first = read.firstOfSnapshot && watermarkSeq(read.firstOfSnapshot.watermark);
  const wanted = request.watermark === undefined ? undefined : watermarkSeq(request.watermark);
  const holds = levels[request.consistency].holds({
    size,
    committedAtArrival: read.committedAtArrival,
    wanted: wanted === undefined ? 0 : wanted + 1,
    ...(first === undefined ? {} : { pinnedAt: first + 1 }),
    isProved: answer.proof?.commit.text === upTo[seq],
    hasPreconditions: answer.preconditions?.every((each) => each.since === String(seq)) === true,
  });
  const isAsked = answer.consistency === request.consistency;
  if (holds && isAsked) return ok(undefined);
  return bad('level', `${definition.projection} at ${size} is not ${request.consistency}`);
}

function checkRows(
  { definition, request, answer }: RecordedRead,
  entries: readonly LogEntry[],
): Result<void, Rejection> {
  const table = tableOf(definition);
  if (!table.ok) return table;
  if (answer.definition_hash !== table.value.hash) return bad('definition', answer.definition_hash);
  const query = queryOf(request, table.value);
  if (!query.ok) return query;
  const { columns } = table.value;
  const all = referenceRows(definition, entries).map((row) =>
    columns.map(({ name }) => row[name] ?? null),
  );
  const wanted = referenceQuery(all, query.value).map((row) => objectOf(row, columns));
  const [expected, seen] = [canonicalJson(wanted), canonicalJson(answer.rows)];
  if (expected.ok && seen.ok && expected.value === seen.value) return ok(undefined);
  return bad('rows', `${answer.rows.length} rows, ${wanted.length} by replay, or others`);
}

function bad(what: string, message: string): Result<never, Rejection> {
  return err({ code: `read.${what}`, message });
}
