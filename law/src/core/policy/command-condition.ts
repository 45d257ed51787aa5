import {
  type CommandPattern,
  catches,
  isCommandPattern,
  patternHolds,
  readCommandPattern,
  vouches,
} from '../commands/index.ts';
import type { Condition, Matcher } from './condition.ts';
import type { Action } from './rules.ts';

/**
 * An ALLOW rule vouches for everything a request would start; for the others one such command is
 * enough. What is not understood is undetermined.
 */
export const allowCommands: Condition<string[]> = {
  tightens: 'shrink',
  matcher: matchCommands,
  includes: (outer, inner) => {
    const patterns = outer.map(readCommandPattern).filter(isCommandPattern);
    return inner.map(readCommandPattern).every((each) => {
      return isCommandPattern(each) && patterns.some((pattern) => patternHolds(pattern, each));
    });
  },
};

function matchCommands(entries: readonly string[], action: Action): Matcher {
  const patterns = entries.map(readCommandPattern).filter(isCommandPattern);
  const isReadable = patterns.length === entries.length;
  return action === 'ALLOW' ? vouching(patterns, isReadable) : catching(patterns, isReadable);
}

function vouching(patterns: readonly CommandPattern[], isReadable: boolean): Matcher {
  return ({ commands }) => {
    if (!commands?.isUnderstood || commands.started.length === 0) return 'unknown';
    for (const command of commands.started) {
      const fits = patterns.map((pattern) => vouches(pattern, command));
      if (fits.includes('yes')) continue;
      return fits.includes('unknown') || !isReadable ? 'unknown' : 'no';
    }
    return 'yes';
  };
}

function catching(patterns: readonly CommandPattern[], isReadable: boolean): Matcher {
  return ({ commands }) => {
    if (commands === undefined) return 'unknown';
    const fits = commands.started.flatMap((command) =>
      patterns.map((pattern) => catches(pattern, command)),
    );
    if (fits.includes('yes')) return 'yes';
    const isCertain = isReadable && commands.isUnderstood && !fits.includes('unknown');
    return isCertain ? 'no' : 'unknown';
  };
}
