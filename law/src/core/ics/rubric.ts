import type { Json } from '@ioi/canon';
import type { IntentContractSchema } from '@ioi/protocol';

type Rubric = NonNullable<IntentContractSchema['rubric']>;
type Wanted = Rubric[string];
/** Undefined where the value is none that the entry is defined for. */
type Check = (wanted: Wanted) => ((text: string) => boolean) | undefined;

export type Finding = { readonly isKept: boolean; readonly why: string };

const FENCE = /^ {0,3}(```|~~~)/;
const LETTER = /[\p{L}\p{N}_]/u;
const NO_LETTER = `(?!${LETTER.source})`;
const NO_LETTER_BEFORE = `(?<!${LETTER.source})`;

/** Entries that the text alone decides, the same for everybody who has it. */
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['contains_code', (wanted) => truth(wanted, hasCode)],
  [
    'forbidden_words',
    (wanted) => words(wanted, (all, text) => !all.some((each) => each.test(text))),
  ],
  [
    'required_words',
    (wanted) => words(wanted, (all, text) => all.every((each) => each.test(text))),
  ],
  ['max_words', (wanted) => atMost(wanted, wordsIn)],
  ['min_words', (wanted) => atLeast(wanted, wordsIn)],
  ['max_characters', (wanted) => atMost(wanted, charactersIn)],
  ['min_characters', (wanted) => atLeast(wanted, charactersIn)],
  ['max_lines', (wanted) => atMost(wanted, linesIn)],
  ['min_lines', (wanted) => atLeast(wanted, linesIn)],
]);

/** Whether an entry is decided by an output, whatever that is. */
export function isDecidable(name: string, wanted: Wanted): boolean {
  return CHECKS.get(name)?.(wanted) !== undefined;
}

/** Undefined where it takes somebody's opinion, or a program that is run: nothing is guessed. */
export function findIn(name: string, wanted: Wanted, output: Json): Finding | undefined {
  const check = CHECKS.get(name)?.(wanted);
  if (check === undefined) return undefined;
  const isKept = check(textOf(output));
  return { isKept, why: isKept ? 'the output is so' : 'the output is not so' };
}

/** Every text in a value, names of members left out, one below the other. */
function textOf(value: Json): string {
  if (typeof value === 'string') return value.normalize('NFC');
  if (Array.isArray(value)) return value.map(textOf).filter(Boolean).join('\n');
  if (value === null || typeof value !== 'object') return '';
  return Object.values(value as Readonly<Record<string, Json>>)
    .map(textOf)
    .filter(Boolean)
    .join('\n');
}

function truth(wanted: Wanted, holds: (text: string) => boolean) {
  return typeof wanted === 'boolean' ? (text: string) => holds(text) === wanted : undefined;
}

function words(wanted: Wanted, holds: (all: readonly RegExp[], text: string) => boolean) {
  const isList = Array.isArray(wanted) && wanted.every((each) => typeof each === 'string' && each);
  if (!isList) return undefined;
  const all = wanted.map((each) => folded(String(each)));
  return (text: string): boolean => holds(all.map(wordOf), folded(text));
}

function atMost(wanted: Wanted, count: (text: string) => number) {
  return isCount(wanted) ? (text: string) => count(text) <= wanted : undefined;
}

function atLeast(wanted: Wanted, count: (text: string) => number) {
  return isCount(wanted) ? (text: string) => count(text) >= wanted : undefined;
}

function isCount(wanted: Wanted): wanted is number {
  return typeof wanted === 'number' && wanted >= 0;
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** By itself, and not as a part of a longer word. One pass, whatever the text is. */
function wordOf(word: string): RegExp {
  const signs = [...word];
  const [before, after] = [signs[0], signs.at(-1)].map((edge = '') => LETTER.test(edge));
  const found = word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`${before ? NO_LETTER_BEFORE : ''}${found}${after ? NO_LETTER : ''}`, 'u');
}

/** A block between two fences of Markdown. */
function hasCode(text: string): boolean {
  return text.split('\n').filter((line) => FENCE.test(line)).length > 1;
}

function wordsIn(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}

function charactersIn(text: string): number {
  return [...text].length;
}

function linesIn(text: string): number {
  return text === '' ? 0 : text.split('\n').length;
}
