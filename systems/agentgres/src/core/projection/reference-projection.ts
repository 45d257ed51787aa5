import type { LogEntry, ProjectionDefinition } from '@ioi/protocol';
import { type Cell, type ColumnType, cellOf, compareRows, keyText, type Row } from './cells.ts';
import { lowered } from './kinds.ts';

type Held = { readonly key: Row; readonly values: Map<string, Cell> };

/**
 * The slow and obvious fold: reads the definition itself, event by event, into a map. What the
 * engine holds at a watermark is compared with this.
 */
export function referenceRows(
  definition: ProjectionDefinition,
  entries: readonly LogEntry[],
): Record<string, Cell>[] {
  const { columns, key: keyNames, rules } = lowered(definition);
  const types = new Map(columns.map(({ name, type }) => [name, type] as const));
  const rows = new Map<string, Held>();
  for (const entry of entries) {
    entry.events.forEach((event, place) => {
      const scope = { event, entry, place };
      for (const rule of rules) {
        if (rule.on !== event['type']) continue;
        if (!rule.where.every(({ at, is }) => found(scope, at) === is)) continue;
        const key = keyNames.map((name, at) => cellAt(scope, rule.key[at], types.get(name)));
        if (key.includes(null)) continue;
        const name = keyText(key);
        const held = rows.get(name);
        if (rule.act === 'delete') rows.delete(name);
        else if (rule.act === 'take') takeOne(held);
        else {
          const values = held?.values ?? new Map<string, Cell>();
          for (const [column, source] of Object.entries(rule.set)) {
            values.set(column, cellAt(scope, source, types.get(column)));
          }
          rows.set(name, { key, values });
        }
      }
    });
  }
  const sorted = [...rows.values()].sort((left, right) => compareRows(left.key, right.key));
  return sorted.map(({ key, values }) => {
    const others = columns.filter(({ name }) => !keyNames.includes(name));
    return Object.fromEntries([
      ...keyNames.map((name, at) => [name, key[at] ?? null] as const),
      ...others.map(({ name }) => [name, values.get(name) ?? null] as const),
    ]);
  });
}

function takeOne(held: Held | undefined): void {
  const left = held?.values.get('uses_left');
  if (typeof left === 'number' && left > 0) held?.values.set('uses_left', left - 1);
}

function cellAt(scope: object, source: unknown, type: ColumnType = 'text'): Cell {
  const value = typeof source === 'string' ? found(scope, source) : valueIn(source);
  return cellOf(value, type);
}

function valueIn(source: unknown): unknown {
  return (source as { value: unknown } | undefined)?.value;
}

function found(scope: object, pointer: string): unknown {
  let value: unknown = scope;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const here = Object.entries(Object(value) as object).find(([each]) => each === name);
    if (here === undefined || typeof value !== 'object') return undefined;
    [, value] = here;
  }
  return value;
}
