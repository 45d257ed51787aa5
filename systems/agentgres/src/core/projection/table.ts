import { assert, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { isProjectionDefinition, type ProjectionDefinition, type Rejection } from '@ioi/protocol';
import type { Column, ColumnType } from './cells.ts';
import { lowered, type RowRule } from './kinds.ts';
import { type Read, readerOf, wrongPointer } from './source.ts';

/** A definition made ready: whatever its kind, rows under a key. */
export type Table = {
  readonly definition: ProjectionDefinition;
  readonly hash: Digest;
  /** Key columns first. */
  readonly columns: readonly Column[];
  readonly keySize: number;
  readonly indexes: readonly (readonly string[])[];
  readonly rules: ReadonlyMap<string, readonly Rule[]>;
};

export type Rule = {
  readonly where: readonly { readonly read: Read; readonly is: unknown }[];
  readonly key: readonly Read[];
  readonly act: RowRule['act'];
  /** Columns that are set, with their places among the table's. */
  readonly set: readonly Setting[];
};

export type Setting = {
  readonly name: string;
  readonly at: number;
  readonly type: ColumnType;
  readonly read: Read;
};

/** Rejects with `projection.invalid`, naming what is wrong. */
export function tableOf(definition: unknown): Result<Table, Rejection> {
  if (!isProjectionDefinition(definition)) return invalid('it does not fit ProjectionDefinition');
  const hash = digestOf(definition);
  if (!hash.ok) return invalid(hash.error.message);
  const { columns, key, rules } = lowered(definition);
  const names = columns.map(({ name }) => name);
  const wrong =
    wrongColumns(names, key) ?? wrongIn(rules, names, key) ?? wrongHeads(definition, names);
  if (wrong !== undefined) return invalid(wrong);
  const indexes = definition.kind === 'relational' ? (definition.indexes ?? []) : [];
  const unknown = indexes.flat().find((name) => !names.includes(name));
  if (unknown !== undefined) return invalid(`an index names ${unknown}, which is no column`);
  const ordered = [...key, ...names.filter((name) => !key.includes(name))].map((name) => {
    const column = columns.find((each) => each.name === name);
    assert(column !== undefined, 'the key is made of columns');
    return column;
  });
  return ok({
    definition,
    hash: hash.value,
    columns: ordered,
    keySize: key.length,
    indexes,
    rules: grouped(rules, ordered),
  });
}

function wrongColumns(names: readonly string[], key: readonly string[]): string | undefined {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return `column ${twice} is there twice`;
  const unknown = key.find((name, at) => !names.includes(name) || key.indexOf(name) !== at);
  return unknown === undefined ? undefined : `key column ${unknown} is no column, or there twice`;
}

function wrongIn(
  rules: readonly RowRule[],
  names: readonly string[],
  key: readonly string[],
): string | undefined {
  for (const rule of rules) {
    if (rule.key.length !== key.length) return `a rule on ${rule.on} gives another key`;
    const unknown = Object.keys(rule.set).find(
      (name) => !names.includes(name) || key.includes(name),
    );
    if (unknown !== undefined) {
      return `a rule on ${rule.on} sets ${unknown}, which is no column outside the key`;
    }
    const sources = [...rule.key, ...Object.values(rule.set), ...rule.where.map(({ at }) => at)];
    for (const source of sources) {
      const wrong = typeof source === 'string' ? wrongPointer(source) : undefined;
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}

function wrongHeads({ heads = [] }: ProjectionDefinition, names: readonly string[]) {
  const unknown = heads.find(({ id }) => id !== undefined && !names.includes(id));
  return unknown && `heads of ${unknown.head_class} are named by ${unknown.id}, which is no column`;
}

function grouped(rules: readonly RowRule[], columns: readonly Column[]): Map<string, Rule[]> {
  const byType = new Map<string, Rule[]>();
  for (const { on, where, key, act, set } of rules) {
    const rule: Rule = {
      where: where.map(({ at, is }) => ({ read: readerOf(at), is })),
      key: key.map(readerOf),
      act,
      set: Object.entries(set).map(([name, source]) => {
        const at = columns.findIndex((column) => column.name === name);
        return { name, at, type: columns[at]?.type ?? 'text', read: readerOf(source) };
      }),
    };
    byType.set(on, [...(byType.get(on) ?? []), rule]);
  }
  return byType;
}

function invalid(message: string): Result<never, Rejection> {
  return err({ code: 'projection.invalid', message });
}
