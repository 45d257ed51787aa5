import { decodeToken, encodeToken } from '@ioi/agentgres';
import { err, ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';

/** The last member of a page: what follows it stays the same, whatever is added meanwhile. */
export type Place = string | number;

/** Where a list goes on. Whoever carries it reads nothing into it. */
export function cursorOf(list: string, place: Place): string {
  return encodeToken({ list, place });
}

/** Rejects with `cursor.invalid` what was not given out for this list. */
export function placeIn<T extends Place>(
  list: string,
  kind: T extends number ? 'number' : 'string',
  cursor: string | undefined,
): Result<T | undefined, Rejection> {
  if (cursor === undefined) return ok(undefined);
  const { list: named, place, ...more } = decodeToken(cursor) ?? {};
  const isPlace = typeof place === kind && (kind === 'string' || isPosition(place));
  if (named === list && isPlace && Object.keys(more).length === 0) return ok(place as T);
  const message = 'this is no cursor of this list: take next_cursor of its last page as it is';
  return err({ code: 'cursor.invalid', message });
}

function isPosition(place: unknown): boolean {
  return Number.isSafeInteger(place) && Number(place) >= 0;
}

export type Page<T> = { readonly members: readonly T[]; readonly next_cursor?: string };

export type Paging<T> = {
  readonly list: string;
  /** What orders the list, and names each member. */
  readonly placeOf: (member: T) => string;
  readonly cursor: string | undefined;
  /** All of them where it is absent. */
  readonly most: number | undefined;
};

/** A page of what is at hand, in the order of places. Rejects with `cursor.invalid`. */
export function pageOf<T>(
  all: readonly T[],
  { list, placeOf, cursor, most }: Paging<T>,
): Result<Page<T>, Rejection> {
  const from = placeIn<string>(list, 'string', cursor);
  if (!from.ok) return from;
  const { value: last } = from;
  const sorted = [...all].sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
  const rest = last === undefined ? sorted : sorted.filter((each) => placeOf(each) > last);
  const members = rest.slice(0, most);
  const end = members.at(-1);
  if (members.length === rest.length || end === undefined) return ok({ members });
  return ok({ members, next_cursor: cursorOf(list, placeOf(end)) });
}
