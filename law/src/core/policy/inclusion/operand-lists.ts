import type { Pausing } from '@ioi/basis';
import type { CommandPattern } from '../../commands/index.ts';
import { anotherCase } from './another-case.ts';
import type { CatchingPattern, ProgramPatterns } from './commands.ts';
import type { Work } from './work.ts';

const ANY = '*';

/** How far the operands read so far bring the patterns of one program. */
type State = {
  readonly operands: readonly string[];
  /** Patterns that vouch and fit so far, in their order. */
  readonly fitting: readonly CommandPattern[];
  /** How many operands each pattern that catches has met. */
  readonly met: readonly number[];
};

export type OperandList = {
  readonly operands: readonly string[];
  /** Patterns that vouch for it, as far as operands go. */
  readonly fitting: readonly CommandPattern[];
};

/**
 * Lists of operands, among them one for each set of patterns that vouch for it; and, where a
 * pattern is to catch, for each way of having its operands among those. They are read by all
 * patterns at once, so lists are alike when they bring all patterns equally far.
 */
export function* operandLists(
  { vouching, catching }: ProgramPatterns,
  caught: CatchingPattern | undefined,
  work: Work,
): Pausing<readonly OperandList[]> {
  const longest = Math.max(0, ...vouching.map(({ operands }) => operands.length));
  const fresh = unusedWord([...vouching, ...catching]);
  const start: State = { operands: [], fitting: vouching, met: catching.map(() => 0) };
  const keyOf = ({ operands, fitting, met }: State): string => {
    const length = Math.min(operands.length, longest + 1);
    return `${length}#${fitting.map((each) => vouching.indexOf(each))}#${met}`;
  };
  const seen = new Set([keyOf(start)]);
  const waiting = [start];
  for (let at = 0; at < waiting.length; at += 1) {
    if (work.isDue()) yield;
    const state = waiting[at] as State;
    const verbs = at === 0 ? verbsOf(catching) : NONE;
    for (const word of [...wordsAt(state, caught, verbs, work), fresh]) {
      if (!work.spend(1 + (vouching.length + catching.length) / 4)) return [];
      const next = onward(state, word, catching);
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      waiting.push(next);
    }
  }
  return waiting.map(({ operands, fitting }) => {
    const isWhole = (each: CommandPattern): boolean => each.operands.length <= operands.length;
    return { operands, fitting: fitting.filter(isWhole) };
  });
}

const NONE: ReadonlySet<string> = new Set();

/** Words by which a first operand alone is told apart from the same in another case. */
function verbsOf(catching: readonly CatchingPattern[]): ReadonlySet<string> {
  return new Set(catching.flatMap(({ operands, isFirst }) => (isFirst ? operands : [])));
}

/** Words that patterns which vouch expect here, and those of the pattern that is to catch. */
function wordsAt(
  { operands, fitting }: State,
  caught: CatchingPattern | undefined,
  verbs: ReadonlySet<string>,
  work: Work,
): readonly string[] {
  const expected = new Set(fitting.flatMap((each) => each.operands[operands.length] ?? []));
  expected.delete(ANY);
  const wanted = caught?.operands.filter((word) => word !== ANY) ?? [];
  const others = wanted.flatMap((word) => {
    if (!expected.has(word) && !verbs.has(word)) return word;
    const other = anotherCase(word, new Set([...expected, ...verbs]));
    if (other !== 'unknown') return [word, ...(other.found === undefined ? [] : [other.found])];
    work.giveUp('letters beyond ASCII in `allow_commands` are not compared');
    return [];
  });
  return [...new Set([...expected, ...others])];
}

function onward(state: State, word: string, catching: readonly CatchingPattern[]): State {
  const { operands, fitting, met } = state;
  const at = operands.length;
  return {
    operands: [...operands, word],
    fitting: fitting.filter(({ operands: wanted, isOpen }) => {
      const next = wanted[at];
      return next === undefined ? isOpen : next === ANY || next === word;
    }),
    met: met.map((count, which) => {
      const { operands: wanted = [], isFirst } = catching[which] ?? {};
      const next = wanted[count];
      if (isFirst) return count === at && next === word ? count + 1 : count;
      const isMet = next === ANY || next?.toLowerCase() === word.toLowerCase();
      return isMet ? count + 1 : count;
    }),
  };
}

function unusedWord(patterns: readonly CommandPattern[]): string {
  const used = new Set(
    patterns.flatMap(({ operands }) => operands.map((each) => each.toLowerCase())),
  );
  let word = 'any';
  while (used.has(word)) word += 'x';
  return word;
}
