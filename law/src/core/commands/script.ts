import { type CompoundName, compounds, readArray, readTail } from './compounds.ts';
import { readDocuments, readRedirection } from './redirections.ts';
import {
  type Closer,
  giveUp,
  inside,
  misunderstand,
  noteAssigned,
  type Redirection,
  type Scan,
  type SimpleCommand,
  skipBlanks,
  type Word,
} from './scan.ts';
import { type ReadWord, readWord } from './words.ts';

export type Script = {
  /** Every command in it, also those of branches, loops, functions and substitutions. */
  readonly commands: readonly SimpleCommand[];
  /** Whether these are all there can be. */
  readonly isUnderstood: boolean;
  /** Whether a word of it is `$'…'`, which to some shells begins with a dollar. */
  readonly hasAnsi: boolean;
};

const LONGEST = 65_536;

/** Keywords behind which another command may stand; what they say about it is no matter here. */
const KEYWORDS: ReadonlySet<string> = new Set([
  '!',
  '{',
  '}',
  'do',
  'done',
  'elif',
  'else',
  'esac',
  'fi',
  'if',
  'then',
  'until',
  'while',
]);

/**
 * Reads a script of a POSIX shell or bash, for the commands it would start, not to run it. Total,
 * and linear in the length of the text. Where shells differ, or what follows cannot be told, the
 * script is not understood.
 */
export function readScript(text: string): Script {
  const isReadable = text.length <= LONGEST && !/\0|\p{Surrogate}/u.test(text);
  const outcome = { isUnderstood: isReadable, hasAnsi: false };
  const found: SimpleCommand[] = [];
  const scan: Scan = { text, at: 0, depth: 0, found, outcome, documents: [], readList };
  if (text.length <= LONGEST) readList(scan, 'end');
  if (scan.documents.length > 0) misunderstand(scan);
  return { commands: found, ...outcome };
}

function readList(scan: Scan, closer: Closer): void {
  for (;;) {
    const ended = skipSeparators(scan, closer);
    if (ended) return;
    const character = scan.text[scan.at];
    if (character === undefined) {
      if (closer !== 'end') misunderstand(scan);
      return;
    }
    if (character === ')') {
      scan.at += 1;
      if (closer === 'parenthesis') return;
      misunderstand(scan);
    } else if (character === '(') {
      readGroup(scan);
    } else if (readCommand(scan, closer)) {
      return;
    }
  }
}

/** Whether the branch of a `case` ended here. */
function skipSeparators(scan: Scan, closer: Closer): boolean {
  for (;;) {
    skipBlanks(scan);
    const character = scan.text[scan.at];
    if (character === '\n') {
      scan.at += 1;
      readDocuments(scan);
    } else if (character === '#') {
      skipComment(scan);
    } else if (character === ';') {
      const isEnd = /^;[;&]/.test(scan.text.slice(scan.at, scan.at + 2));
      scan.at += isEnd ? 2 : 1;
      if (isEnd && closer === 'branch') return true;
    } else if (character === '|' || (character === '&' && scan.text[scan.at + 1] !== '>')) {
      scan.at += 1;
    } else return false;
  }
}

function skipComment(scan: Scan): void {
  const end = scan.text.indexOf('\n', scan.at);
  scan.at = end < 0 ? scan.text.length : end;
}

function readGroup(scan: Scan): void {
  // Arithmetic to some shells, groups to others.
  if (/^\((?:\(|\\\n)/.test(scan.text.slice(scan.at, scan.at + 3))) misunderstand(scan);
  scan.at += 1;
  inside(scan, (inner) => readList(inner, 'parenthesis'));
}

type Reading = {
  readonly words: Word[];
  readonly assigned: string[];
  readonly redirections: Redirection[];
  readonly texts: Word[];
};

/** Whether the branch of a `case` ended here. */
function readCommand(scan: Scan, closer: Closer): boolean {
  const start = scan.at;
  const command: Reading = { words: [], assigned: [], redirections: [], texts: [] };
  while (!isAtEnd(scan)) {
    if (readRedirection(scan, command)) continue;
    const from = scan.at;
    const word = readWord(scan);
    if (word === undefined) {
      if (!readParenthesis(scan, command)) break;
      continue;
    }
    if (isNumber(scan, word)) {
      if (word.text?.startsWith('{')) noteAssigned(scan, word.text.slice(1, -1));
      continue;
    }
    const keyword = isBare(command) && !word.isQuoted ? word.text : undefined;
    if (keyword === 'esac' && closer === 'branch') {
      // Left for whoever reads the branches.
      scan.at = from;
      return true;
    }
    // What a coprocess is called and what it runs look the same.
    if (keyword === 'coproc') misunderstand(scan);
    if (keyword !== undefined && KEYWORDS.has(keyword)) return false;
    if (keyword !== undefined && Object.hasOwn(compounds, keyword)) {
      compounds[keyword as CompoundName](scan);
      return false;
    }
    if (command.words.length === 0 && word.assigns !== undefined) {
      command.assigned.push(word.text ?? `${word.assigns}=~`);
      readArray(scan);
    } else command.words.push(word.text);
  }
  if (!isBare(command)) scan.found.push(command);
  else if (scan.at === start) giveUp(scan);
  return false;
}

function isAtEnd(scan: Scan): boolean {
  skipBlanks(scan);
  const character = scan.text[scan.at];
  if (character === '#') skipComment(scan);
  if (character === '&') return scan.text[scan.at + 1] !== '>';
  return character === undefined || '\n;|)#'.includes(character);
}

function isBare({ words, assigned, redirections, texts }: Reading): boolean {
  return words.length + assigned.length + redirections.length + texts.length === 0;
}

/** `name ()` begins a function, whose body is read as what follows. */
function readParenthesis(scan: Scan, command: Reading): boolean {
  if (command.words.length === 1 && command.words[0] !== undefined && readTail(scan)) {
    command.words.pop();
    return false;
  }
  misunderstand(scan);
  return false;
}

/** `2` in `2>file`, or `{name}` in `{name}>file`. */
function isNumber(scan: Scan, { text, isQuoted }: ReadWord): boolean {
  const next = scan.text[scan.at];
  if (isQuoted || text === undefined || (next !== '<' && next !== '>')) return false;
  return /^(?:[0-9]+|\{[A-Za-z_][A-Za-z0-9_]*\})$/.test(text);
}
