import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { SourceFile, SourceProgram } from '@ioi/law';
import { messageOf, usageFault } from './fault.ts';
import { tomlIn } from './toml.ts';

export const programs: readonly SourceProgram[] = ['claude', 'codex', 'gemini'];

/** Where each program keeps what it was allowed: in the home, in a project, for a machine. */
const PLACES: Readonly<Record<SourceProgram, readonly string[]>> = {
  claude: ['.claude/settings.json', '.claude/settings.local.json'],
  codex: ['.codex/config.toml', '.codex/rules/*.rules'],
  gemini: ['.gemini/settings.json', '.gemini/policies/*.toml'],
};
const OF_THE_MACHINE: Readonly<Record<SourceProgram, readonly string[]>> = {
  claude: ['/etc/claude-code', '/Library/Application Support/ClaudeCode'].flatMap((folder) => [
    `${folder}/managed-settings.json`,
    `${folder}/managed-settings.d/*.json`,
  ]),
  codex: [
    '/etc/codex/config.toml',
    '/etc/codex/managed_config.toml',
    '/etc/codex/requirements.toml',
    '/etc/codex/rules/*.rules',
  ],
  gemini: ['/etc/gemini-cli', '/Library/Application Support/GeminiCli'].flatMap((folder) => [
    `${folder}/settings.json`,
    `${folder}/system-defaults.json`,
    `${folder}/policies/*.toml`,
  ]),
};

export type Whereabouts = { readonly home: string; readonly project: string };

/** Folders as they really are: a policy is about real paths. */
export function whereabouts(home: string, project: string): Whereabouts {
  const real = (folder: string): string => {
    try {
      return realpathSync(folder);
    } catch (fault) {
      throw usageFault(`${folder} cannot be used: ${messageOf(fault)}`);
    }
  };
  const found = { home: real(home), project: real(project) };
  const strange = Object.values(found).find((folder) => folder.includes('*'));
  if (strange === undefined) return found;
  throw usageFault(`${strange} has a \`*\` in its name, which is a wildcard in policies`);
}

/** Those files that are there, in the usual places of these programs. */
export function usualFiles(wanted: readonly SourceProgram[], where: Whereabouts): SourceFile[] {
  return wanted.flatMap((program) => {
    const at = (folder: string, isOfProject: boolean): SourceFile[] =>
      PLACES[program].flatMap((place) => there(program, join(folder, place), where, isOfProject));
    const machine = OF_THE_MACHINE[program].flatMap((place) => there(program, place, where, false));
    const own = where.home === where.project ? [] : at(where.project, true);
    return [...machine, ...at(where.home, false), ...own];
  });
}

/** A file that was named; of which program it is, its path says unless told. */
export function namedFile(
  path: string,
  told: SourceProgram | undefined,
  where: Whereabouts,
): SourceFile {
  const full = resolve(path);
  const program = told ?? programOf(full);
  if (program === undefined) {
    throw usageFault(
      `of which program ${path} is cannot be told: say --from claude, codex, gemini`,
    );
  }
  const isOfProject = !full.startsWith(`${join(where.home, `.${program}`)}/`);
  return { program, file: path, ...contentsOf(path), ...where, isOfProject };
}

function programOf(path: string): SourceProgram | undefined {
  const named = programs.find((program) => path.includes(`/.${program}/`));
  if (named !== undefined || !path.endsWith('.rules')) return named;
  return 'codex';
}

function there(
  program: SourceProgram,
  path: string,
  where: Whereabouts,
  isOfProject: boolean,
): SourceFile[] {
  return matching(path).map((file) => ({
    program,
    file,
    ...contentsOf(file),
    ...where,
    isOfProject,
  }));
}

/** The file, or those of the folder with that ending, in the order of their names. */
function matching(path: string): readonly string[] {
  const folder = dirname(path);
  const ending = basename(path).replace('*', '');
  const isOne = basename(path) === ending;
  try {
    const names = readdirSync(folder).sort();
    const wanted = names.filter((name) => (isOne ? name === ending : name.endsWith(ending)));
    return wanted.map((name) => join(folder, name));
  } catch (fault) {
    const code = (fault as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    // What cannot be looked at might deny something.
    throw usageFault(`${folder} cannot be read: ${messageOf(fault)}`);
  }
}

function contentsOf(path: string): Pick<SourceFile, 'text' | 'toml'> {
  const text = textOf(path);
  const toml = path.endsWith('.toml') ? tomlIn(text) : undefined;
  return toml === undefined ? { text } : { text, toml };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (fault) {
    throw usageFault(`${path} cannot be read: ${messageOf(fault)}`);
  }
}
