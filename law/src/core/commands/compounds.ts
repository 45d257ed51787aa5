import { readDocuments } from './redirections.ts';
import {
  giveUp,
  inside,
  misunderstand,
  noteAssigned,
  type Scan,
  skipBlanks,
  type Word,
} from './scan.ts';
import { readWord } from './words.ts';

/** What begins with a keyword and then has words that are no command. */
export const compounds = {
  '[[': readTest,
  case: readCase,
  for: readLoop,
  function: readFunction,
  select: readLoop,
  time: readTime,
} as const;

export type CompoundName = keyof typeof compounds;

/** `for name in words`, up to where its commands begin. */
function readLoop(scan: Scan): void {
  skipBlanks(scan);
  const name = readWord(scan)?.text;
  if (name === undefined) {
    // Arithmetic, or another name of a variable in every round.
    misunderstand(scan);
    return;
  }
  noteAssigned(scan, name);
  skipLines(scan);
  const word = readWord(scan);
  if (word?.text !== 'in' || word.isQuoted) {
    if (word !== undefined && word.text !== 'do') misunderstand(scan);
    return;
  }
  readWords(scan);
}

function readWords(scan: Scan): void {
  do skipBlanks(scan);
  while (readWord(scan) !== undefined);
}

function readCase(scan: Scan): void {
  skipLines(scan);
  readWord(scan);
  skipLines(scan);
  if (readWord(scan)?.text !== 'in') {
    misunderstand(scan);
    return;
  }
  inside(scan, (inner) => {
    while (readPatterns(inner)) inner.readList(inner, 'branch');
  });
}

/** Whether a branch begins: `a | b)`. */
function readPatterns(scan: Scan): boolean {
  skipLines(scan);
  if (scan.text.startsWith(';;', scan.at)) scan.at += 2;
  skipLines(scan);
  if (scan.text[scan.at] === '(') scan.at += 1;
  for (;;) {
    skipBlanks(scan);
    const character = scan.text[scan.at];
    if (character === '|') scan.at += 1;
    else if (character === ')') {
      scan.at += 1;
      return true;
    } else {
      const word = readWord(scan);
      if (word?.text === 'esac' && !word.isQuoted) return false;
      if (word !== undefined) continue;
      giveUp(scan);
      return false;
    }
  }
}

function readFunction(scan: Scan): void {
  skipBlanks(scan);
  if (readWord(scan)?.text === undefined) misunderstand(scan);
  readTail(scan);
}

/** The `()` behind the name of a function; whether it is there. */
export function readTail(scan: Scan): boolean {
  skipBlanks(scan);
  if (scan.text[scan.at] !== '(') return false;
  const start = scan.at;
  scan.at += 1;
  skipBlanks(scan);
  if (scan.text[scan.at] === ')') {
    scan.at += 1;
    return true;
  }
  scan.at = start;
  return false;
}

/** Operators by which a test evaluates a text as arithmetic, which may start a program. */
const EVALUATING: ReadonlySet<Word> = new Set(['-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-v']);

function readTest(scan: Scan): void {
  const words: Word[] = ['[['];
  for (;;) {
    skipBlanks(scan);
    const character = scan.text[scan.at];
    if (character === undefined) {
      giveUp(scan);
      return;
    }
    // To a shell without this keyword these end the command and begin another.
    if ('<>()&|;\n#'.includes(character)) misunderstand(scan);
    if ('<>()&|;\n'.includes(character) && scan.text[scan.at + 1] !== '(') {
      scan.at += 1;
      continue;
    }
    const word = readWord(scan);
    if (word === undefined) {
      scan.at += 1;
      continue;
    }
    if (word.text === ']]' && !word.isQuoted) break;
    if (EVALUATING.has(word.text)) misunderstand(scan);
    words.push(word.text);
  }
  scan.found.push({ words, assigned: [], redirections: [], texts: [] });
}

function readTime(scan: Scan): void {
  skipBlanks(scan);
  const option = /-p(?=[ \t])|--(?=[ \t])/y;
  option.lastIndex = scan.at;
  scan.at += option.exec(scan.text)?.[0].length ?? 0;
  skipBlanks(scan);
  // Where it is no keyword it is a program, with options of its own.
  if (scan.text[scan.at] === '-') misunderstand(scan);
}

/** `name=( words )`. */
export function readArray(scan: Scan): void {
  if (scan.text[scan.at] !== '(') return;
  scan.at += 1;
  for (;;) {
    skipLines(scan);
    if (scan.text[scan.at] === ')') break;
    // A subscript, which is arithmetic.
    if (scan.text[scan.at] === '[') misunderstand(scan);
    if (readWord(scan) === undefined) {
      giveUp(scan);
      return;
    }
  }
  scan.at += 1;
}

function skipLines(scan: Scan): void {
  for (;;) {
    skipBlanks(scan);
    const character = scan.text[scan.at];
    if (character === '#') {
      const end = scan.text.indexOf('\n', scan.at);
      scan.at = end < 0 ? scan.text.length : end;
    } else if (character === '\n') {
      scan.at += 1;
      readDocuments(scan);
    } else return;
  }
}
