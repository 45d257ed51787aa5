import { err, ok, type Result } from '@ioi/basis';
import { toPlainJson } from '@ioi/law';
import { applyEdits, type FormattingOptions, modify } from 'jsonc-parser';
import { parse as parseToml, stringify as toToml } from 'smol-toml';

/** Where an agent keeps its MCP servers: in a table of that name at the top of a file. */
export type ServersFile = { readonly format: 'json' | 'toml'; readonly table: string };
type Table = Readonly<Record<string, unknown>>;
/** First these are taken out, then those put in; a name in both is replaced. */
export type ServersChange = { readonly remove: readonly string[]; readonly put: Table };
export type EditError = {
  readonly code: 'connect.unreadable' | 'connect.uneditable';
  readonly message: string;
};

/** The servers in such a file, by their names; none where it has no such table. */
export function serversTable(text: string, file: ServersFile): Result<Table, EditError> {
  const read = contentOf(text, file);
  if (!read.ok) return read;
  const { [file.table]: table = {} } = read.value;
  return isTable(table) ? ok(table) : err(unreadable(`${file.table} is no table`));
}

/**
 * The text with its servers changed, and not a byte of anything else: what comes out is read again,
 * and where it does not say exactly what was meant there is none.
 */
export function withServers(
  text: string,
  file: ServersFile,
  change: ServersChange,
): Result<string, EditError> {
  const before = contentOf(text, file);
  if (!before.ok) return before;
  const table = serversTable(text, file);
  if (!table.ok) return table;
  const wanted = { ...before.value, [file.table]: changed(table.value, change) };
  const there = Object.keys(table.value);
  const remove = there.filter(
    (name) => change.remove.includes(name) || Object.hasOwn(change.put, name),
  );
  const edited = file.format === 'json' ? editJson : editToml;
  const after = edited(text, file, { remove, put: change.put });
  const read = contentOf(after, file);
  if (read.ok && inOrder(read.value) === inOrder(wanted)) return ok(after);
  const message = `its ${file.table} are written in a way that cannot be changed in place`;
  return err({ code: 'connect.uneditable', message });
}

/** One spelling for what says the same. */
export function inOrder(content: Table): string {
  return JSON.stringify(content, (_name, value: unknown) => {
    return isTable(value) ? Object.fromEntries(Object.entries(value).sort(byName)) : value;
  });
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}

function changed(table: Table, { remove, put }: ServersChange): Table {
  const gone = new Set([...remove, ...Object.keys(put)]);
  const kept = Object.entries(table).filter(([name]) => !gone.has(name));
  return Object.fromEntries([...kept, ...Object.entries(put)]);
}

export function contentOf(
  text: string,
  { format }: Pick<ServersFile, 'format'>,
): Result<Table, EditError> {
  if (text.trim() === '') return ok({});
  try {
    const content: unknown = format === 'toml' ? parseToml(text) : JSON.parse(toPlainJson(text));
    return isTable(content) ? ok(content) : err(unreadable('it is no table of settings'));
  } catch (fault) {
    return err(unreadable(fault instanceof Error ? fault.message : String(fault)));
  }
}

export function unreadable(message: string): EditError {
  return { code: 'connect.unreadable', message };
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As the rest of the file is written. */
export function formattingOf(text: string): FormattingOptions {
  return {
    insertSpaces: !/\n\t/.test(text),
    tabSize: /\n( +)"/.exec(text)?.[1]?.length ?? 2,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

function editJson(text: string, { table }: ServersFile, { remove, put }: ServersChange): string {
  const formattingOptions = formattingOf(text);
  const set = (now: string, name: string, value: unknown): string =>
    applyEdits(now, modify(now, [table, name], value, { formattingOptions }));
  const begun = text.trim() === '' ? '{}\n' : text;
  const without = remove.reduce((now, name) => set(now, name, undefined), begun);
  return Object.entries(put).reduce((now, [name, value]) => set(now, name, value), without);
}

function editToml(text: string, { table }: ServersFile, { remove, put }: ServersChange): string {
  const without = withoutTables(text, table, new Set(remove));
  const added = Object.entries(put).map(([name, value]) => toToml({ [table]: { [name]: value } }));
  const end = without === '' || without.endsWith('\n') ? '' : '\n';
  return [`${without}${end}`, ...added].join(without.trim() === '' ? '' : '\n');
}

/** A table ends where the next one begins. */
function withoutTables(text: string, table: string, names: ReadonlySet<string>): string {
  const kept: string[] = [];
  let isGone = false;
  for (const line of text.split('\n')) {
    const [first, second] = headerOf(line);
    if (first !== undefined) isGone = first === table && names.has(second ?? '');
    if (!isGone) kept.push(line);
  }
  return kept.join('\n');
}

/** The names in a line that begins a table, outermost first; none in any other line. */
function headerOf(line: string): readonly string[] {
  if (!line.trim().startsWith('[')) return [];
  const names: string[] = [];
  try {
    let at: unknown = parseToml(line);
    while (isTable(at)) {
      const [name] = Object.keys(at);
      if (name === undefined) break;
      names.push(name);
      at = at[name];
    }
  } catch {
    // Part of a value over several lines.
  }
  return names;
}
