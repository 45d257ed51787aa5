import { err, ok, type Result } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { type Asked, askedFor, hasWords, searchedText, sharedIds } from '@ioi/law';
import type { LogEntry, Rejection, SearchPage } from '@ioi/protocol';
import type { Hono } from 'hono';
import { cursorOf, placeIn } from '../core/index.ts';
import type { HeadReader } from './head-reader.ts';
import { pageSize } from './page-size.ts';
import { problem } from './problem.ts';
import type { DomainProjections } from './reads/projections.ts';
import type { ReadOptions } from './reads/read-routes.ts';

export type SearchRoutes = { readonly reader: HeadReader; readonly reads: ReadOptions };

const PAGE_MAX = 200;
const QUESTION_MAX = 512;
/** More ids that begin so say too little to go by. */
const MOST_IDS = 64;
const STATUS: Readonly<Record<string, number>> = {
  'query.invalid': 400,
  'cursor.invalid': 400,
};

/** `GET /v1/search`: entries of the node's own log, by what stands in them. */
export function addSearchRoute(app: Hono, { reader, reads }: SearchRoutes): void {
  app.get('/v1/search', async (context) => {
    const own = await reads.find(undefined);
    const { projections } = own.ok ? own.value : {};
    if (projections === undefined) return problem('projection.gone', 'nothing is looked up', 503);
    const { q = '', cursor, limit } = context.req.query();
    const page = await searched({ reader, projections }, { q, cursor, limit });
    if (page.ok) return context.json(page.value);
    const { code, message } = page.error;
    return problem(code, message, STATUS[code] ?? 503);
  });
}

type Searching = { readonly reader: HeadReader; readonly projections: DomainProjections };
type Question = {
  readonly q: string;
  readonly cursor: string | undefined;
  readonly limit: string | undefined;
};

async function searched(
  { reader, projections }: Searching,
  { q, cursor, limit }: Question,
): Promise<Result<SearchPage, Rejection>> {
  const asked = q.length > QUESTION_MAX ? undefined : askedFor(q);
  if (asked === undefined) {
    const message =
      `q is a position, or words of which one has three characters or more, in all at most ` +
      `${QUESTION_MAX}`;
    return err({ code: 'query.invalid', message });
  }
  const list = `search ${digestBytes(asked.words.join(' '))}`;
  const from = placeIn<number>(list, 'number', cursor);
  if (!from.ok) return from;
  const below = Math.min(from.value ?? reader.size, reader.size);
  const most = pageSize(limit, PAGE_MAX);
  // One more tells whether there is another page.
  const words = asked.indexed.length === 0 ? [] : asked.words;
  const question = { words, ids: asked.ids, below, limit: most + 1 };
  const found = await projections.ask('search', question);
  if (!found.ok) return found;
  const byId = referring(reader, asked, { below, limit: most + 1 });
  const own = asked.seq !== undefined && asked.seq < below ? [asked.seq] : [];
  const { seqs, downTo, indexed } = found.value;
  const all = [...new Set([...own, ...byId.seqs, ...seqs])].filter((seq) => seq >= downTo);
  const inOrder = all.sort((one, other) => other - one).slice(0, most + 1);
  const end = inOrder.length > most ? inOrder[most - 1] : downTo;
  const known = new Set([...own, ...byId.seqs]);
  const entries = inOrder.slice(0, most).flatMap((seq) => reader.entry(seq) ?? []);
  return ok({
    size: reader.size,
    indexed,
    entries: entries.filter((entry) => known.has(Number(entry.seq)) || isMeant(entry, asked)),
    ...(end === undefined || end === 0 ? {} : { next_cursor: cursorOf(list, end) }),
    ...(byId.areTooMany ? { too_many_ids: true } : {}),
  });
}

type Below = { readonly below: number; readonly limit: number };

/** Entries by what names them alone: receipts, requests, operations, grants. */
function referring(reader: HeadReader, { ids }: Asked, { below, limit }: Below) {
  const found = ids.map((id) => reader.newestOf(id, below, { most: MOST_IDS, limit }));
  const areTooMany = found.some((seqs) => seqs === undefined);
  return { seqs: found.flatMap((seqs) => seqs ?? []), areTooMany };
}

/** What an index says is held against the entry itself. */
function isMeant(entry: LogEntry, asked: Asked): boolean {
  if (hasWords(searchedText(entry), asked)) return true;
  return sharedIds(entry).some((id) => asked.ids.some((prefix) => id.startsWith(prefix)));
}
