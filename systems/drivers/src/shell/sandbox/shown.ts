import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import {
  CREDENTIAL_PATHS,
  isWithin,
  MADE_TO_STAY,
  RUN_LATER,
  type SandboxPlan,
  SYSTEM_PATHS,
} from '../../core/sandbox/plan.ts';
import type { LaunchOptions, ServerManifest } from '../launch.ts';

export type Shown = {
  readonly command: string;
  readonly args: readonly string[];
  /** What starts it, and what it leaves by. */
  readonly beside: readonly string[];
  /** What it does not see, whatever its manifest says. */
  readonly hidden: readonly string[];
  /** Further parts of the plan. */
  readonly also?: Pick<SandboxPlan, 'homeFrom' | 'sockets' | 'hasTerminal'>;
  /** Nothing is made in what may be written: copies stand in for it. */
  readonly isCopied?: boolean;
};

/** Whatever a manifest says. */
const MACHINE = ['/proc', '/sys', '/dev', '/boot'];

/** Folders of everybody's: a program that lies there has no folder of its own. */
const SHARED = ['/', '/tmp', '/var/tmp', '/opt', '/srv', homedir()];

/** Where sockets of other programs lie, ours among them; a folder in one may be named. */
const CROWDED = ['/tmp', '/var/tmp', tmpdir(), '/run/user'];

/** What a program is shown: what its manifest names, where its own code lies, and the system. */
export function planOf(
  { hidden, beside, also, isCopied = false, ...program }: Shown,
  { env, cwd, manifest }: LaunchOptions & { readonly manifest: ServerManifest },
): Result<SandboxPlan, string> {
  const given = [...manifest.paths.read, ...manifest.paths.write];
  const missing = given.find((path) => !existsSync(path));
  if (missing !== undefined) return err(`${missing} is in the manifest and is not there`);
  const read = manifest.paths.read.map((path) => realpathSync(path));
  const write = manifest.paths.write.map((path) => realpathSync(path));
  const tooMuch = unfit(read, write);
  if (tooMuch !== undefined) return err(tooMuch);
  const named = [...given, ...read, ...write];
  const home = homedir();
  const found = filesOf(program, cwd, env['PATH'] ?? '').map(codeFolder);
  const code = [...found, ...beside].filter((path) => {
    return !SYSTEM_PATHS.some((each) => isWithin(path, each));
  });
  const withheld = hidden.flatMap(placesOf);
  const exposed = code.find((path) => withheld.some((each) => isWithin(path, each)));
  if (exposed !== undefined) return err(`the program lies in ${exposed}, which is not shown`);
  const credentials = CREDENTIAL_PATHS.flatMap((name) => placesOf(join(home, name)));
  const unnamed = [...credentials, ...withheld].filter((path) => !named.includes(path));
  const later = frozenIn(write.filter(isFolder), isCopied).filter((path) => !named.includes(path));
  const frozen = later.filter((path) => !later.some((each) => path.startsWith(`${each}/`)));
  const link = frozen.find(isReplaceable);
  if (link !== undefined) return err(`${link} is a link, which could be replaced; name it as well`);
  return ok({
    read: [...new Set([...read, ...code])],
    write,
    hiddenFolders: unnamed.filter(isFolder),
    hiddenFiles: unnamed.filter((path) => !isFolder(path)),
    frozen,
    home,
    workingFolder: cwd ?? write.find(isFolder) ?? read.find(isFolder) ?? '/tmp',
    ...also,
    environment: { ...env, ...manifest.placeholders, HOME: home, TMPDIR: '/tmp' },
  });
}

/** Why a manifest shows too much. */
function unfit(read: readonly string[], write: readonly string[]): string | undefined {
  const home = realpathSync(homedir());
  for (const path of [...read, ...write]) {
    if (path === '/' || MACHINE.some((each) => isWithin(path, each))) {
      return `${path} is the machine itself, which is not shown`;
    }
    // A mount that is only read lets it be spoken to all the same.
    if (statSync(path).isSocket()) {
      return `${path} is a socket: what answers there acts outside, Docker with all of the machine`;
    }
    if (CROWDED.some((each) => isWithin(each, path))) {
      return `${path} holds the sockets of other programs; name a folder in it`;
    }
    if (write.includes(path) && isWithin(home, path)) {
      return `${path} holds what your account starts by itself; name a folder in it`;
    }
  }
  return undefined;
}

/** Where it lies, links and not; nothing where there is nothing. */
function placesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  const places = new Set([path, realpathSync(path)]);
  return [...places].filter((each) => !lstatSync(each).isSymbolicLink());
}

/** A mount lies where a link leads, and not on the link. */
function isReplaceable(path: string): boolean {
  return isThere(path) && (lstatSync(path).isSymbolicLink() || realpathSync(path) !== path);
}

/** What there is of what others run later; folders that are missing are made, or asked for. */
function frozenIn(write: readonly string[], isCopied: boolean): string[] {
  const made = write.flatMap((folder) => MADE_TO_STAY.map((name) => join(folder, name)));
  for (const path of isCopied ? [] : made) {
    try {
      mkdirSync(path);
    } catch {
      // It is there, or its folder is no folder, or nobody of this account can make it.
    }
  }
  const found = write.flatMap((folder) => [
    ...RUN_LATER.map((name) => join(folder, name)),
    ...submodulesOf(folder).map((each) => join(each, '.git')),
  ]);
  const asked = isCopied ? made.filter((path) => isFolder(dirname(path))) : [];
  return [...new Set([...found.filter(isThere), ...asked])];
}

/** Also a link that leads nowhere. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Git enters them by itself, and does what their configuration says. */
function submodulesOf(folder: string): string[] {
  const list = join(folder, '.gitmodules');
  if (!isFile(list)) return [];
  const named = readFileSync(list, 'utf8').matchAll(/^\s*path\s*=\s*"?(.+?)"?\s*$/gm);
  const found = [...named].map(([, name = '']) => join(folder, name));
  const inside = found.filter((path) => path !== folder && isWithin(path, folder));
  return inside.flatMap((path) => [path, ...submodulesOf(path)]);
}

type Program = Pick<Shown, 'command' | 'args'>;

/** Those of the program: its interpreter and the script that is given to it, links and not. */
function filesOf({ command, args }: Program, cwd: string | undefined, path: string): string[] {
  const found =
    isAbsolute(command) || command.includes('/')
      ? resolve(cwd ?? '/', command)
      : onPath(command, path);
  const script = args.find((each) => !each.startsWith('-'));
  const files = [found, ...(script === undefined ? [] : [resolve(cwd ?? '/', script)])];
  const there = files.filter((each) => each !== undefined && isFile(each)) as string[];
  return there.flatMap((each) => [each, realpathSync(each)]);
}

function onPath(command: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find(isFile);
}

/** With what is installed beside it: the outermost `node_modules`, or the package it is of. */
export function codeFolder(file: string): string {
  const marker = '/node_modules/';
  const at = file.indexOf(marker);
  if (at >= 0) return file.slice(0, at + marker.length - 1);
  const folder = dirname(file);
  const whole = basename(folder) === 'bin' ? dirname(folder) : (packageOf(folder) ?? folder);
  if (!SHARED.includes(whole)) return whole;
  return SHARED.includes(folder) ? file : folder;
}

function packageOf(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder;
  return folder === dirname(folder) ? undefined : packageOf(dirname(folder));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A word of a program may be anything, and be too long for a path. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
