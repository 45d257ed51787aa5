/** Why a line was not taken. */
export type LeftOver =
  | 'export_prefix'
  | 'interpolation'
  | 'quoting'
  | 'multi_line'
  | 'not_an_assignment'
  | 'empty'
  | 'control_characters'
  | 'twice';

export type Assignment = { readonly line: number; readonly name: string; readonly value: string };
export type LeftLine = { readonly line: number; readonly name?: string; readonly why: LeftOver };
export type Dotenv = { readonly taken: readonly Assignment[]; readonly left: readonly LeftLine[] };

const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]{0,127})=(.*)$/s;
/** Programs differ in what they make of anything else: `\`, `` ` ``, `$`, a `#`, a quote inside. */
const PLAIN = /^[^\s'"`\\$#]+$/;
const QUOTED = /^(?:'([^'\\`$]*)'|"([^"\\`$]*)")$/;

/**
 * The lines of a `.env` file that every program reads alike: `NAME=value` and the same in one pair
 * of quotes. What anything else means depends on who reads it, so it is left, and said why.
 */
export function readDotenv(text: string): Dotenv {
  const taken = new Map<string, Assignment>();
  const left: LeftLine[] = [];
  let closing: string | undefined;
  for (const [at, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = at + 1;
    const said = raw.trim();
    if (closing !== undefined) {
      left.push({ line, why: 'multi_line' });
      if (said.includes(closing)) closing = undefined;
      continue;
    }
    if (said === '' || said.startsWith('#')) continue;
    closing = openQuote(said);
    const read = closing === undefined ? readLine(line, said) : leave(line, said, 'multi_line');
    if ('why' in read) left.push(read);
    else if (taken.has(read.name)) left.push({ line, name: read.name, why: 'twice' });
    else taken.set(read.name, read);
  }
  return { taken: withoutDoubles(taken, left), left };
}

/** Of a name that stands there twice none is taken: which one counts differs, too. */
function withoutDoubles(taken: ReadonlyMap<string, Assignment>, left: LeftLine[]): Assignment[] {
  const doubles = new Set(left.filter(({ why }) => why === 'twice').map(({ name }) => name));
  const all = [...taken.values()];
  const dropped = all.filter(({ name }) => doubles.has(name));
  left.push(...dropped.map(({ line, name }) => ({ line, name, why: 'twice' }) as const));
  left.sort((one, other) => one.line - other.line);
  return all.filter(({ name }) => !doubles.has(name));
}

function readLine(line: number, said: string): Assignment | LeftLine {
  if (/^export\s/.test(said)) return leave(line, said.replace(/^export\s+/, ''), 'export_prefix');
  const [, name, value = ''] = ASSIGNMENT.exec(said) ?? [];
  if (name === undefined) return { line, why: 'not_an_assignment' };
  const given = value.trim();
  if (given === '') return { line, name, why: 'empty' };
  if (/\p{Cc}/u.test(given)) return { line, name, why: 'control_characters' };
  if (/[$`]/.test(given)) return { line, name, why: 'interpolation' };
  if (PLAIN.test(given)) return { line, name, value: given };
  const [, single, double] = QUOTED.exec(given) ?? [];
  const quoted = single ?? double;
  if (quoted === undefined) return { line, name, why: 'quoting' };
  return quoted === '' ? { line, name, why: 'empty' } : { line, name, value: quoted };
}

function leave(line: number, said: string, why: LeftOver): LeftLine {
  const name = ASSIGNMENT.exec(said.replace(/^export\s+/, ''))?.[1];
  return name === undefined ? { line, why } : { line, name, why };
}

/** The quote that a value opens and does not close on its line. */
function openQuote(said: string): string | undefined {
  const [, quote = '', rest = ''] = /^[^='"#]*=\s*(['"`])(.*)$/s.exec(said) ?? [];
  return quote !== '' && !rest.replaceAll(`\\${quote}`, '').includes(quote) ? quote : undefined;
}
