/**
 * Texts as the words and pieces that stand in them. Every function here takes one pass, whatever
 * the text.
 */

/** The longest value that is looked for: what is longer was not seen anywhere. */
export const LONGEST_VALUE = 512;

const AROUND = /^[#\s"'“”„‘’«»()[\]{}<>,;:!?*_~`]+|[\s"'“”„‘’«»()[\]{}<>,;:!?*_~`.]+$/gu;
const INVISIBLE = /\p{Cf}/gu;
/** Where a piece of a word ends that is no word by itself: `mailto:`, `id=13`, `(see`. */
const PIECES = /[^\x21-\x7e]+|[:/=<>(),;|"'`[\]{}#&?]+/u;

/** Words as a person would count them, without what stands around them. */
export function wordsIn(text: string): string[] {
  const words = text.replace(INVISIBLE, '').split(/\s+/u);
  return words.map((word) => word.replace(AROUND, '')).filter((word) => word !== '');
}

/** A value as it is compared: no case and nothing but letters and digits. */
export function squashed(text: string): string {
  return asciiDigits(text.normalize('NFKC').replace(INVISIBLE, ''))
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

/**
 * Everything that somebody who reads a text may take out of it as a value, squashed: its words,
 * the pieces of its words, and what is left of them without marks in between.
 */
export function piecesIn(text: string): Set<string> {
  const pieces = new Set<string>();
  const add = (piece: string): void => {
    const bare = squashed(piece);
    if (bare !== '' && bare.length <= LONGEST_VALUE) pieces.add(bare);
  };
  for (const word of text.replace(INVISIBLE, '').split(/\s+/u)) {
    add(word);
    for (const piece of word.normalize('NFKC').split(PIECES)) add(piece);
    for (const run of word.normalize('NFKC').split(/[^\p{L}\p{N}]+/u)) add(run);
  }
  return pieces;
}

/** Short values that a text refers to: in quotes, joined to a name, or soon after such a noun. */
export function referencesIn(text: string): Set<string> {
  const found = new Set<string>();
  let sinceNoun = NEAR;
  for (const word of text.replace(INVISIBLE, '').split(/\s+/u)) {
    const bare = squashed(word);
    const joined = JOINED.exec(word)?.[1];
    if (joined !== undefined) found.add(squashed(joined));
    if (QUOTED.test(word) || sinceNoun < NEAR) found.add(bare);
    sinceNoun = NOUNS.has(bare) || NOUNS.has(bare.replace(/s$/, '')) ? 0 : sinceNoun + 1;
  }
  return new Set([...found].filter((each) => each !== '' && each.length < SHORT));
}

const QUOTED = /^[([]*[#"'`“‘«]/u;
/** `id=13`, `file_13`, `mail#13`, but not the minutes of a time. */
const JOINED = /\p{L}["']?[=:_/#]["']?([\p{L}\p{N}]{1,3})[^\p{L}\p{N}]*$/u;

/** Values that are shorter stand in dates and counts everywhere. */
export const SHORT = 4;
const NEAR = 4;
const NOUNS: ReadonlySet<string> = new Set(
  (
    'id ids no nr number num item record entry row file document doc mail email message thread ' +
    'event appointment meeting transaction payment order invoice ticket issue account user page ' +
    'object key called named'
  ).split(' '),
);

const HOST_END =
  'com|org|net|edu|gov|io|ai|dev|app|co|info|biz|me|xyz|online|site|example|invalid|test|local|' +
  'onion|uk|de|fr|eu|us|ca|ch|at|nl|it|es|pl|ru|cn|jp|in|br|au|tv|cc|link|click|top|shop|page';
const ADDRESSES: readonly RegExp[] = [
  /@/,
  /^[a-z][a-z0-9+.-]{1,20}:\S/,
  /^[\\/]{2}\S/,
  /^www\./,
  /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}[/\\:?#]\S/,
  new RegExp(`^(?:[\\p{L}\\p{N}-]{1,63}\\.){1,8}(?:${HOST_END})$`, 'u'),
  /^[a-z]{2}\d{2}[a-z0-9]{8,30}$/,
  /^\+?(?:[().-]*\d){9,20}[().-]*$/,
];

/** What sends a reader or money somewhere: addresses of mail and web, accounts, phone numbers. */
export function addressesIn(text: string): string[] {
  const plain = asciiDigits(text.normalize('NFKC').replace(INVISIBLE, '')).replaceAll('。', '.');
  const words = plain.toLowerCase().split(/[\s<>()[\]{}"'`|,;]+/u);
  const found = words.map((word) => word.replace(AROUND, '')).filter(isAddress);
  const spaced = plain.toLowerCase().match(ACCOUNT_IN_GROUPS) ?? [];
  return [...new Set([...found, ...spaced])];
}

const ACCOUNT_IN_GROUPS = /\b[a-z]{2}\d{2}(?: [a-z0-9]{4}){2,7}\b|\b\d{4}(?:[ -]\d{4}){2,4}\b/gu;

function isAddress(word: string): boolean {
  if (word.length > LONGEST_VALUE) return true;
  return ADDRESSES.some((address) => address.test(word)) && /[\p{L}\p{N}]/u.test(word);
}

/** Digits of every script as those of ASCII: they count the same to whoever reads them. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    if (code < 128) return digit;
    for (let zero = code; zero > code - 10; zero -= 1) {
      if (!/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) return String(code - zero);
    }
    return '0';
  });
}
