import { assert } from '@ioi/basis';
import { canonicalJson, type Json } from '@ioi/canon';

export type ColumnType = 'text' | 'integer' | 'json' | 'boolean';
export type Column = { readonly name: string; readonly type: ColumnType };

/** A value as it is stored: JSON as its canonical text, booleans as 1 and 0. */
export type Cell = string | number | null;
export type Row = readonly Cell[];

/** Null when the value is absent or does not fit the type. Integers may be decimal strings. */
export function cellOf(value: unknown, type: ColumnType): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'text':
      return typeof value === 'string' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? Number(value) : null;
    case 'integer':
      return integerOf(value);
    case 'json': {
      const text = canonicalJson(value);
      return text.ok ? text.value : null;
    }
  }
}

const DECIMAL = /^-?(0|[1-9][0-9]{0,15})$/;

function integerOf(value: unknown): number | null {
  const isDecimal = typeof value === 'string' && DECIMAL.test(value);
  const number = isDecimal ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return null;
  // Minus zero is no integer of its own.
  return number + 0;
}

function jsonOf(cell: Cell, type: ColumnType): Json {
  if (cell === null) return null;
  if (type === 'boolean') return cell === 1;
  return type === 'json' ? (JSON.parse(String(cell)) as Json) : cell;
}

/** A row as it is answered: every column, by name. */
export function objectOf(row: Row, columns: readonly Column[]): Record<string, Json> {
  const pairs = columns.map(({ name, type }, at) => [name, jsonOf(row[at] ?? null, type)]);
  return Object.fromEntries(pairs) as Record<string, Json>;
}

/** The line a row contributes to a checkpoint's digest. */
export function rowText(row: Row, columns: readonly Column[]): string {
  const text = canonicalJson(objectOf(row, columns));
  assert(text.ok, 'cells have a canonical form');
  return text.value;
}

/** Null, then numbers, then text in order of its code points: how the store orders, too. */
export function compareCells(left: Cell, right: Cell): number {
  const [first, second] = [rankOf(left), rankOf(right)];
  if (first !== second) return first - second;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return typeof left === 'string' && typeof right === 'string' ? compareTexts(left, right) : 0;
}

function rankOf(cell: Cell): number {
  if (cell === null) return 0;
  return typeof cell === 'number' ? 1 : 2;
}

function compareTexts(left: string, right: string): number {
  const [first, second] = [[...left], [...right]];
  const at = first.findIndex((character, index) => character !== second[index]);
  if (at < 0) return first.length - second.length;
  return (first[at]?.codePointAt(0) ?? 0) - (second[at]?.codePointAt(0) ?? -1);
}

export function compareRows(left: Row, right: Row): number {
  for (let at = 0; at < left.length; at += 1) {
    const difference = compareCells(left[at] ?? null, right[at] ?? null);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** One string per key, for maps. */
export function keyText(key: Row): string {
  return JSON.stringify(key);
}
