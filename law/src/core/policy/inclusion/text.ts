import type { Pausing } from '@ioi/basis';
import { type Choice, type Element, isFatal, keyOfRules, refuseAllowing } from './elements.ts';
import type { LiveRule } from './live-rule.ts';
import { alphabetOf } from './regex/char-set.ts';
import { parsePattern } from './regex/parse.ts';
import {
  advance,
  type Before,
  compileExpression,
  kindOf,
  type Places,
  type Program,
  setsOf,
} from './regex/program.ts';
import type { Work } from './work.ts';

/**
 * A text that is not at hand, or any number of texts: one shortest text for each combination of
 * patterns that some text matches, by reading texts with the automata of all patterns at once.
 * Texts that the new policy blocks whatever else is said are left out.
 */
export function* textChoices(rules: readonly LiveRule[], work: Work): Pausing<readonly Choice[]> {
  refuseAllowing(rules, 'texts', work);
  const missing = { $payload: `sha256:${'0'.repeat(64)}`, bytes: 0 };
  return [
    { fragment: { params: { content: missing } }, elements: undefined },
    { fragment: {}, elements: yield* textElements(rules, work) },
  ];
}

function* textElements(rules: readonly LiveRule[], work: Work): Pausing<readonly Element[]> {
  const patterns = [...new Set(rules.flatMap(patternOf))].sort();
  const programs = patterns.map(programOf);
  const alphabet = programs.every((each) => each !== undefined)
    ? alphabetOf(programs.flatMap(setsOf))
    : undefined;
  if (alphabet === undefined) {
    work.giveUp('a text pattern uses what cannot be compared, such as Unicode classes');
    return [];
  }
  const fatal = new Set(rules.filter((rule) => isFatal(rule, 'texts')).flatMap(patternOf));
  const reader = { programs: programs as readonly Program[], alphabet };
  const texts = yield* textsTold(reader, work, (matched) =>
    matched.some((at) => fatal.has(patterns[at] as string)),
  );
  return [...texts].map(([matched, value]): Element => {
    const found = new Set(matched.split(',').map((at) => patterns[Number(at)]));
    const met = rules.filter((rule) => patternOf(rule).some((pattern) => found.has(pattern)));
    const hit = matched === '' ? [] : met;
    return { value, key: keyOfRules(hit), rules: new Set(hit) };
  });
}

function patternOf({ rule }: LiveRule): readonly string[] {
  const { block_text_pattern: pattern } = rule.conditions;
  return pattern === undefined ? [] : [pattern];
}

function programOf(pattern: string): Program | undefined {
  const expression = parsePattern(pattern);
  return expression && compileExpression(expression);
}

type Reader = { readonly programs: readonly Program[]; readonly alphabet: readonly string[] };
type State = { readonly text: string; readonly before: Before; readonly places: readonly Places[] };

function* textsTold(
  { programs, alphabet }: Reader,
  work: Work,
  isFatal: (matched: readonly number[]) => boolean,
): Pausing<ReadonlyMap<string, string>> {
  const start: State = { text: '', before: 'start', places: programs.map(() => []) };
  const seen = new Set([keyOf(start)]);
  const waiting = [start];
  const texts = new Map<string, string>();
  const size = programs.reduce((sum, { instructions }) => sum + instructions.length, 1);
  for (let at = 0; at < waiting.length; at += 1) {
    if (work.isDue()) yield;
    const { text, before, places } = waiting[at] as State;
    const read = (character: string | undefined): readonly Places[] =>
      places.map((each, which) => advance(programs[which] as Program, each, before, character));
    const matched = matchedIn(read(undefined));
    if (!isFatal(matched) && !texts.has(matched.join())) texts.set(matched.join(), text);
    for (const character of alphabet) {
      if (!work.spend(1 + size / 8)) return texts;
      const next = { text: text + character, before: kindOf(character), places: read(character) };
      const key = keyOf(next);
      if (seen.has(key) || isFatal(matchedIn(next.places))) continue;
      seen.add(key);
      waiting.push(next);
    }
  }
  // Characters that are never written so; and a text that, as an address, means another one.
  const isOdd = (text: string): boolean =>
    text.normalize('NFC') !== text || /%[0-9A-Fa-f]{2}/.test(text);
  if ([...texts.values()].some(isOdd)) {
    work.giveUp('a text pattern is about a spelling that is read in two ways');
  }
  return texts;
}

function matchedIn(places: readonly Places[]): readonly number[] {
  return places.flatMap((each, at) => (each === undefined ? [at] : []));
}

function keyOf({ before, places }: State): string {
  return `${before}#${places.map((each) => each?.join('.') ?? 'yes').join(',')}`;
}
