import { WEB, words } from './words.ts';

type Returns = 'records' | 'text';

/** Verbs of reads that list things, with what they say of them. */
const LISTING = words('list search get find');
/** What stands behind these tells which things, not what they are. */
const BOUNDS = words('by for of in from with on at');
/** What reads one of these returns running text, whoever wrote it. */
const DOCUMENTS = words(
  'file page webpage website document article url content site text snapshot transcript thread',
  'pdf email message review comment post note news doc html markdown body',
);
/** One of these alone is a record. */
const RECORDS = words('info balance iban day details');
/** Many of these are listed as records. */
const MANY = words('emails messages threads');

/**
 * What a tool returns, by the words of its name: records where it lists many things, or one that
 * is a record by itself, or makes one. Everything else is running text, where nothing is
 * believed.
 */
export function returnsOf(name: readonly string[], act: string | undefined): Returns {
  const [verb = '', ...rest] = name;
  if (act === 'create') return 'records';
  if (act !== 'read' || !LISTING.has(verb) || rest.some((word) => WEB.has(word))) return 'text';
  const bound = rest.findIndex((word) => BOUNDS.has(word));
  const things = bound < 0 ? rest : rest.slice(0, bound);
  const last = things.at(-1) ?? '';
  if (RECORDS.has(last)) return 'records';
  if (things.slice(0, -1).some(isDocument)) return 'text';
  if (MANY.has(last) || (last === 'files' && verb !== 'get')) return 'records';
  return isPlural(last) && !isDocument(last) ? 'records' : 'text';
}

function isDocument(word: string): boolean {
  return DOCUMENTS.has(word) || DOCUMENTS.has(word.replace(/s$/, ''));
}

function isPlural(word: string): boolean {
  return /[^sui]s$/.test(word);
}
