import { bareName, programName, usualFolders } from './programs.ts';
import type { Word } from './scan.ts';
import { settleFlags } from './synonyms.ts';
import { readsTree } from './trees.ts';

/** `git log --oneline **`: a program, its operands in order, its options in any. */
export type CommandPattern = {
  readonly program: string;
  /** `*` stands for any one. */
  readonly operands: readonly string[];
  readonly flags: ReadonlySet<string>;
  /** Whether more words of any kind may stand there. */
  readonly isOpen: boolean;
};

export type PatternFault = { readonly message: string; readonly hint?: string };

export type Fit = 'yes' | 'no' | 'unknown';

const ANY = '*';
const OPEN = '**';
/** Whatever reads whole trees: the contents of a folder, not the files that are named. */
const TREES = '@tree';

/** Reads an entry of a policy. */
export function readCommandPattern(text: string): CommandPattern | PatternFault {
  const words = text.split(' ').filter((word) => word !== '');
  const [program = ''] = words;
  const isOpen = words.length > 1 && words.at(-1) === OPEN;
  const rest = words.slice(1, isOpen ? -1 : undefined);
  if (!/^[A-Za-z0-9_./+[:@-]+$/.test(program) || program.startsWith('-')) {
    const hint = 'start with the name of the program, such as "git status" or "npm run *"';
    return { message: `\`${text.slice(0, 100)}\` names no program`, hint };
  }
  if (program === TREES && words.length > 1) {
    return { message: `\`${TREES}\` stands alone: it is any command that reads whole folders` };
  }
  if (program.includes('/') && !program.startsWith('/')) {
    return { message: 'a program is named alone or by an absolute path' };
  }
  const strange = rest.find((word) => /['"`$;&|<>()\\~]|\p{Cc}/u.test(word) || isPart(word));
  if (strange !== undefined) {
    const hint = '`*` is one whole word, a last `**` any more; quotes and expansions mean nothing';
    return { message: `\`${strange}\` cannot stand in a command pattern`, hint };
  }
  const { flags, operands } = split(program, rest);
  return { program, flags, operands: operands as string[], isOpen };
}

function isPart(word: string): boolean {
  return word.includes(ANY) && word !== ANY && !/^-.*=\*$/.test(word);
}

export function isCommandPattern(read: CommandPattern | PatternFault): read is CommandPattern {
  return 'program' in read;
}

/** Whether it is about whatever reads whole trees, and not about one program. */
export function isTreePattern({ program }: CommandPattern): boolean {
  return program === TREES;
}

export function printCommandPattern({ program, operands, flags, isOpen }: CommandPattern): string {
  return [program, ...operands, ...[...flags].sort(), ...(isOpen ? [OPEN] : [])].join(' ');
}

/** A command ready to be compared. */
export type ComparedCommand = {
  readonly program: Word;
  readonly flags: ReadonlySet<string>;
  readonly operands: readonly Word[];
  /** Whether every word of it is known. */
  readonly isKnown: boolean;
};

export function comparable(words: readonly Word[]): ComparedCommand {
  const [program, ...rest] = words;
  const isKnown = !words.includes(undefined);
  return { program, isKnown, ...split(program ?? '', rest) };
}

/** Options become a set: `-rf` is `-f -r`, `--name=value` is `--name value`. */
function split(
  program: string,
  words: readonly Word[],
): { readonly flags: ReadonlySet<string>; readonly operands: readonly Word[] } {
  const flags = new Set<string>();
  const operands: Word[] = [];
  for (const [at, word] of words.entries()) {
    if (word === undefined || word === '-' || !word.startsWith('-')) operands.push(word);
    else if (word === '--') {
      flags.add(word);
      operands.push(...words.slice(at + 1));
      break;
    } else if (word.startsWith('--')) {
      const equals = word.indexOf('=');
      flags.add(equals < 0 ? word : word.slice(0, equals));
      if (equals >= 0) operands.push(word.slice(equals + 1));
    } else for (const letter of word.slice(1)) flags.add(`-${letter}`);
  }
  return { flags: settleFlags(programName(program), flags), operands };
}

/** Whether the pattern vouches for the command: the very program, no option it does not name. */
export function vouches(pattern: CommandPattern, command: ComparedCommand): Fit {
  const { program, flags, operands, isKnown } = command;
  if (program === undefined) return 'unknown';
  const isIt =
    program === pattern.program || usualFolders.some((each) => each + pattern.program === program);
  if (!isIt) return 'no';
  if (!isKnown) return 'unknown';
  const hasAll = [...pattern.flags].every((flag) => flags.has(flag));
  if (!hasAll || (!pattern.isOpen && flags.size > pattern.flags.size)) return 'no';
  const isLong = operands.length > pattern.operands.length;
  if (isLong && !pattern.isOpen) return 'no';
  const fits = pattern.operands.every(
    (wanted, at) => at < operands.length && (wanted === ANY || wanted === operands[at]),
  );
  return fits ? 'yes' : 'no';
}

/**
 * Whether the pattern catches the command: the program wherever it lies and however its name is
 * written, with at least its options and, in this order, its operands.
 */
export function catches(pattern: CommandPattern, command: ComparedCommand): Fit {
  const { program, flags, operands, isKnown } = command;
  if (program === undefined) return 'unknown';
  if (isTreePattern(pattern)) return readsTree(command);
  const name = programName(program);
  const wanted = programName(pattern.program);
  if (name !== wanted && bareName(name) !== wanted) return 'no';
  const hasAll = [...pattern.flags].every((flag) => [...flags].some((each) => isFlag(each, flag)));
  const isCaught = hasAll && standsIn(pattern.operands, operands);
  return isCaught ? 'yes' : isKnown ? 'no' : 'unknown';
}

/** Programs take the beginning of a long option for the option. */
function isFlag(given: string, wanted: string): boolean {
  return (
    given === wanted || (given.length > 3 && given.startsWith('--') && wanted.startsWith(given))
  );
}

function standsIn(wanted: readonly string[], given: readonly Word[]): boolean {
  let at = 0;
  for (const word of given) {
    const next = wanted[at];
    if (next === ANY || next?.toLowerCase() === word?.toLowerCase()) at += 1;
    if (at >= wanted.length) return true;
  }
  return wanted.length === 0;
}

/** Whether the outer pattern vouches for everything the inner one does. Exact. */
export function patternHolds(outer: CommandPattern, inner: CommandPattern): boolean {
  if (outer.program !== inner.program || (inner.isOpen && !outer.isOpen)) return false;
  const hasAll = [...outer.flags].every((flag) => inner.flags.has(flag));
  if (!hasAll || (!outer.isOpen && inner.flags.size > outer.flags.size)) return false;
  if (!outer.isOpen && inner.operands.length > outer.operands.length) return false;
  return outer.operands.every((wanted, at) => {
    const given = inner.operands[at];
    return given !== undefined && (wanted === ANY || wanted === given);
  });
}
