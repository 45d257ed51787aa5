/** One spelling for comparing: compatibility form, small letters, single spaces. */
export function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** Whether `value` stands in `text` as a whole word or words; both plain. */
export function occursIn(value: string, text: string): boolean {
  return someOccurrence(value, text, () => true);
}

/**
 * The same, and so that it reads as a reference: in quotes, or right after a word such as `id`.
 * For values as short as `13`, which stand in dates and counts everywhere.
 */
export function isReferredTo(value: string, text: string): boolean {
  return someOccurrence(value, text, (at) =>
    LEAD.test(text.slice(Math.max(0, at - LONGEST_LEAD), at)),
  );
}

/** Mail and web addresses, account numbers: what sends a reader or money somewhere. */
export function addressesIn(text: string): string[] {
  const found = plain(text).match(ADDRESS) ?? [];
  return [...new Set(found.map((each) => each.replace(/[.,;:!?]+$/u, '')))];
}

const LONGEST_LEAD = 24;
const LEAD = /(?:["'`“‘«([#]|\b(?:id|ids|no|nr|number|item|record|entry)\W{0,4})$/u;
const MAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/u;
const WEB = /(?:https?:\/\/|www\.)[^\s"'<>()]{1,2000}/u;
const ACCOUNT = /\b[a-z]{2}\d{2}[a-z0-9]{8,30}\b/u;
const ADDRESS = new RegExp([MAIL, WEB, ACCOUNT].map(({ source }) => source).join('|'), 'gu');

function someOccurrence(value: string, text: string, isIt: (at: number) => boolean): boolean {
  if (value === '') return false;
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length)) {
    const isWhole = isEdge(text, at - 1, -1) && isEdge(text, at + value.length, 1);
    if (isWhole && isIt(at)) return true;
  }
  return false;
}

/** Whether no word goes on there: a dot or a dash between two letters is within a word. */
function isEdge(text: string, at: number, step: 1 | -1): boolean {
  const next = text[at];
  if (next === undefined) return true;
  if (isWordPart(next)) return false;
  return !(JOINERS.includes(next) && isWordPart(text[at + step] ?? ' '));
}

const JOINERS = '.-@';

function isWordPart(character: string): boolean {
  return /[\p{L}\p{N}_]/u.test(character);
}
