import { type Finding, lineAt, type Project, type SourceFile } from './project.ts';

const CLAIMS = 'docs/CLAIMS.md';
const NO_AUDIT = 'No outside audit has happened.';

/** Every claim names what it takes for granted, and commands that exist to show it false. */
export function claimsCanFail(project: Project): Finding[] {
  const file = project.files.get(CLAIMS);
  if (file === undefined) return [{ file: CLAIMS, line: 0, says: 'is missing' }];
  const findings = rowsOf(file).flatMap(({ line, cells }) => {
    const says = complaintsOf(project, cells);
    return says.map((each) => ({ file: CLAIMS, line, says: each }));
  });
  if (rowsOf(file).length === 0) findings.push({ file: CLAIMS, line: 0, says: 'claims nothing' });
  if (!file.text.includes(NO_AUDIT)) {
    findings.push({ file: CLAIMS, line: 0, says: `does not say: ${NO_AUDIT}` });
  }
  return findings;
}

type Row = { readonly line: number; readonly cells: readonly string[] };

function rowsOf({ text }: SourceFile): readonly Row[] {
  const rows = [...text.matchAll(/^\|(.*)\|$/gm)].map((match) => ({
    line: lineAt(text, match.index),
    cells: (match[1] as string).split('|').map((cell) => cell.trim()),
  }));
  // The head of the table, and the line below it.
  return rows.slice(2);
}

function complaintsOf(project: Project, cells: readonly string[]): readonly string[] {
  const [claim = '', , commands = '', ...more] = cells;
  if (claim === '' || more.length > 0) return ['is no row of a claim, what it takes, a command'];
  const named = [...commands.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
  if (named.length === 0) return ['names no command'];
  return named.filter((each) => !exists(project, each)).map((each) => `${each} does not exist`);
}

function exists(project: Project, command: string): boolean {
  const [program, ...words] = command.split(' ');
  if (program === 'npm') return isRun(project, words);
  if (program === 'node') return words[0] === '--test' && areFiles(project, words.slice(1));
  return program === 'ioi' && isCommand(project, words[0] ?? '');
}

/** `npm run SCRIPT -- NAME`: a script of the root, whose program knows the name. */
function isRun(project: Project, [run, script = '', dashes, name]: readonly string[]): boolean {
  const started = project.root.scripts?.[script];
  if (run !== 'run' || started === undefined) return false;
  if (dashes === undefined) return true;
  const path = /\S+\.ts$/.exec(started)?.[0] ?? '';
  const text = project.files.get(path)?.text ?? '';
  return new RegExp(`^\\s+(\\['${name}'|'${name}':|${name}:)`, 'm').test(text);
}

function areFiles(project: Project, paths: readonly string[]): boolean {
  return paths.length > 0 && paths.every((path) => project.files.has(path));
}

/** A command of `ioi` is named where the program is put together. */
function isCommand(project: Project, name: string): boolean {
  const programs = [...project.files.values()].filter(({ path }) => {
    return /^apps\/cli\/src\/[a-z-]*program\.ts$/.test(path);
  });
  const added = new RegExp(`\\b(add|group)\\(\\s*'${name}[ ']`);
  return programs.some(({ text }) => added.test(text));
}
