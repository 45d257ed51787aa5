import { readBackquote, readDollar } from './expansions.ts';
import { inside, misunderstand, type Scan, type Word } from './scan.ts';

export type ReadWord = {
  readonly text: Word;
  /** Whether any of it was quoted: a quoted word is no keyword and no number of a file. */
  readonly isQuoted: boolean;
  /** The variable it sets, if it stands where one may be set. */
  readonly assigns: string | undefined;
};

const ENDS: ReadonlySet<string> = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')']);
const PLAIN = /[^ \t\n;&|<>()\\'"`$*?[{~,.=:]+/y;
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)\+?$/;
const IN_QUOTES = /[^"\\`$]+/y;

type Building = {
  readonly parts: string[];
  isKnown: boolean;
  isQuoted: boolean;
  isInBraces: boolean;
  hasEquals: boolean;
  assigns: string | undefined;
};

/** Reads one word; undefined where none begins. */
export function readWord(scan: Scan): ReadWord | undefined {
  const start = scan.at;
  const word: Building = {
    parts: [],
    isKnown: true,
    isQuoted: false,
    isInBraces: false,
    hasEquals: false,
    assigns: undefined,
  };
  for (;;) {
    const character = scan.text[scan.at];
    if (character === undefined) break;
    if (ENDS.has(character)) {
      if (!isSubstitution(scan, character)) break;
      word.isKnown = false;
      scan.at += 2;
      inside(scan, (inner) => inner.readList(inner, 'parenthesis'));
      continue;
    }
    readPart(scan, word, character, scan.at === start);
  }
  if (scan.at === start) return undefined;
  const text = word.isKnown ? word.parts.join('') : undefined;
  return { text, isQuoted: word.isQuoted, assigns: word.assigns };
}

function isSubstitution(scan: Scan, character: string): boolean {
  return (character === '<' || character === '>') && scan.text[scan.at + 1] === '(';
}

function readPart(scan: Scan, word: Building, character: string, isFirst: boolean): void {
  switch (character) {
    case '\\':
      readEscaped(scan, word);
      return;
    case "'":
      readSingle(scan, word);
      return;
    case '"':
      word.isQuoted = true;
      scan.at += 1;
      add(word, readDouble(scan, '"'));
      return;
    case '`':
      add(word, readBackquote(scan, false));
      return;
    case '$':
      readExpansion(scan, word);
      return;
    case '*':
    case '?':
      spoil(scan, word);
      return;
    case '[':
      readBracket(scan, word, isFirst);
      return;
    case '~':
      readTilde(scan, word, isFirst);
      return;
    case '=':
      noteAssignment(word);
      break;
    case '{':
      word.isInBraces = true;
      break;
    case ',':
      if (word.isInBraces) word.isKnown = false;
      break;
    case '.':
      if (word.isInBraces && scan.text[scan.at + 1] === '.') word.isKnown = false;
      break;
    default:
      readPlain(scan, word, character);
      return;
  }
  take(scan, word, character);
}

/** Only what stands before the first `=` can be a variable. */
function noteAssignment(word: Building): void {
  if (word.hasEquals) return;
  word.hasEquals = true;
  if (word.isQuoted || !word.isKnown) return;
  word.assigns = ASSIGNMENT.exec(word.parts.join(''))?.[1];
}

function readPlain(scan: Scan, word: Building, character: string): void {
  PLAIN.lastIndex = scan.at;
  const run = PLAIN.exec(scan.text)?.[0] ?? character;
  word.parts.push(run);
  scan.at += run.length;
}

function take(scan: Scan, word: Building, character: string): void {
  word.parts.push(character);
  scan.at += 1;
}

function spoil(scan: Scan, word: Building): void {
  word.isKnown = false;
  scan.at += 1;
}

function add(word: Building, text: Word): void {
  if (text === undefined) word.isKnown = false;
  else word.parts.push(text);
}

function readEscaped(scan: Scan, word: Building): void {
  const next = scan.text[scan.at + 1];
  scan.at += 2;
  if (next === '\n') return;
  word.isQuoted = true;
  if (next === undefined) {
    scan.at -= 1;
    word.isKnown = false;
    misunderstand(scan);
  } else {
    word.parts.push(next);
  }
}

function readSingle(scan: Scan, word: Building): void {
  const end = scan.text.indexOf("'", scan.at + 1);
  word.isQuoted = true;
  if (end < 0) {
    misunderstand(scan);
    word.isKnown = false;
    scan.at = scan.text.length;
    return;
  }
  word.parts.push(scan.text.slice(scan.at + 1, end));
  scan.at = end + 1;
}

function readExpansion(scan: Scan, word: Building): void {
  const next = scan.text[scan.at + 1];
  if (next === '"') {
    // Some shells know no translated text: to them the dollar is itself.
    misunderstand(scan);
    word.isQuoted = true;
    scan.at += 2;
    add(word, readDouble(scan, '"'));
    return;
  }
  if (next === "'") word.isQuoted = true;
  add(word, readDollar(scan, false));
}

/** A bracket by itself is a program; any other may begin a pattern for names of files. */
function readBracket(scan: Scan, word: Building, isFirst: boolean): void {
  const next = scan.text[scan.at + 1];
  const isAlone = isFirst && (next === undefined || ENDS.has(next));
  const after = scan.text[scan.at + 2];
  const isTest = isFirst && next === '[' && (after === undefined || ENDS.has(after));
  if (!isAlone && !isTest) {
    spoil(scan, word);
    return;
  }
  word.parts.push(isTest ? '[[' : '[');
  scan.at += isTest ? 2 : 1;
}

/** Whose home it is, the text does not say. */
function readTilde(scan: Scan, word: Building, isFirst: boolean): void {
  const before = scan.text[scan.at - 1];
  if (isFirst || before === '=' || before === ':' || before === '\n') word.isKnown = false;
  take(scan, word, '~');
}

/** What stands in double quotes up to the closer, or up to the end where there is none. */
export function readDouble(scan: Scan, closer: '"' | undefined): Word {
  const parts: string[] = [];
  let isKnown = true;
  for (;;) {
    const character = scan.text[scan.at];
    if (character === undefined) {
      if (closer !== undefined) misunderstand(scan);
      return closer === undefined && isKnown ? parts.join('') : undefined;
    }
    if (character === closer) break;
    const part = readQuoted(scan, character);
    if (part === undefined) isKnown = false;
    else parts.push(part);
  }
  scan.at += 1;
  return isKnown ? parts.join('') : undefined;
}

function readQuoted(scan: Scan, character: string): Word {
  if (character === '`') return readBackquote(scan, true);
  if (character === '$') return readDollar(scan, true);
  if (character === '\\') {
    const next = scan.text[scan.at + 1];
    scan.at += next === undefined ? 1 : 2;
    if (next === '\n') return '';
    return next !== undefined && '$`"\\'.includes(next) ? next : `\\${next ?? ''}`;
  }
  IN_QUOTES.lastIndex = scan.at;
  const run = IN_QUOTES.exec(scan.text)?.[0] ?? character;
  scan.at += run.length;
  return run;
}
