import { err, ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';
import { type Cell, type Column, cellOf, compareCells, type Row } from './cells.ts';
import type { Table } from './table.ts';
import { decodeToken, encodeToken } from './tokens.ts';

export type Comparison = '=' | '<' | '<=' | '>' | '>=';
/** A column, by its place, against a cell. Null equals null and is neither more nor less. */
export type Test = { readonly at: number; readonly is: Comparison; readonly cell: Cell };
export type Ordering = { readonly at: number; readonly descending: boolean };

/** A query ready for a store: ordered to the last column, so that pages never overlap. */
export type Query = {
  readonly where: readonly Test[];
  readonly order: readonly Ordering[];
  readonly limit: number;
  /** Cells of the order's columns in the row before the page. */
  readonly after: Row | undefined;
};

/** What a client may ask for of the rows (`POST /v1/query`). */
export type Asked = {
  readonly where?: unknown;
  readonly order?: unknown;
  readonly limit?: unknown;
  readonly after?: unknown;
};

const LIMIT_MAX = 1000;
const LIMIT_OTHERWISE = 100;
const TESTS_MAX = 16;
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
};

class Refused extends Error {}

/** Rejects with `query.invalid`, naming the place. */
export function queryOf(asked: Asked, table: Table): Result<Query, Rejection> {
  try {
    const order = orderIn(asked.order, table);
    return ok({
      where: testsIn(asked.where, table),
      order,
      limit: limitIn(asked.limit),
      after: afterIn(asked.after, order, table),
    });
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    return err({ code: 'query.invalid', message: fault.message });
  }
}

/** Equality alone: what subscriptions filter by. Rejects with `query.invalid`. */
export function filterOf(where: unknown, table: Table): Result<readonly Test[], Rejection> {
  const query = queryOf({ where }, table);
  if (!query.ok) return query;
  if (query.value.where.every(({ is }) => is === '=')) return ok(query.value.where);
  return err({ code: 'query.invalid', message: '/where: a subscription filters by equality' });
}

function testsIn(where: unknown, table: Table): Test[] {
  if (where === undefined) return [];
  if (!isObject(where)) throw new Refused('/where must be an object');
  const tests = Object.entries(where).flatMap(([name, condition]) => {
    const at = placeOf(name, table, '/where');
    const column = table.columns[at] as Column;
    if (!isObject(condition)) return [{ at, is: '=' as const, cell: cellIn(condition, column) }];
    return Object.entries(condition).flatMap(([word, value]) => {
      if (word === 'prefix') return prefixTests(at, value, column);
      const is = COMPARISONS[word];
      if (is === undefined || !Object.hasOwn(COMPARISONS, word)) {
        throw new Refused(`/where/${name}/${word} is none of lt, lte, gt, gte, prefix`);
      }
      return [{ at, is, cell: cellIn(value, column) }];
    });
  });
  if (tests.length > TESTS_MAX) throw new Refused(`/where has more than ${TESTS_MAX} conditions`);
  return tests;
}

function cellIn(value: unknown, { name, type }: Column): Cell {
  if (value === null) return null;
  if (type === 'json') throw new Refused(`/where/${name}: a json column cannot be compared`);
  const cell = cellOf(value, type);
  if (cell === null) throw new Refused(`/where/${name} holds ${type}`);
  return cell;
}

function prefixTests(at: number, value: unknown, { name, type }: Column): Test[] {
  if (typeof value !== 'string' || type !== 'text') {
    throw new Refused(`/where/${name}/prefix needs a text, and a text column`);
  }
  const end = afterPrefix(value);
  const from: Test = { at, is: '>=', cell: value };
  return end === undefined ? [from] : [from, { at, is: '<', cell: end }];
}

/** The smallest text above every text that begins so; undefined when there is none. */
function afterPrefix(prefix: string): string | undefined {
  const characters = [...prefix];
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const point = last.codePointAt(0) ?? 0;
    // Surrogates are no characters; the first one after them is.
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    if (next <= 0x10ffff) return characters.join('') + String.fromCodePoint(next);
  }
  return undefined;
}

function orderIn(order: unknown, table: Table): Ordering[] {
  const names = order === undefined ? [] : typeof order === 'string' ? [order] : order;
  if (!Array.isArray(names) || names.length > 8) {
    throw new Refused('/order must be a column, or a list of at most 8');
  }
  const given = names.map((name: unknown) => {
    if (typeof name !== 'string')
      throw new Refused('/order names columns, as -name for descending');
    const descending = name.startsWith('-');
    const at = placeOf(descending ? name.slice(1) : name, table, '/order');
    if (table.columns[at]?.type === 'json') throw new Refused(`/order: ${name} holds json`);
    return { at, descending };
  });
  const keys = Array.from({ length: table.keySize }, (_, at) => ({ at, descending: false }));
  const all = [...given, ...keys];
  return all.filter(({ at }, index) => all.findIndex((each) => each.at === at) === index);
}

function placeOf(name: string, { columns }: Table, place: string): number {
  const at = columns.findIndex((column) => column.name === name);
  if (at >= 0) return at;
  const known = columns.map((column) => column.name).join(', ');
  throw new Refused(`${place}: there is no column ${name}; there are ${known}`);
}

function limitIn(limit: unknown): number {
  if (limit === undefined) return LIMIT_OTHERWISE;
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit > 0 && limit <= LIMIT_MAX) {
    return limit;
  }
  throw new Refused(`/limit must be a whole number from 1 to ${LIMIT_MAX}`);
}

function orderText(order: readonly Ordering[], { columns }: Table): string[] {
  return order.map(({ at, descending }) => `${descending ? '-' : ''}${columns[at]?.name}`);
}

/** Where the page after this row begins. */
export function pageToken(row: Row, { order }: Query, table: Table): string {
  const after = order.map(({ at }) => row[at] ?? null);
  return encodeToken({ definition_hash: table.hash, order: orderText(order, table), after });
}

function afterIn(after: unknown, order: readonly Ordering[], table: Table): Row | undefined {
  if (after === undefined) return undefined;
  const token = typeof after === 'string' ? decodeToken(after) : undefined;
  const cells = token?.['after'];
  const isOurs =
    token?.['definition_hash'] === table.hash &&
    JSON.stringify(token['order']) === JSON.stringify(orderText(order, table)) &&
    Array.isArray(cells) &&
    cells.length === order.length &&
    cells.every((cell) => cell === null || typeof cell === 'string' || Number.isSafeInteger(cell));
  if (!isOurs) throw new Refused('/after is no page of this query, or of an older definition');
  return cells as Row;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isMatch(row: Row, tests: readonly Test[]): boolean {
  return tests.every(({ at, is, cell }) => {
    const held = row[at] ?? null;
    if (is === '=') return held === cell;
    if (held === null || cell === null) return false;
    const difference = compareCells(held, cell);
    if (is === '<') return difference < 0;
    if (is === '<=') return difference <= 0;
    return is === '>' ? difference > 0 : difference >= 0;
  });
}

/** The slow and obvious query, over all rows. */
export function referenceQuery(rows: readonly Row[], query: Query): Row[] {
  const compare = (left: Row, right: Row): number => {
    for (const { at, descending } of query.order) {
      const difference = compareCells(left[at] ?? null, right[at] ?? null);
      if (difference !== 0) return descending ? -difference : difference;
    }
    return 0;
  };
  const { after } = query;
  const before: Cell[] = [];
  query.order.forEach(({ at }, index) => {
    before[at] = after?.[index] ?? null;
  });
  return rows
    .filter((row) => isMatch(row, query.where))
    .filter((row) => after === undefined || compare(row, before) > 0)
    .sort(compare)
    .slice(0, query.limit);
}
