import { isLongOption, skipOptions } from './options.ts';
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
const OPTIONS: readonly string[] = [
  'config',
  'exec',
  'ext-diff',
  'extcmd',
  'open-files-in-pager',
  'output',
  'output-directory',
  'receive-pack',
  'template',
  'textconv',
  'upload-pack',
];
/** All that only read a configuration, or say which. */
const READING =
  /^(?:-[lz]|--(?:list|get|get-all|get-regexp|global|local|system|worktree|null|name-only))$/;
const READING_MORE = /^--(?:show-origin|show-scope|bool|int|includes|no-includes)$/;
/** Names that start nothing, whatever their value. */
const HARMLESS_NAMES =
  /^(?:user\.(?:name|email)|init\.defaultbranch|color\.ui|pull\.(?:ff|rebase)|push\.default)$/i;

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
  const isStarting =
    rest.some((word) => word !== undefined && startsProgram(subcommand, word)) ||
    (subcommand === 'config' && !isHarmlessConfig(rest));
  return isStarting ? undefined : settled;
}

function startsProgram(subcommand: string, word: string): boolean {
  if (isLongOption(word, OPTIONS) || word.startsWith('ext::')) return true;
  switch (subcommand) {
    case 'bisect':
      return word === 'run';
    case 'rebase':
      return /^-[a-z]*[xi]/.test(word) || isLongOption(word, ['interactive', 'edit-todo']);
    case 'clone':
      return /^-[a-z]*[uc]/.test(word);
    case 'grep':
      return /^-[A-Za-z]*O/.test(word);
    default:
      return false;
  }
}

/** Whether `git config` only reads, or sets what starts nothing. */
function isHarmlessConfig(words: readonly Word[]): boolean {
  if (words.includes(undefined)) return false;
  const known = words.filter((word) => word !== undefined);
  const options = known.filter((word) => word.startsWith('-'));
  if (!options.every((word) => READING.test(word) || READING_MORE.test(word))) return false;
  const operands = known.filter((word) => !word.startsWith('-'));
  const isVerb = operands[0] === 'set' || operands[0] === 'get' || operands[0] === 'list';
  const [name = ''] = isVerb ? operands.slice(1) : operands;
  const isRead = operands[0] === 'get' || operands[0] === 'list' || operands.length < 2;
  return isRead || options.some((word) => word.startsWith('--get')) || HARMLESS_NAMES.test(name);
}
