import type { LogEntry } from '@ioi/protocol';
import { type Cell, cellOf, type Row } from './cells.ts';
import type { Scope } from './source.ts';
import type { Rule, Setting, Table } from './table.ts';

/** What an event does to one row, in the order the rules stand. */
export type RowChange = {
  readonly act: Rule['act'];
  readonly key: Row;
  /** Columns that are set, the same object for every change of a rule, with their values. */
  readonly set: readonly Setting[];
  readonly cells: readonly Cell[];
};

/** The fold (whitepaper 3.3): pure, from the events of one sealed, effective entry. */
export function foldProjection(table: Table, entry: LogEntry): RowChange[] {
  const changes: RowChange[] = [];
  entry.events.forEach((event, place) => {
    const rules = table.rules.get(String(event['type']));
    if (rules === undefined) return;
    const scope = { event, entry, place };
    for (const rule of rules) {
      const change = changeBy(rule, scope, table);
      if (change !== undefined) changes.push(change);
    }
  });
  return changes;
}

function changeBy(rule: Rule, scope: Scope, table: Table): RowChange | undefined {
  for (const { read, is } of rule.where) if (read(scope) !== is) return undefined;
  const key: Cell[] = [];
  for (const read of rule.key) {
    const cell = cellOf(read(scope), table.columns[key.length]?.type ?? 'text');
    if (cell === null) return undefined;
    key.push(cell);
  }
  const cells = rule.set.map(({ read, type }) => cellOf(read(scope), type));
  return { act: rule.act, key, set: rule.set, cells };
}

/** The row after a change; undefined when there is none. */
export function changedRow(
  before: Row | undefined,
  { act, key, set, cells }: RowChange,
  table: Table,
): Row | undefined {
  if (act === 'delete') return undefined;
  const row = before === undefined ? undefined : [...before];
  if (act === 'take') {
    const at = table.columns.findIndex(({ name }) => name === 'uses_left');
    const left = row?.[at];
    if (row && typeof left === 'number') row[at] = Math.max(0, left - 1);
    return row;
  }
  const put: Cell[] = row ?? [...key, ...table.columns.slice(table.keySize).map(() => null)];
  for (let index = 0; index < set.length; index += 1) {
    const setting = set[index];
    if (setting) put[setting.at] = cells[index] ?? null;
  }
  return put;
}
