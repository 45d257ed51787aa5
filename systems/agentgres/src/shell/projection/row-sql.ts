import type { Cell, Query, RowChange, Table, Test } from '../../core/index.ts';

/** Column names are checked by the definition's schema: no quote can be in one. */
const quoted = (name: string): string => `"${name}"`;

export function rowsSchema({ columns, keySize, indexes }: Table): string {
  const lines = columns.map(({ name, type }) => {
    return `${quoted(name)} ${type === 'integer' || type === 'boolean' ? 'INTEGER' : 'TEXT'}`;
  });
  const key = columns.slice(0, keySize).map(({ name }) => quoted(name));
  const more = indexes.map((names, at) => {
    const listed = names.map(quoted).join(', ');
    return `CREATE INDEX IF NOT EXISTS index_${at} ON rows (${listed});`;
  });
  return `CREATE TABLE IF NOT EXISTS rows (
    ${lines.join(', ')}, PRIMARY KEY (${key.join(', ')})
  ) STRICT, WITHOUT ROWID; ${more.join(' ')}`;
}

function keyEquals({ columns, keySize }: Table): string {
  const key = columns.slice(0, keySize);
  return key.map(({ name }) => `${quoted(name)} = ?`).join(' AND ');
}

/** The statements of one table, each prepared once. */
export class RowStatements {
  readonly get: string;
  readonly replace: string;
  readonly remove: string;
  readonly #take: string;
  readonly #table: Table;
  readonly #puts = new Map<RowChange['set'], string>();

  constructor(table: Table) {
    this.#table = table;
    const all = table.columns.map(() => '?').join(', ');
    const where = keyEquals(table);
    this.get = `SELECT * FROM rows WHERE ${where}`;
    this.replace = `INSERT OR REPLACE INTO rows VALUES (${all})`;
    this.remove = `DELETE FROM rows WHERE ${where}`;
    this.#take = `UPDATE rows SET uses_left = max(0, uses_left - 1) WHERE ${where}`;
  }

  /** One statement that brings a change about, without looking at the row first. */
  change({ act, set, key, cells }: RowChange): { sql: string; values: Cell[] } {
    if (act === 'delete') return { sql: this.remove, values: [...key] };
    if (act === 'take') return { sql: this.#take, values: [...key] };
    let sql = this.#puts.get(set);
    if (sql === undefined) {
      sql = this.#put(set);
      this.#puts.set(set, sql);
    }
    return { sql, values: [...key, ...cells] };
  }

  #put(set: RowChange['set']): string {
    const key = this.#table.columns.slice(0, this.#table.keySize).map(({ name }) => quoted(name));
    const names = set.map(({ name }) => quoted(name));
    const all = [...key, ...names];
    const updates = names.map((name) => `${name} = excluded.${name}`).join(', ');
    const places = all.map(() => '?').join(', ');
    const then = names.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${updates}`;
    const into = `INSERT INTO rows (${all.join(', ')}) VALUES (${places})`;
    return `${into} ON CONFLICT (${key.join(', ')}) ${then}`;
  }
}

export type Sql = { readonly sql: string; readonly values: readonly Cell[] };

/** A query as SQL that gives what `referenceQuery` gives. */
export function selectOf({ where, order, limit, after }: Query, table: Table): Sql {
  const name = (at: number): string => quoted(table.columns[at]?.name ?? '');
  const parts = where.map((test) => conditionOf(test, name(test.at)));
  if (after !== undefined) {
    const steps = order.map(({ at, descending }, index) => {
      const same = order.slice(0, index).map((each, place) => ({
        sql: `${name(each.at)} IS ?`,
        values: [after[place] ?? null],
      }));
      return joined([...same, beyond(name(at), descending, after[index] ?? null)], 'AND');
    });
    parts.push(joined(steps, 'OR'));
  }
  const { sql, values } = joined(parts, 'AND');
  const sorted = order.map(({ at, descending }) => `${name(at)} ${descending ? 'DESC' : 'ASC'}`);
  const filtered = parts.length === 0 ? '' : ` WHERE ${sql}`;
  return {
    sql: `SELECT * FROM rows${filtered} ORDER BY ${sorted.join(', ')} LIMIT ?`,
    values: [...values, limit],
  };
}

function conditionOf({ is, cell }: Test, name: string): Sql {
  return { sql: `${name} ${is === '=' ? 'IS' : is} ?`, values: [cell] };
}

/** What follows a cell in its order. Null comes first, so it comes last when descending. */
function beyond(name: string, descending: boolean, cell: Cell): Sql {
  if (cell === null) return { sql: descending ? '0' : `${name} IS NOT NULL`, values: [] };
  const sql = descending ? `(${name} < ? OR ${name} IS NULL)` : `${name} > ?`;
  return { sql, values: [cell] };
}

function joined(parts: readonly Sql[], word: 'AND' | 'OR'): Sql {
  return {
    sql: `(${parts.map((part) => part.sql).join(` ${word} `)})`,
    values: parts.flatMap((part) => part.values),
  };
}
