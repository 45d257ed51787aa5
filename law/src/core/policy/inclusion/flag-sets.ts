import { type CommandPattern, settleFlags } from '../../commands/index.ts';
import type { ProgramPatterns } from './commands.ts';
import type { Work } from './work.ts';

type Flags = ReadonlySet<string>;

/**
 * Sets of options, among them one for each set of patterns that vouch for it, and, where a pattern
 * is to catch, one for each way of having its options. Patterns that are open ask for options to
 * be there, so unions of what they ask for are enough; the others ask for exactly theirs, so that
 * beside them one more option makes all others.
 */
export function flagSets(
  { name, vouching, catching }: ProgramPatterns,
  caught: CommandPattern | undefined,
  work: Work,
): readonly Flags[] {
  const closed = vouching.filter(({ isOpen }) => !isOpen).map(({ flags }) => flags);
  const open = vouching.filter(({ isOpen }) => isOpen).map(({ flags }) => flags);
  const unions = new Map([['', new Set<string>() as Flags]]);
  for (const flags of open) {
    for (const known of [...unions.values()]) {
      if (!work.spend(4 + known.size)) return [];
      const both = new Set([...known, ...flags]);
      unions.set(keyOf(both), both);
    }
  }
  const caughtBy = caught === undefined ? [new Set<string>()] : waysOf(caught, name, catching);
  const extra = unknownFlag(name, [...vouching, ...catching]);
  const isClosed = (flags: Flags): boolean => closed.some((each) => keyOf(each) === keyOf(flags));
  if (!work.spend(unions.size * caughtBy.length * 4)) return [];
  const sets = [...unions.values()].flatMap((union) =>
    caughtBy.map((way) => new Set([...union, ...way])),
  );
  const all = [
    ...closed,
    ...sets.map((flags) => (isClosed(flags) ? new Set([...flags, extra]) : flags)),
  ];
  return [...new Map(all.map((flags) => [keyOf(flags), flags])).values()];
}

function keyOf(flags: Flags): string {
  return [...flags].sort().join(' ');
}

/** The options of a pattern, each as it is or cut short where that means something else. */
function waysOf(
  { flags }: CommandPattern,
  name: string,
  catching: readonly CommandPattern[],
): readonly Flags[] {
  const wanted = new Set(catching.flatMap((each) => [...each.flags]));
  let ways: readonly Flags[] = [new Set()];
  for (const flag of flags) {
    const spellings = spellingsOf(flag, name, wanted);
    ways = ways.flatMap((way) => spellings.map((each) => new Set([...way, each])));
  }
  return ways;
}

/** Programs take the beginning of a long option for the option, and some mean another one too. */
function spellingsOf(flag: string, name: string, wanted: Flags): readonly string[] {
  const byMeaning = new Map<string, string>();
  for (let length = 4; flag.startsWith('--') && length < flag.length; length += 1) {
    const cut = flag.slice(0, length);
    const isKept = settleFlags(name, new Set([cut])).has(cut);
    const meant = [...wanted].filter((each) => each.startsWith(cut)).join(' ');
    if (isKept && !wanted.has(cut) && !byMeaning.has(meant)) byMeaning.set(meant, cut);
  }
  return [flag, ...byMeaning.values()];
}

function unknownFlag(name: string, patterns: readonly CommandPattern[]): string {
  const known = patterns.flatMap(({ flags }) => [...flags]);
  let flag = '--any';
  const isFree = (): boolean =>
    settleFlags(name, new Set([flag])).has(flag) && !known.some((each) => each.startsWith(flag));
  while (!isFree()) flag += 'x';
  return flag;
}
