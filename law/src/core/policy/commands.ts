import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import {
  type ComparedCommand,
  comparable,
  type Invocations,
  invocationsOfScript,
  invocationsOfWords,
  isHarmlessVariable,
  namedPaths,
  readsItsFolder,
  type Word,
} from '../commands/index.ts';

/** What a request would start, and what that names. */
export type Commands = {
  readonly started: readonly ComparedCommand[];
  /** Whether nothing else would be started. */
  readonly isUnderstood: boolean;
  readonly paths: readonly Word[];
  /** Folders in which they would run. */
  readonly folders: readonly string[];
  /** Whether one of them may read all that is in those. */
  readonly readsFolders: boolean;
};

/** Writing there changes nothing. */
const STREAMS: readonly Word[] = ['/dev/null', '/dev/stdin', '/dev/stdout', '/dev/stderr'];

/**
 * The commands of a request: `argv` word by word, or `command` as a shell reads it. Without `cwd`
 * they run in the workspace. Undefined for a request that starts nothing.
 */
export function readCommands({ params }: ActionRequest, facts: ActionFacts): Commands | undefined {
  const { argv, command, cwd = facts.workspace_root, env, args } = params;
  if (argv === undefined && command === undefined) return undefined;
  const read = [
    ...(argv === undefined ? [] : [readWords(argv)]),
    ...(command === undefined ? [] : [readScriptText(command)]),
  ];
  const started = read.flatMap((each) => each.started);
  const redirections = read
    .flatMap((each) => each.redirections)
    .filter(({ path }) => !STREAMS.includes(path));
  const folder = typeof cwd === 'string' && cwd.startsWith('/') ? cwd : undefined;
  const named = namedPaths(started, redirections, folder);
  const isCertain = args === undefined && isHarmlessEnvironment(env);
  // What a redirection does, a program could do: it needs the same leave.
  const redirected = redirections.flatMap(({ kind, path }): Word[][] => [
    ...(kind === 'read' ? [] : [['tee', path]]),
    ...(kind === 'write' ? [] : [['cat', path]]),
  ]);
  const compared = [...started, ...redirected].map(comparable);
  return {
    started: compared,
    readsFolders: compared.some(readsItsFolder),
    isUnderstood: isCertain && read.every((each) => each.isUnderstood),
    ...named,
    paths: folder === undefined ? [...named.paths, undefined] : named.paths,
  };
}

const NOT_READ: Invocations = { started: [], redirections: [], isUnderstood: false };

function readWords(value: unknown): Invocations {
  const isList = Array.isArray(value) && value.every((word) => typeof word === 'string');
  return isList ? invocationsOfWords(value) : NOT_READ;
}

function readScriptText(value: unknown): Invocations {
  return typeof value === 'string' ? invocationsOfScript(value) : NOT_READ;
}

function isHarmlessEnvironment(value: unknown): boolean {
  if (value === undefined) return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, each]) =>
      isHarmlessVariable(name, typeof each === 'string' ? each : undefined),
    )
  );
}
