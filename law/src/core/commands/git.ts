import { skipOptions } from './options.ts';
import type { Word } from './scan.ts';

const GLOBAL = {
  flags: 'pP',
  values: 'C',
  longFlags: ['bare', 'no-optional-locks', 'no-pager', 'no-replace-objects', 'paginate'],
  longValues: ['git-dir', 'namespace', 'work-tree'],
};

/** Subcommands, and options of any, that start programs named elsewhere or in their words. */
const STARTING: ReadonlySet<string> = new Set([
  'difftool',
  'filter-branch',
  'mergetool',
  'send-email',
  'submodule',
]);
const OPTIONS =
  /^--(?:exec|ext-diff|upload-pack|receive-pack|config|open-files|extcmd|textconv|template|outp)/;

/**
 * `git -C folder status` as `git status -C folder`, so that the options before the subcommand hide
 * nothing; undefined where git is told to start other programs, or where that cannot be told.
 */
export function settleGit(words: readonly Word[]): readonly Word[] | undefined {
  const at = skipOptions(words, 1, GLOBAL);
  if (at === undefined) return undefined;
  const [subcommand, ...rest] = words.slice(at);
  const isForced = subcommand === 'push' && rest.some((word) => word?.startsWith('+'));
  const settled = [
    words[0],
    ...words.slice(at),
    ...words.slice(1, at),
    ...(isForced ? ['--force'] : []),
  ];
  if (at >= words.length) return words;
  if (subcommand === undefined || STARTING.has(subcommand)) return undefined;
  const isStarting = rest.some((word) => word !== undefined && startsProgram(subcommand, word));
  return isStarting ? undefined : settled;
}

function startsProgram(subcommand: string, word: string): boolean {
  if (OPTIONS.test(word) || word.startsWith('ext::')) return true;
  switch (subcommand) {
    case 'bisect':
      return word === 'run';
    case 'rebase':
      return /^-[a-z]*[xi]|^--interactive/.test(word);
    case 'clone':
      return /^-[a-z]*[uc]/.test(word);
    case 'grep':
      return word.startsWith('-O');
    case 'config':
      return /alias\.|command|editor|pager|hook|helper|include|program|textconv|filter/i.test(word);
    default:
      return false;
  }
}
