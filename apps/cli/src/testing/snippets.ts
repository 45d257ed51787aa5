import type { Option, Command as Program } from 'commander';

/** A fenced block of a document. */
export type Block = {
  readonly file: string;
  /** Of the first line in it. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
};

/** A command as a document has it. */
export type Shown = { readonly place: string; readonly words: readonly string[] };

export function blocksIn(file: string, markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((found) => {
    const [, language = '', text = ''] = found;
    const line = markdown.slice(0, found.index).split('\n').length + 1;
    return { file, line, language, text };
  });
}

/** Every `ioi …` of a block: of each line, of each command on it. */
export function commandsIn({ file, line, text }: Block): readonly Shown[] {
  const lines = text.split('\n');
  const shown: Shown[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const place = `${file}:${line + at}`;
    let whole = lines[at] ?? '';
    // What goes on in the next line is one with it.
    while (goesOn(whole) && at + 1 < lines.length) {
      at += 1;
      whole = `${whole.replace(/\\$/, '')} ${lines[at]}`;
    }
    shown.push(...commandsOf(whole).map((words) => ({ place, words })));
  }
  return shown;
}

/** With a backslash at its end, or a quotation that is not closed; a comment may hold any. */
function goesOn(line: string): boolean {
  return line.endsWith('\\') || line.replace(/(^|\s)#.*$/, '').split("'").length % 2 === 0;
}

/** What makes another program start `ioi`, and says nothing of its words. */
const BEFORE = /^([A-Z_]+=\S*|sudo|exec|ssh|env|-|\$|run:|audit)$/;

function commandsOf(line: string): readonly (readonly string[])[] {
  return simpleCommands(line).flatMap((words) => {
    let at = words.findIndex((word) => !BEFORE.test(word));
    if (words[at] === 'npm' && words[at + 1] === 'run') {
      const named = words.indexOf('ioi', at);
      if (named === -1 || words[named + 1] !== '--') return [];
      return [words.slice(named + 2)];
    }
    if (words[at]?.startsWith('#')) at = -1;
    return /^(\S*\/)?ioi$/.test(words[at] ?? '') ? [words.slice(at + 1)] : [];
  });
}

/** Words of each command on a line: pipes, lists and `$(…)` begin another, `#` ends all. */
function simpleCommands(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  const tokens = line.matchAll(/\$\(|[|&;()]+|[<>]+&?|(?:'[^']*'|"[^"]*"|\\.|[^\s'"|&;()<>\\])+/g);
  let isTarget = false;
  for (const [token] of tokens) {
    if (token.startsWith('#')) break;
    if (/^(\$\(|[|&;()]+)$/.test(token)) commands.push([]);
    else if (/^[<>]/.test(token)) isTarget = true;
    else if (isTarget) isTarget = false;
    else commands.at(-1)?.push(token.replace(/^(['"])([\s\S]*)\1$/, '$2'));
  }
  return commands.filter((words) => words.length > 0);
}

/** Why the command line does not take these words; undefined where it does. */
export function complaintOf(program: Program, words: readonly string[]): string | undefined {
  let command = program;
  const given: string[] = [];
  const options: Option[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') {
      given.push(...words.slice(at + 1));
      break;
    }
    if (/^-{1,2}[A-Za-z]/.test(word)) {
      const [name = ''] = word.split('=');
      if (HELP.has(name)) return undefined;
      const option = optionOf(command, name);
      if (option === undefined) return `\`${pathOf(command)}\` has no ${name}`;
      options.push(option);
      const takes = option.required && !word.includes('=');
      if (takes && words[at + 1] === undefined) return `${name} wants a value`;
      if (takes || isValue(option, words[at + 1])) at += 1;
      continue;
    }
    const below = given.length === 0 && command.commands.find((each) => each.name() === word);
    if (below) command = below;
    else given.push(word);
  }
  return shortOf(command, given, options);
}

const HELP: ReadonlySet<string> = new Set(['--help', '-h', '--version', '-V']);

function isValue({ optional }: Option, next: string | undefined): boolean {
  return optional && next !== undefined && !next.startsWith('-');
}

function shortOf(
  command: Program,
  given: readonly string[],
  options: readonly Option[],
): string | undefined {
  if (given[0] === 'help' || command.name() === 'help') return undefined;
  const path = pathOf(command);
  // `…` stands for whatever is needed there.
  if (given.includes('…')) return undefined;
  const takes = command.registeredArguments;
  const [first] = given;
  if (first !== undefined && takes.length === 0) return `\`${path}\` takes no ${first}`;
  const most = takes.some(({ variadic }) => variadic) ? Number.POSITIVE_INFINITY : takes.length;
  if (given.length > most) return `\`${path}\` takes ${most} words, not ${given.join(' ')}`;
  const least = takes.filter(({ required }) => required).length;
  if (given.length < least) return `\`${path}\` wants ${takes[given.length]?.name()}`;
  const missing = command.options.find((each) => each.mandatory && !options.includes(each));
  if (missing !== undefined) return `\`${path}\` wants ${missing.long}`;
  const isGroup = command.commands.length > 0 && command.parent === null;
  return isGroup ? 'names no command' : undefined;
}

function optionOf(command: Program, name: string): Option | undefined {
  for (let at: Program | null = command; at !== null; at = at.parent) {
    const found = at.options.find(({ long, short }) => long === name || short === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function pathOf(command: Program): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
