import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Statements of one database by their text, each prepared once. */
export type Statements = Map<string, StatementSync>;

export function preparedIn(
  database: DatabaseSync,
  statements: Statements,
  sql: string,
): StatementSync {
  const known = statements.get(sql);
  if (known) return known;
  const prepared = database.prepare(sql);
  statements.set(sql, prepared);
  return prepared;
}

/** The same for rows as lists of their columns; kept apart from those that give rows by name. */
export function listsIn(
  database: DatabaseSync,
  statements: Statements,
  sql: string,
): StatementSync {
  const isNew = !statements.has(sql);
  const statement = preparedIn(database, statements, sql);
  if (isNew) statement.setReturnArrays(true);
  return statement;
}
