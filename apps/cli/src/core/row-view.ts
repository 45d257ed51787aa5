import type { ColumnTypes } from './query-arguments.ts';
import { visible } from './visible.ts';

export type ShownRow = Readonly<Record<string, unknown>>;

const ANYWHERE = 'projection://*/';

/** Without what every name has. */
export function shortName(projection: string): string {
  return projection.startsWith(ANYWHERE) ? projection.slice(ANYWHERE.length) : projection;
}

/** A value as text; empty when there is none. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function cellsOf(row: ShownRow, columns: ColumnTypes): string[] {
  return columns.map(({ name }) => cellText(row[name]));
}

/** One line about a row: what it has, by name. */
export function rowLine(row: ShownRow): string {
  const pairs = Object.entries(row).filter(([, value]) => value !== null);
  return pairs.map(([name, value]) => `${name}=${visible(cellText(value))}`).join(' ');
}

/**
 * RFC 4180, with a header. What could move a terminal is written out, and text that a
 * spreadsheet would take for a formula begins with an apostrophe.
 */
export function csvOf(rows: readonly ShownRow[], columns: ColumnTypes): string {
  const header = columns.map(({ name }) => name);
  const lines = rows.map((row) => columns.map(({ name }) => csvText(row[name])));
  return [header, ...lines].map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
}

function csvText(value: unknown): string {
  const text = visible(cellText(value));
  return typeof value === 'string' && /^[=+@-]/.test(text) ? `'${text}` : text;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
