import { parseStrict } from '@ioi/canon';
import { readYamlRecords } from './yaml-records.ts';

/** One thing in a result: what it says of itself, not what things in it say. */
export type Fields = {
  readonly values: readonly string[];
  /** What people call it by. */
  readonly names: readonly string[];
};

/** A result taken apart. */
export type ResultReading = {
  readonly records: readonly Fields[];
  /** Running text, where anybody may have written anything. */
  readonly prose: readonly string[];
};

const MOST_BYTES = 1_048_576;
const DEEPEST = 32;
const MOST_VALUES = 20_000;
/** Fields that people write into, however short what they write. */
const WRITTEN =
  /body|content|subject|text|descri|title|note|comment|message|summary|caption|snippet|reason/i;
const NAMES = /name|title|subject/i;

/**
 * A result as records where its contract says that it holds records, from JSON or from YAML as
 * programs write it; all as running text otherwise. What was written into a field by somebody
 * cannot pass for a field of its own there: the server quotes it. In running text it could, which
 * is why no record is ever read in it.
 */
export function readText(text: string, returns: 'records' | 'text'): ResultReading {
  const value = parsed(text);
  if (value === undefined) return { records: [], prose: [text] };
  const { records, prose } = readValue(value, returns);
  return returns === 'records' ? { records, prose } : { records: [], prose: [text, ...prose] };
}

/** The same of a value that came as one. Of more than can be taken apart, all is running text. */
export function readValue(value: unknown, returns: 'records' | 'text'): ResultReading {
  const taken: Taken = { records: [], prose: [], left: MOST_VALUES };
  take(value, taken, { depth: 0, isWritten: returns === 'text' });
  if (taken.left < 0) return { records: [], prose: [JSON.stringify(value) ?? ''] };
  return returns === 'records' ? taken : { records: [], prose: taken.prose };
}

function parsed(text: string): object | undefined {
  const json = parseStrict(text, { maxBytes: MOST_BYTES });
  const value: unknown = json.ok ? json.value : readYamlRecords(text);
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** What programs call members: words of letters, joined as programs do. */
export const MEMBER_NAME = /^[A-Za-z_][A-Za-z_-]{0,39}$/;

type Taken = { records: Fields[]; prose: string[]; left: number };
type Place = { readonly depth: number; readonly isWritten: boolean };

/** The scalars that belong to whoever holds this value: its own, and those in its lists. */
function take(value: unknown, taken: Taken, { depth, isWritten }: Place): string[] {
  taken.left -= 1;
  if (taken.left < 0 || depth > DEEPEST) {
    taken.left = -1;
    return [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((each) => take(each, taken, { depth: depth + 1, isWritten }));
  }
  if (typeof value !== 'object' || value === null) return takeScalar(value, taken, isWritten);
  const fields = Object.entries(value).map(([name, each]) => {
    const place = { depth: depth + 1, isWritten: isWritten || WRITTEN.test(name) };
    return { name, values: take(each, taken, place) };
  });
  const names = fields.filter(({ name }) => NAMES.test(name)).flatMap(({ values }) => values);
  // A member that no program would call so is data: an address with what it may do, say.
  const keys = fields.map(({ name }) => name).filter((name) => !MEMBER_NAME.test(name));
  taken.records.push({ values: [...keys, ...fields.flatMap(({ values }) => values)], names });
  return [];
}

function takeScalar(value: unknown, { prose }: Taken, isWritten: boolean): string[] {
  if (value === null || value === undefined || typeof value === 'boolean') return [];
  const text = String(value);
  if (text.trim() === '') return [];
  if (isWritten || /\s/u.test(text.trim())) prose.push(text);
  return [text];
}
