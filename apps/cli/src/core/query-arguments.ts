import { err, ok, type Result } from '@ioi/basis';

export type ColumnTypes = readonly { readonly name: string; readonly type: string }[];
export type BadArgument = { readonly code: 'usage.invalid'; readonly message: string };

const CONDITION = /^([a-z][a-z0-9_]*)(\^=|<=|>=|=|<|>)([\s\S]*)$/;
const WORDS: Readonly<Record<string, string>> = {
  '<': 'lt',
  '<=': 'lte',
  '>': 'gt',
  '>=': 'gte',
  '^=': 'prefix',
};

/**
 * `--where` as a query wants it: `state=pending`, `seq>=100`, `agent_id^=agent://local/`. Values
 * are read by their column's type; `column=` alone asks for rows without a value.
 */
export function whereOf(
  conditions: readonly string[],
  columns: ColumnTypes,
): Result<Record<string, unknown>, BadArgument> {
  const where: Record<string, unknown> = {};
  for (const condition of conditions) {
    const [, name = '', operator = '', text = ''] = CONDITION.exec(condition) ?? [];
    const column = columns.find((each) => each.name === name);
    if (column === undefined) return bad(unknownColumn(condition, name, columns));
    const value = valueOfText(text, column.type);
    if (value === undefined) return bad(`--where ${name} takes ${column.type}, not ${text}`);
    const word = WORDS[operator];
    const earlier = where[name];
    const isTaken = Object.hasOwn(where, name) && (word === undefined || !isObject(earlier));
    if (isTaken) return bad(`--where says twice what ${name} is`);
    where[name] = word === undefined ? value : { ...(earlier as object), [word]: value };
  }
  return ok(where);
}

function unknownColumn(condition: string, name: string, columns: ColumnTypes): string {
  if (name === '') return `--where takes column=value, not ${condition}`;
  return `there is no column ${name}; there are ${columns.map((each) => each.name).join(', ')}`;
}

function valueOfText(text: string, type: string): unknown {
  if (text === '') return null;
  if (type === 'integer') return /^-?[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
  if (type === 'boolean') return { true: true, false: false }[text];
  return type === 'text' ? text : undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function bad(message: string): Result<never, BadArgument> {
  return err({ code: 'usage.invalid', message });
}
