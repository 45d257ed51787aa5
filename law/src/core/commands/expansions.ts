import {
  giveUp,
  innerText,
  inside,
  misunderstand,
  noteAssigned,
  type Scan,
  skipNumbers,
  type Word,
} from './scan.ts';
import { readDouble } from './words.ts';

const NAME = /[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]/y;

/** Reads what begins with `$`: text where it means itself, undefined where it is replaced. */
export function readDollar(scan: Scan, isInQuotes: boolean): Word {
  const next = scan.text[scan.at + 1];
  if (next === '(') return readSubstitution(scan);
  if (next === '{') return readBraces(scan, isInQuotes);
  if (next === "'" && !isInQuotes) return readAnsi(scan);
  if (next === '[' || (next === '\\' && scan.text[scan.at + 2] === '\n')) {
    misunderstand(scan);
    scan.at += 2;
    return undefined;
  }
  NAME.lastIndex = scan.at + 1;
  const name = NAME.exec(scan.text)?.[0];
  scan.at += 1 + (name?.length ?? 0);
  return name === undefined ? '$' : undefined;
}

function readSubstitution(scan: Scan): undefined {
  scan.at += 1;
  if (scan.text[scan.at + 1] === '(') {
    if (skipNumbers(scan)) return undefined;
    misunderstand(scan);
  }
  if (scan.text.startsWith('(\\\n', scan.at)) misunderstand(scan);
  scan.at += 1;
  inside(scan, (inner) => inner.readList(inner, 'parenthesis'));
  return undefined;
}

/** `${…}`: what it stands for is not known, but what is substituted in it runs. */
function readBraces(scan: Scan, isInQuotes: boolean): undefined {
  scan.at += 2;
  inside(scan, (inner) => {
    const start = inner.at;
    noteParameter(inner);
    for (;;) {
      const character = inner.text[inner.at];
      if (character === undefined) return giveUp(inner);
      if (character === '}') break;
      if (isSecondReading(inner, start)) misunderstand(inner);
      if (inner.text.startsWith('\\\n', inner.at)) misunderstand(inner);
      // Inside double quotes shells differ about what a single quote is here.
      if (character === "'" && isInQuotes) misunderstand(inner);
      readWithinBraces(inner, character, isInQuotes);
    }
    inner.at += 1;
  });
  return undefined;
}

const PARAMETER = /[#!]?(?:([A-Za-z_]\w*)|[0-9]+|[@*#?$!-])?(?:\[[^\]]*\])?(:?)/y;
const OFFSET = /[0-9]+(?::[0-9]+)?\}/y;

/** `${x=…}` sets the variable, and what `${x:…}` begins with is arithmetic if not an operator. */
function noteParameter(scan: Scan): void {
  PARAMETER.lastIndex = scan.at;
  const [head = '', name, colon] = PARAMETER.exec(scan.text) ?? [];
  const behind = scan.at + head.length;
  const operator = scan.text[behind] ?? '';
  if (operator === '=' && name !== undefined) noteAssigned(scan, name);
  OFFSET.lastIndex = behind;
  if (colon === ':' && !'-+=?'.includes(operator) && !OFFSET.test(scan.text)) misunderstand(scan);
}

const SUBSCRIPT = /\[(?:[0-9]+|@|\*)\]/y;

/** `${x@P}` and a subscript that is no number read a value as a script or as arithmetic. */
function isSecondReading({ text, at }: Scan, start: number): boolean {
  const next = text[at + 1] ?? '';
  if (text[at] === '@') return at > start && /[A-Za-z]/.test(next);
  if (text[at] === '!') return at === start;
  SUBSCRIPT.lastIndex = at;
  return text[at] === '[' && !SUBSCRIPT.test(text);
}

function readWithinBraces(scan: Scan, character: string, isInQuotes: boolean): void {
  if (character === '\\') scan.at += 2;
  else if (character === '`') readBackquote(scan, isInQuotes);
  else if (character === '$') readDollar(scan, isInQuotes);
  else if (character === '"') {
    scan.at += 1;
    readDouble(scan, '"');
  } else if (character === "'" && !isInQuotes) skipSingle(scan);
  else scan.at += 1;
}

function skipSingle(scan: Scan): void {
  const end = scan.text.indexOf("'", scan.at + 1);
  if (end < 0) giveUp(scan);
  else scan.at = end + 1;
}

/** Backquotes hold a script in which some backslashes are taken away first. */
export function readBackquote(scan: Scan, isInQuotes: boolean): undefined {
  const parts: string[] = [];
  const removable = isInQuotes ? '$`\\"' : '$`\\';
  let at = scan.at + 1;
  for (; scan.text[at] !== '`'; at += 1) {
    const character = scan.text[at];
    if (character === undefined) {
      giveUp(scan);
      return undefined;
    }
    const next = scan.text[at + 1] ?? '';
    if (character === '\\' && next !== '' && removable.includes(next)) {
      // Backquotes inside backquotes are rare enough to be left to people.
      if (next === '`') misunderstand(scan);
      at += 1;
      parts.push(next);
    } else parts.push(character);
  }
  scan.at = at + 1;
  innerText(scan, parts.join(''), (inner) => inner.readList(inner, 'end'));
  return undefined;
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  E: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
};
const NUMBERED = /([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})/y;

/** `$'…'`. A byte that is no ASCII character depends on the locale, and NUL ends the text. */
function readAnsi(scan: Scan): Word {
  const parts: string[] = [];
  let isKnown = true;
  let at = scan.at + 2;
  for (; scan.text[at] !== "'"; ) {
    const character = scan.text[at];
    if (character === undefined) {
      giveUp(scan);
      return undefined;
    }
    if (character !== '\\') {
      parts.push(character);
      at += 1;
      continue;
    }
    const [text, length] = readAnsiEscape(scan.text, at + 1);
    if (text === undefined) isKnown = false;
    else parts.push(text);
    at += 1 + length;
  }
  scan.outcome.hasAnsi = true;
  // Some shells know no such quoting: to them the first quote in it ends it.
  if (!/^(?:[A-Za-z0-9 ]|\\[nt])*$/.test(scan.text.slice(scan.at + 2, at))) misunderstand(scan);
  scan.at = at + 1;
  return isKnown ? parts.join('') : undefined;
}

function readAnsiEscape(text: string, at: number): readonly [Word, number] {
  const letter = text[at] ?? '';
  if (Object.hasOwn(SIMPLE, letter)) return [SIMPLE[letter], 1];
  NUMBERED.lastIndex = at;
  const match = NUMBERED.exec(text);
  if (match === null) return letter === 'c' ? [undefined, 2] : [`\\${letter}`, 1];
  const [whole, octal, ...hexadecimal] = match;
  const digits = hexadecimal.find((each) => each !== undefined) ?? '0';
  const code = octal === undefined ? Number.parseInt(digits, 16) : Number.parseInt(octal, 8);
  return [code > 0 && code < 128 ? String.fromCharCode(code) : undefined, whole.length];
}
