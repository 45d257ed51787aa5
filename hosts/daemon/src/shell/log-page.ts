import { ok, type Result } from '@ioi/basis';
import type { LogPage, Rejection } from '@ioi/protocol';
import { cursorOf, placeIn } from '../core/index.ts';
import type { HeadReader } from './head-reader.ts';
import { pageSize } from './page-size.ts';

type Named = 'before' | 'after' | 'limit' | 'cursor';
export type LogAsked = { readonly [Name in Named]?: string | undefined };

const PAGE_MAX = 1000;

/**
 * Sealed entries, newest first unless `after` is given; a cursor goes on as its page began. What is
 * sealed meanwhile moves no position. Rejects with `cursor.invalid`.
 */
export function logPage(
  reader: HeadReader,
  name: string,
  { before, after, limit, cursor }: LogAsked,
): Result<LogPage, Rejection> {
  const [newest, oldest] = [`${name} newest`, `${name} oldest`];
  const most = pageSize(limit, PAGE_MAX);
  const forward = placeIn<number>(oldest, 'number', cursor);
  if (forward.ok && (forward.value ?? after) !== undefined) {
    const from = Number(forward.value ?? after) + 1;
    const entries = Number.isSafeInteger(from) ? reader.entries(from, from + most) : [];
    const last = Number(entries.at(-1)?.seq ?? reader.size);
    const more = last + 1 < reader.size ? { next_cursor: cursorOf(oldest, last) } : {};
    return ok({ size: reader.size, entries, ...more });
  }
  const back = placeIn<number>(newest, 'number', cursor);
  if (!back.ok) return back;
  const asked = back.value ?? (before === undefined ? reader.size : Math.trunc(Number(before)));
  const end = Math.min(asked || 0, reader.size);
  const entries = reader.entries(Math.max(0, end - most), end).reverse();
  const last = Number(entries.at(-1)?.seq ?? 0);
  const more = last > 0 ? { next_cursor: cursorOf(newest, last) } : {};
  return ok({ size: reader.size, entries, ...more });
}
