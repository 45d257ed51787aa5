import { parseStrict } from '@ioi/canon';
import { parse } from 'yaml';
import { plain } from './plain-text.ts';

/** All that one thing in a result says of itself: its names and its values, plain. */
export type Fields = { readonly values: ReadonlySet<string> };

/** A result taken apart, all of it plain. */
export type ResultReading = {
  readonly records: readonly Fields[];
  /** Running text, where anybody may have written anything. */
  readonly prose: readonly string[];
};

/** What would hold up the node is not worth a finer reading. */
const LONGEST_YAML = 65_536;
const MOST_MARKS = 4096;
const MOST_BYTES = 4_194_304;
const DEEPEST = 32;
const MOST_VALUES = 20_000;

/**
 * A result as records where its contract says that it holds records, JSON or YAML; all as running
 * text otherwise. What was written into a field by somebody cannot pass for a field of its own:
 * the server quotes it. In running text it could, which is why no record is ever read there.
 */
export function readResult(text: string, returns: 'records' | 'text'): ResultReading {
  const value = returns === 'records' ? parseRecords(text) : undefined;
  if (typeof value !== 'object' || value === null) return asProse(text);
  const taken: Taken = { records: [], prose: [], left: MOST_VALUES };
  take(value, taken, 0);
  return taken.left < 0 ? asProse(text) : taken;
}

function asProse(text: string): ResultReading {
  return { records: [], prose: [plain(text)] };
}

function parseRecords(text: string): unknown {
  const json = parseStrict(text, { maxBytes: MOST_BYTES });
  if (json.ok) return json.value;
  const marks = text.match(/[[\]{}&*]|:\s|^\s*- /gm)?.length ?? 0;
  if (text.length > LONGEST_YAML || marks > MOST_MARKS) return undefined;
  try {
    return parse(text, { schema: 'failsafe', maxAliasCount: 0, logLevel: 'silent' });
  } catch {
    // The parser reports what is no YAML by throwing; this is the one place that turns it round.
    return undefined;
  }
}

type Taken = { records: Fields[]; prose: string[]; left: number };

/** The values below; an object keeps them as its own. */
function take(value: unknown, taken: Taken, depth: number): string[] {
  taken.left -= 1;
  if (taken.left < 0 || depth > DEEPEST) {
    taken.left = -1;
    return [];
  }
  if (Array.isArray(value)) return value.flatMap((each) => take(each, taken, depth + 1));
  if (typeof value !== 'object' || value === null) return takeScalar(value, taken);
  const values = Object.entries(value).flatMap(([name, each]) => [
    ...takeScalar(name, taken),
    ...take(each, taken, depth + 1),
  ]);
  taken.records.push({ values: new Set(values) });
  return values;
}

function takeScalar(value: unknown, { prose }: Taken): string[] {
  if (value === null || value === undefined || typeof value === 'boolean') return [];
  const text = plain(String(value));
  if (text.includes(' ')) prose.push(text);
  return text === '' ? [] : [text];
}
