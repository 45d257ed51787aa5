import { LogEntry } from '../artifacts/log-entry.ts';
import {
  declare,
  flag,
  json,
  list,
  object,
  of,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';
import { CURSOR, nextCursor } from './paging.ts';

export const SearchPage = declare(
  'SearchPage',
  'Entries in which all words stand, or that an id names, newest first.',
  object({
    size: whole('Sealed entries.'),
    indexed: whole('Entries that are looked at, from the first on: fewer while that lasts.'),
    entries: list(of(LogEntry), 'A page may have none and be followed by one that has.'),
    next_cursor: nextCursor,
    too_many_ids: optional(
      flag('More ids begin so than can be told apart: entries were found by their texts alone.'),
    ),
  }),
);

export const searchOperations = operations('log', [
  {
    route: 'GET /v1/search',
    id: 'search',
    role: 'auditor',
    summary: 'Entries by id, hash, path, host, agent, rule or target',
    description:
      'Words are found wherever they stand, in any case; ids and hashes by their beginning.',
    query: {
      q: { schema: text('At most 512 characters.'), required: true },
      limit: { schema: text('At most 200; 50 unless told.') },
      cursor: CURSOR,
    },
    answers: { 200: json(of(SearchPage)) },
    problems: {
      400: ['query.invalid', 'cursor.invalid'],
      503: ['projection.gone', 'projection.fault'],
    },
  },
]);
