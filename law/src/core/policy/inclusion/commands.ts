import type { Pausing } from '@ioi/basis';
import {
  bareName,
  type CommandPattern,
  type ComparedCommand,
  catches,
  comparable,
  isCommandPattern,
  isTreePattern,
  programName,
  readCommandPattern,
  settleFlags,
  treePrograms,
  treeUsesOf,
  usualFolders,
  vouches,
} from '../../commands/index.ts';
import { type Choice, Elements, isFatal } from './elements.ts';
import { flagSets } from './flag-sets.ts';
import type { LiveRule } from './live-rule.ts';
import { operandLists } from './operand-lists.ts';
import { OTHER_PROGRAM } from './situation.ts';
import type { Work } from './work.ts';

/** A pattern of one rule. */
type Held = { readonly pattern: CommandPattern; readonly rule: LiveRule };

/** What catches: an operand of a program that reads whole trees stands first, by its letters. */
export type CatchingPattern = CommandPattern & { readonly isFirst?: true };

/** What rules say of the programs of one name. */
export type ProgramPatterns = {
  readonly name: string;
  /** Of ALLOW rules. */
  readonly vouching: readonly CommandPattern[];
  /** Of all others. */
  readonly catching: readonly CatchingPattern[];
};

/**
 * Nothing started, or what is started cannot be told; or any number of commands, at least one.
 *
 * An ALLOW rule needs a pattern for each command, a restrictive rule one command. So a command
 * that meets several restrictive rules stands for several that meet one each and the same ALLOW
 * rules, and for each pattern that catches only those are made that have what it needs.
 */
export function* commandChoices(
  rules: readonly LiveRule[],
  work: Work,
): Pausing<readonly Choice[]> {
  const about = rules.filter(({ checks }) => checks.has('commands'));
  const held = about.flatMap((rule) => patternsOf(rule).map((pattern) => ({ pattern, rule })));
  const always = about.filter(({ rule, compiled }) => {
    return compiled.isRestrictive && !(rule.conditions.allow_commands ?? []).every(isReadable);
  });
  const elements = new Elements();
  const add = (words: readonly string[], among: readonly Held[]): void => {
    const met = new Set([...always, ...metBy(comparable(words), among)]);
    if (![...met].some((rule) => isFatal(rule, 'commands'))) {
      elements.add(words.map(quoted).join(' '), met, words);
    }
  };
  const isOfTrees = ({ pattern, rule }: Held): boolean =>
    rule.compiled.isRestrictive && isTreePattern(pattern);
  const trees = held.filter(isOfTrees);
  const groups = Map.groupBy(
    held.filter((each) => !isOfTrees(each)),
    ({ pattern }) => programName(pattern.program),
  );
  let other = OTHER_PROGRAM;
  while (groups.has(other)) other += 'x';
  add([other], []);
  if (trees.length > 0) {
    const free = treePrograms.findLast((each) => !groups.has(each));
    if (free === undefined) work.giveUp('rules name every program that reads whole trees');
    else add(wordsOfUse(free), trees);
  }
  for (const [name, own] of groups) {
    const bare = bareName(name);
    const group = [...own, ...(bare === name ? [] : (groups.get(bare) ?? [])), ...trees];
    for (const words of commandsOf(patternsFor(name, group), work)) {
      if (!work.spend(1 + group.length / 4)) break;
      if (words === undefined || work.isDue()) yield;
      if (words !== undefined) add(words, group);
    }
  }
  return [
    { fragment: {}, elements: undefined, starts: false },
    { fragment: {}, elements: elements.all(), starts: true },
  ];
}

function patternsOf({ rule }: LiveRule): readonly CommandPattern[] {
  return (rule.conditions.allow_commands ?? []).map(readCommandPattern).filter(isCommandPattern);
}

function isReadable(entry: string): boolean {
  return isCommandPattern(readCommandPattern(entry));
}

/** Those that may catch a program of that name, and those that may vouch for one. */
function patternsFor(name: string, group: readonly Held[]): ProgramPatterns {
  const vouching = group.filter(({ pattern, rule }) => {
    return !rule.compiled.isRestrictive && programName(pattern.program) === name;
  });
  const catching = group.filter(({ rule }) => rule.compiled.isRestrictive);
  return {
    name,
    vouching: vouching.map(({ pattern }) => pattern),
    catching: catching
      .flatMap(({ pattern }): readonly CatchingPattern[] =>
        isTreePattern(pattern) ? [] : [pattern],
      )
      .concat(catching.some(({ pattern }) => isTreePattern(pattern)) ? treePatterns(name) : []),
  };
}

/** The uses in which the program reads whole trees, as patterns. */
function treePatterns(name: string): readonly CatchingPattern[] {
  return treeUsesOf(name).map(({ verb, flag }) => ({
    program: name,
    operands: verb === undefined ? [] : [verb],
    flags: settleFlags(name, new Set(flag === undefined ? [] : [flag])),
    isOpen: true,
    isFirst: true,
  }));
}

function wordsOfUse(program: string): readonly string[] {
  const { verb, flag } = treeUsesOf(program)[0] ?? {};
  return [program, verb, flag].filter((word) => word !== undefined);
}

function metBy(command: ComparedCommand, among: readonly Held[]): readonly LiveRule[] {
  const met = among.filter(({ pattern, rule }) => {
    const fits = rule.compiled.isRestrictive ? catches : vouches;
    return fits(pattern, command) === 'yes';
  });
  return met.map(({ rule }) => rule);
}

/** Commands of one program name, among them one for each way of meeting the patterns. */
function* commandsOf(about: ProgramPatterns, work: Work): Generator<readonly string[] | undefined> {
  const programs = programsOf(about);
  for (const caught of [undefined, ...about.catching]) {
    const lists = yield* operandLists(about, caught, work);
    for (const { operands, fitting } of lists) {
      if (work.isDue()) yield;
      for (const flags of flagSets({ ...about, vouching: fitting }, caught, work)) {
        const words = wordsOf(flags, operands);
        if (words === undefined) {
          work.giveUp('an operand of `allow_commands` that reads like an option is not compared');
          return;
        }
        for (const program of programs) yield [program, ...words];
      }
    }
  }
}

/** The program written in each way that patterns which vouch tell apart, and in one of none. */
function programsOf({ name, vouching }: ProgramPatterns): readonly string[] {
  const written = [...new Set(vouching.map(({ program }) => program))];
  const all = [...written, ...written.flatMap((each) => usualFolders.map((at) => at + each))];
  const byMeaning = new Map<string, string>();
  for (const program of all) {
    const meaning = written.filter(
      (each) => each === program || usualFolders.some((folder) => folder + each === program),
    );
    if (!byMeaning.has(meaning.join())) byMeaning.set(meaning.join(), program);
  }
  let other = name;
  while (all.includes(other)) other = other === name ? `/any/${name}` : `/any${other}`;
  return [...byMeaning.values(), other];
}

/** Undefined where an operand would be taken for an option. */
function wordsOf(
  flags: ReadonlySet<string>,
  operands: readonly string[],
): readonly string[] | undefined {
  const [first, ...rest] = operands;
  const options = [...flags].filter((flag) => flag !== '--');
  const isOption = (word: string | undefined): boolean =>
    word?.startsWith('-') === true && word !== '-';
  if (!flags.has('--')) return operands.some(isOption) ? undefined : [...operands, ...options];
  if (first === undefined || isOption(first)) return [...options, '--', ...operands];
  return [first, ...options, '--', ...rest];
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_./:@%+-]+$/.test(word) ? word : `'${word}'`;
}
