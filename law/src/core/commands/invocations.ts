import { settleGit } from './git.ts';
import { namesInText } from './named-paths.ts';
import { isLongOption, skipOptions } from './options.ts';
import {
  isInterpreter,
  opaque,
  plainModules,
  programName,
  programOptions,
  programWords,
  setting,
  shells,
  startingLongOptions,
  startingOptions,
  type Wrapper,
  withoutVersion,
  wrappedFirst,
  wrappers,
} from './programs.ts';
import type { Redirection, SimpleCommand, Word } from './scan.ts';
import { readScript } from './script.ts';
import { isHarmlessAssignment, isShellVariable, splitAssignment } from './variables.ts';

/** Everything that a command line would start, wrappers taken off. */
export type Invocations = {
  /** Words of each, the program first. */
  readonly started: readonly (readonly Word[])[];
  readonly redirections: readonly Redirection[];
  /** Whether nothing else can be started by it. */
  readonly isUnderstood: boolean;
};

type Gathering = {
  readonly started: (readonly Word[])[];
  readonly redirections: Redirection[];
  isUnderstood: boolean;
  /** Whether a script so far holds `$'…'`. */
  hasAnsi: boolean;
};

/** Wrappers in wrappers, scripts in scripts. */
const DEEPEST = 8;
const MOST_STARTED = 1024;

/** What a script starts, such as the text a shell is given. */
export function invocationsOfScript(text: string): Invocations {
  const gathering = newGathering();
  gatherScript(gathering, text, 0);
  return gathering;
}

/** What a program starts that is given its words one by one, without a shell. */
export function invocationsOfWords(words: readonly Word[]): Invocations {
  const gathering = newGathering();
  gather(gathering, words, 0);
  return gathering;
}

function newGathering(): Gathering {
  return { started: [], redirections: [], isUnderstood: true, hasAnsi: false };
}

function gatherScript(gathering: Gathering, text: string | undefined, depth: number): void {
  if (text === undefined || depth > DEEPEST) {
    gathering.isUnderstood = false;
    return;
  }
  const { commands, isUnderstood, hasAnsi } = readScript(text);
  // A shell to which `$'x'` is `$x` reads another script where one is in the words of this.
  if (!isUnderstood || (depth > 0 && gathering.hasAnsi)) gathering.isUnderstood = false;
  gathering.hasAnsi ||= hasAnsi;
  for (const command of commands) gatherCommand(gathering, command, depth);
}

function gatherCommand(gathering: Gathering, command: SimpleCommand, depth: number): void {
  const { words, assigned, redirections } = command;
  const isHarmless = words.length === 0 ? isEitherHarmless : isHarmlessAssignment;
  if (!assigned.every(isHarmless)) gathering.isUnderstood = false;
  gathering.redirections.push(...redirections);
  if (!isWritten(command)) {
    const names = command.texts.flatMap(namesInText);
    gathering.redirections.push(...names.map((path) => ({ kind: 'read', path }) as const));
  }
  if (words.length > 0) gather(gathering, words, depth);
}

/** The text in `cat >file <<E`: it goes into the file, and names nothing. */
function isWritten({ words, redirections }: SimpleCommand): boolean {
  if (words.length !== 1 || words[0] !== 'cat') return false;
  return redirections.some(({ kind, path }) => {
    return kind === 'write' && path !== undefined && !isInput(path);
  });
}

function isEitherHarmless(assignment: string): boolean {
  const [name] = splitAssignment(assignment);
  return isHarmlessAssignment(assignment) || isShellVariable(name);
}

function gather(gathering: Gathering, words: readonly Word[], depth: number): void {
  const [program, second] = words;
  if (depth > DEEPEST || gathering.started.length >= MOST_STARTED || program === undefined) {
    gathering.isUnderstood = false;
    gathering.started.push(words);
    return;
  }
  const name = withoutVersion(programName(program));
  const wrapper = wrapperOf(name) ?? wrapperOf(`${name} ${second}`);
  if (words.some(hidesSubstitution) || hidesWrapper(name, words)) gathering.isUnderstood = false;
  if (shells.includes(name)) gatherShell(gathering, words, depth);
  else if (wrapper !== undefined) gatherWrapped(gathering, words, { name, wrapper, depth });
  else gatherOther(gathering, name, words, depth);
}

function wrapperOf(name: string): Wrapper | undefined {
  return Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
}

/** `npm --yes exec`: options before the first word, or one that is not known. */
function hidesWrapper(name: string, words: readonly Word[]): boolean {
  const [, second, ...rest] = words;
  if (second === undefined) return words.length > 1 && wrappedFirst.has(name);
  if (!second.startsWith('-')) return false;
  const isFirst = (word: Word): boolean => wrapperOf(`${name} ${word}`) !== undefined;
  return rest.some((word) => (word === undefined ? wrappedFirst.has(name) : isFirst(word)));
}

/** A subscript that builtins evaluate: `printf -v 'a[$(id)]'`. */
function hidesSubstitution(word: Word): boolean {
  const bracket = word?.indexOf('[') ?? -1;
  if (word === undefined || bracket < 0) return false;
  return word.includes('$(', bracket) || word.includes('`', bracket);
}

const SHELL = {
  flags: 'abefhiklmnpruvxBCEHP',
  values: 'oO',
  longFlags: ['login', 'noprofile', 'norc', 'posix'],
};

function gatherShell(gathering: Gathering, words: readonly Word[], depth: number): void {
  const withScript = skipOptions(words, 1, { ...SHELL, flags: `${SHELL.flags}c` });
  const options = words.slice(1, withScript);
  const isGiven = options.some((word) => /^-[A-Za-z]*c/.test(word ?? ''));
  // `-` and `+x` are options as well, and the value of `-oc` stands behind it.
  const isStrange =
    /^(?:-$|\+)/.test(words[withScript ?? words.length] ?? '') ||
    options.some((word) => /^-[A-Za-z]*[oO][A-Za-z]/.test(word ?? ''));
  if (isStrange) gathering.isUnderstood = false;
  if (withScript !== undefined && isGiven) {
    gatherScript(gathering, words[withScript], depth + 1);
    return;
  }
  gathering.started.push(words);
  // Without a file it reads what to run from its input.
  const file = skipOptions(words, 1, SHELL);
  const path = file === undefined ? undefined : words[file];
  if (path === undefined || isInput(path)) gathering.isUnderstood = false;
}

/** A file that is what comes from elsewhere. */
function isInput(path: string): boolean {
  return /(?:^|\/)(?:dev|proc)\/|stdin/.test(path);
}

type Wrapped = { readonly name: string; readonly wrapper: Wrapper; readonly depth: number };

function gatherWrapped(gathering: Gathering, words: readonly Word[], wrapped: Wrapped): void {
  const { name, wrapper, depth } = wrapped;
  if (!wrapper.isTransparent) gathering.started.push(words);
  checkOptions(gathering, name, words);
  const first = wrapperOf(name) === undefined ? 2 : 1;
  const behind = skipOptions(words, first, wrapper);
  if (behind === undefined) {
    gathering.isUnderstood = false;
    if (wrapper.isTransparent) gathering.started.push(words);
    return;
  }
  let at = behind + (wrapper.operands ?? 0);
  // Some take options after their operands, and `--` there as well.
  if (words[at] === '--') at += 1;
  for (; wrapper.setsVariables && /^[A-Za-z_]\w*=/.test(words[at] ?? ''); at += 1) {
    if (!isHarmlessAssignment(words[at] ?? '')) gathering.isUnderstood = false;
  }
  const inner = wrapper.addsWords ? [...words.slice(at), undefined] : words.slice(at);
  if (at >= words.length) {
    if (wrapper.isTransparent) gathering.started.push(words);
    if (wrapper.addsWords) gathering.started.push(['echo', undefined]);
  } else if (wrapper.isScript) gatherScript(gathering, joined(inner), depth + 1);
  else gather(gathering, inner, depth + 1);
}

function joined(words: readonly Word[]): string | undefined {
  return words.includes(undefined) ? undefined : words.join(' ');
}

function checkOptions(gathering: Gathering, name: string, words: readonly Word[]): void {
  const starting = Object.hasOwn(startingOptions, name) ? startingOptions[name] : undefined;
  const long = Object.hasOwn(startingLongOptions, name) ? startingLongOptions[name] : undefined;
  const isStarting = words.slice(1).some((word) => {
    return word !== undefined && (starting?.test(word) || isLongOption(word, long ?? []));
  });
  if (isStarting) gathering.isUnderstood = false;
}

function gatherOther(
  gathering: Gathering,
  name: string,
  words: readonly Word[],
  depth: number,
): void {
  checkOptions(gathering, name, words);
  switch (name) {
    case 'builtin':
    case 'command':
    case 'exec':
      gatherBuiltin(gathering, words, depth);
      return;
    case 'eval':
      gatherScript(gathering, joined(words.slice(words[1] === '--' ? 2 : 1)), depth + 1);
      return;
    case 'trap':
      gathering.started.push(words);
      gatherScript(gathering, words[words[1] === '--' ? 2 : 1] ?? '', depth + 1);
      return;
    case 'declare':
    case 'export':
    case 'local':
    case 'readonly':
    case 'typeset':
      gatherDeclaration(gathering, words);
      return;
    case 'fd':
    case 'fdfind':
    case 'find':
      gatherFind(gathering, words, depth);
      return;
    case 'git':
      gatherGit(gathering, words);
      return;
    default:
      gathering.started.push(words);
      if (isOpaque(name, words)) gathering.isUnderstood = false;
  }
}

/** `command -v` only looks a program up. */
function gatherBuiltin(gathering: Gathering, words: readonly Word[], depth: number): void {
  const at = skipOptions(words, 1, { flags: 'pcl', values: 'a' });
  if (at === undefined || at >= words.length) {
    gathering.started.push(words);
    if (!/^-[vV]+$/.test(words[1] ?? '-v')) gathering.isUnderstood = false;
  } else gather(gathering, words.slice(at), depth + 1);
}

function gatherDeclaration(gathering: Gathering, words: readonly Word[]): void {
  gathering.started.push(words);
  const isHarmless = words.slice(1).every((word) => {
    return word !== undefined && (isEitherHarmless(word) || /^-[fgprtx]+$/.test(word));
  });
  if (!isHarmless) gathering.isUnderstood = false;
}

const EXECUTING = /^-(?:exec|execdir|ok|okdir)$|^--exec(?:-batch)?$|^-[xX]$/;

function gatherFind(gathering: Gathering, words: readonly Word[], depth: number): void {
  gathering.started.push(words);
  if (words.includes('-delete')) gathering.started.push(['rm', undefined]);
  // An option of fd may hold the command behind a `=`.
  if (words.some((word) => /^--exec(?:-batch)?=|^-[A-Za-z]+[xX]$/.test(word ?? ''))) {
    gathering.isUnderstood = false;
  }
  for (const [at, word] of words.entries()) {
    if (word === undefined || !EXECUTING.test(word)) continue;
    if (gathering.started.length >= MOST_STARTED) break;
    const rest = words.slice(at + 1);
    const end = rest.findIndex((each) => each === ';' || each === '+');
    const inner = (end < 0 ? rest : rest.slice(0, end)).map((each) =>
      each !== undefined && /\{.?.?\}/.test(each) ? undefined : each,
    );
    gather(gathering, inner, depth + 1);
  }
}

function gatherGit(gathering: Gathering, words: readonly Word[]): void {
  const settled = settleGit(words);
  gathering.started.push(settled ?? words);
  if (settled === undefined) gathering.isUnderstood = false;
}

function isOpaque(name: string, words: readonly Word[]): boolean {
  if (opaque.has(name) || name.startsWith('ld-') || name.startsWith('ld.so')) return true;
  if (setting.has(name)) return !setsHarmless(name, words.slice(1));
  if (name === 'sed' || name === 'gsed') return !isPlainSed(words);
  if (name === 'hash') return words.slice(1).some((word) => !/^-r$/.test(word ?? ''));
  if (!isInterpreter(name)) return false;
  const options = words.slice(1);
  if (options.some((word) => word === undefined || /^-?-(?:v|V|version|help|h)$/.test(word))) {
    return options.length > 1 || options[0] === undefined;
  }
  const module = options.findIndex((word) => word?.startsWith('-m'));
  if (module >= 0 && options[module] === '-m' && isPlainModule(options[module + 1])) {
    return options.slice(0, module).some(isProgramWord);
  }
  const file = options.find((word) => !word?.startsWith('-'));
  if (file === undefined || module >= 0) return true;
  // Options before the file may have values of their own, so it could be any of the words.
  return programWords.has(file) || options.some(isProgramWord);
}

function isProgramWord(word: Word): boolean {
  return word === undefined || word === '-' || programOptions.test(word) || isInput(word);
}

function isPlainModule(word: Word): boolean {
  return word !== undefined && plainModules.has(word);
}

/** Builtins evaluate a subscript in the name of a variable that they set or look for. */
function setsHarmless(name: string, words: readonly Word[]): boolean {
  if (name === 'printf' && !words[0]?.startsWith('-v')) return words[0] !== undefined;
  if (name === 'test' || name === '[') return !words.includes('-v') && !words.includes(undefined);
  const isHarmless = name === 'unset' ? isEitherHarmless : isShellVariable;
  return words.every((word) => {
    return word !== undefined && (/^-[a-z]*$/.test(word) || isHarmless(word));
  });
}

/** GNU sed can start programs and write files: only plain printing and replacing are known. */
function isPlainSed(words: readonly Word[]): boolean {
  const known = words.slice(1).filter((word) => word !== undefined);
  if (known.length < words.length - 1) return false;
  const isPlain = (text: string): boolean =>
    /^(?:[0-9]+|\$)?(?:,(?:[0-9]+|\$))?[pdq=]$/.test(text) ||
    /^s([/|#,])[^\n;/|#,\\]*\1[^\n;/|#,\\]*\1[gpI0-9]*$/.test(text);
  const options = known.filter((word) => word.startsWith('-'));
  if (!options.every((word) => /^-[nEri]+$|^-e$|^--$/.test(word))) return false;
  const given = known.indexOf('-e');
  if (given >= 0 && (known.includes('--') || known.includes('-e', given + 1))) return false;
  const script = given < 0 ? known.find((word) => !word.startsWith('-')) : known[given + 1];
  return script !== undefined && isPlain(script);
}
