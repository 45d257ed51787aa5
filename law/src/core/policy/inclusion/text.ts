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
import type { ScalarClasses } from './scalars.ts';
import type { Fragment } from './situation.ts';
import type { Work } from './work.ts';

/**
 * No text; and one shortest text for each combination of patterns that some text matches, by
 * reading texts with the automata of all patterns at once. Texts that the new policy blocks
 * whatever else is said are not followed any further.
 */
export const textClasses: ScalarClasses = {
  classes: (rules, work) => {
    const patterns = [...new Set(rules.flatMap(patternOf))].sort();
    const programs = patterns.map(programOf);
    const alphabet = programs.every((each) => each !== undefined)
      ? alphabetOf(programs.flatMap(setsOf))
      : undefined;
    if (alphabet === undefined) {
      work.giveUp('a text pattern uses what cannot be compared, such as Unicode classes');
      return [];
    }
    const fatal = new Set(rules.filter(blocksByTextAlone).flatMap(patternOf));
    const reader = { programs: programs as readonly Program[], alphabet };
    const texts = textsTold(reader, work, (matched) =>
      matched.some((at) => fatal.has(patterns[at] as string)),
    );
    return [{}, ...texts.map((text): Fragment => ({ params: { text } }))];
  },
};

function patternOf({ rule }: LiveRule): readonly string[] {
  const { block_text_pattern: pattern } = rule.conditions;
  return pattern === undefined ? [] : [pattern];
}

function blocksByTextAlone({ rule, inNew, checks }: LiveRule): boolean {
  return inNew && rule.action === 'BLOCK' && checks.size === 1;
}

function programOf(pattern: string): Program | undefined {
  const expression = parsePattern(pattern);
  return expression && compileExpression(expression);
}

type Reader = { readonly programs: readonly Program[]; readonly alphabet: readonly string[] };
type State = { readonly text: string; readonly before: Before; readonly places: readonly Places[] };

function textsTold(
  { programs, alphabet }: Reader,
  work: Work,
  isFatal: (matched: readonly number[]) => boolean,
): readonly string[] {
  const start: State = { text: '', before: 'start', places: programs.map(() => []) };
  const seen = new Set([keyOf(start)]);
  const waiting = [start];
  const texts = new Map<string, string>();
  const size = programs.reduce((sum, { instructions }) => sum + instructions.length, 1);
  for (let at = 0; at < waiting.length; at += 1) {
    const { text, before, places } = waiting[at] as State;
    const read = (character: string | undefined): readonly Places[] =>
      places.map((each, which) => advance(programs[which] as Program, each, before, character));
    const matched = matchedIn(read(undefined));
    if (!isFatal(matched) && !texts.has(matched.join())) texts.set(matched.join(), text);
    for (const character of alphabet) {
      if (!work.spend(1 + size / 8)) return [];
      const next = { text: text + character, before: kindOf(character), places: read(character) };
      const key = keyOf(next);
      if (seen.has(key) || isFatal(matchedIn(next.places))) continue;
      seen.add(key);
      waiting.push(next);
    }
  }
  const found = [...texts.values()];
  if (found.some((text) => text.normalize('NFC') !== text)) {
    work.giveUp('a text pattern is about characters that are never written that way');
  }
  return found;
}

function matchedIn(places: readonly Places[]): readonly number[] {
  return places.flatMap((each, at) => (each === undefined ? [at] : []));
}

function keyOf({ before, places }: State): string {
  return `${before}#${places.map((each) => each?.join('.') ?? 'yes').join(',')}`;
}
