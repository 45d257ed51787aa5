import { type Cell, type Column, foldProjection, type RowChange, type Table } from '@ioi/agentgres';
import { encodeUtf8 } from '@ioi/basis';
import type { LogEntry } from '@ioi/protocol';

/** A projection of a domain as a table of the bridge. */
export type BridgeTable = { readonly schema: string; readonly name: string; readonly table: Table };

/** What brings tables up to a later entry, and how many changes could not be taken over. */
export type RowPlan = { readonly sql: readonly string[]; readonly leftOut: number };

/** Changes of one kind of a table that are made by one statement. */
type Group = {
  readonly act: RowChange['act'];
  readonly set: RowChange['set'];
  readonly rows: Map<string, string>;
  /** Of the last entry that changed one of them. */
  seq: string;
};

const SEQ_COLUMN = '_seq';
/** An index of PostgreSQL holds no longer key (2,704 bytes); nor is an id that long. */
const KEY_MAX = 1_000;
const KEY_BYTES_MAX = 2_400;
const ROWS_MAX = 256;
const SQL_TYPES = { text: 'text', integer: 'bigint', boolean: 'boolean', json: 'json' } as const;

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function tableName({ schema, name }: Pick<BridgeTable, 'schema' | 'name'>): string {
  return `${quotedName(schema)}.${quotedName(name)}`;
}

/** PostgreSQL holds no zero character in a text. */
export function quotedText(text: string): string {
  return `'${text.replaceAll('\0', '\ufffd').replaceAll("'", "''")}'`;
}

/** The statements that make the table of a projection. */
export function tableSql(bridged: BridgeTable): string[] {
  const { columns, keySize, definition } = bridged.table;
  const lines = columns.map(({ name, type }, at) => {
    return `${quotedName(name)} ${SQL_TYPES[type]}${at < keySize ? ' NOT NULL' : ''}`;
  });
  const key = columns.slice(0, keySize).map(({ name }) => quotedName(name));
  const name = tableName(bridged);
  return [
    `CREATE TABLE ${name} (${lines.join(', ')}, ${quotedName(SEQ_COLUMN)} bigint NOT NULL, ` +
      `PRIMARY KEY (${key.join(', ')}))`,
    `COMMENT ON TABLE ${name} IS ${quotedText(definition.summary)}`,
  ];
}

/** Sealed, effective entries as changes to rows: pure, in the order of the log. */
export function planRows(tables: readonly BridgeTable[], entries: readonly LogEntry[]): RowPlan {
  const sql: string[] = [];
  let leftOut = 0;
  for (const bridged of tables) {
    const { columns, keySize } = bridged.table;
    const groups: Group[] = [];
    for (const entry of entries) {
      for (const change of foldProjection(bridged.table, entry)) {
        const keys = literals(change.key, columns);
        const key = keys.join(', ');
        if (key.length > KEY_MAX || encodeUtf8(key).length > KEY_BYTES_MAX) {
          leftOut += 1;
          continue;
        }
        const cells = literals(
          change.cells,
          change.set.map(({ at }) => columns[at] as Column),
        );
        const row = `(${[...keys, ...cells, entry.seq].join(', ')})`;
        const group = groupFor(groups, change, key);
        group.rows.set(key, row);
        group.seq = entry.seq;
      }
    }
    for (const group of groups) sql.push(groupSql(bridged, group, keySize));
  }
  return { sql, leftOut };
}

/** Rows of one statement have different keys, or the first of them would be lost. */
function groupFor(groups: Group[], { act, set }: RowChange, key: string): Group {
  const last = groups.at(-1);
  const isSame = last !== undefined && last.act === act && last.set === set;
  if (isSame && !last.rows.has(key) && last.rows.size < ROWS_MAX) return last;
  const group: Group = { act, set, rows: new Map(), seq: '' };
  groups.push(group);
  return group;
}

function groupSql(
  bridged: BridgeTable,
  { act, set, rows, seq: last }: Group,
  keySize: number,
): string {
  const name = tableName(bridged);
  const key = bridged.table.columns.slice(0, keySize).map((each) => quotedName(each.name));
  const keys = [...rows.keys()].map((each) => `(${each})`);
  const where = `(${key.join(', ')}) IN (${keys.join(', ')})`;
  if (act === 'delete') return `DELETE FROM ${name} WHERE ${where}`;
  const seq = quotedName(SEQ_COLUMN);
  if (act === 'take') {
    const left = '"uses_left" = greatest(0, "uses_left" - 1)';
    return `UPDATE ${name} SET ${left}, ${seq} = ${last} WHERE ${where}`;
  }
  const names = set.map((each) => quotedName(each.name));
  const updates = [...names, seq].map((each) => `${each} = excluded.${each}`);
  const into = `INSERT INTO ${name} (${[...key, ...names, seq].join(', ')})`;
  return (
    `${into} VALUES ${[...rows.values()].join(', ')} ` +
    `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updates.join(', ')}`
  );
}

function literals(cells: readonly Cell[], columns: readonly Pick<Column, 'type'>[]): string[] {
  return cells.map((cell, at) => literal(cell, columns[at]?.type ?? 'text'));
}

function literal(cell: Cell, type: Column['type']): string {
  if (cell === null) return 'NULL';
  if (type === 'boolean') return cell === 1 ? 'true' : 'false';
  return typeof cell === 'number' ? String(cell) : quotedText(cell);
}
