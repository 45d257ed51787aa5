import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { HybridPublicKey } from '@ioi/crypto';
import type { Keeper } from '../core/upgrade/keeper.ts';
import { messageOf, usageFault } from '../shell/fault.ts';
import { entries } from '../shell/installation.ts';
import { keepNames } from '../shell/keep-names.ts';
import { runQuiet } from '../shell/run-quiet.ts';

/** A program that can run the node. */
export type Program =
  | { readonly kind: 'version'; readonly name: string }
  /** One that was installed another way: by npm, or a checkout. */
  | { readonly kind: 'outside'; readonly words: readonly string[] };

export type UpgradeState = {
  /** What ran before, and can again. */
  readonly previous?: Program | undefined;
  /** A change that began; what is left of it is seen from `current`. */
  readonly under_way?: UnderWay | undefined;
};

export type UnderWay = {
  readonly from: Program;
  readonly was_up: boolean;
  readonly kept_by?: Keeper | undefined;
};

const FORMAT = 'ioi-versions/1';
const PART = '.part';

/** Versions beside each other, and a link to the one that counts. */
export class Versions {
  readonly base: string;
  readonly current: string;
  /** The release key that packages have to be signed by, once one was given. */
  readonly keyPath: string;

  constructor(base: string) {
    this.base = base;
    this.current = join(base, 'current');
    this.keyPath = join(base, 'release-key.json');
  }

  folderOf(name: string): string {
    return join(this.base, 'versions', name);
  }

  /** A folder that counts for nothing until it is put in place. */
  partFor(name: string): string {
    const folder = `${this.folderOf(name)}.${process.pid}${PART}`;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  async putInPlace(part: string, name: string): Promise<void> {
    // Thousands of files: one call for their file system, where `sync` knows such a call.
    await runQuiet('sync', ['-f', part], '');
    renameSync(part, this.folderOf(name));
    keepNames(dirname(part));
  }

  has(name: string): boolean {
    return existsSync(this.folderOf(name));
  }

  /** The version that counts; undefined where none does. */
  get name(): string | undefined {
    if (lstatSync(this.current, { throwIfNoEntry: false })?.isSymbolicLink() !== true) {
      return undefined;
    }
    const name = basename(readlinkSync(this.current));
    return this.has(name) ? name : undefined;
  }

  /** In one step: whoever starts `current` gets the one or the other. */
  lead(to: Program): void {
    const found = lstatSync(this.current, { throwIfNoEntry: false });
    if (found !== undefined && !found.isSymbolicLink()) {
      throw usageFault(`${this.current} is no link, and is left alone`, 'look at it');
    }
    if (to.kind === 'outside') rmSync(this.current, { force: true });
    else {
      const fresh = `${this.current}.${process.pid}`;
      rmSync(fresh, { force: true });
      symlinkSync(join('versions', to.name), fresh);
      renameSync(fresh, this.current);
    }
    keepNames(this.base);
  }

  /** The words that start a command of a program. */
  wordsOf(program: Program): readonly string[] {
    if (program.kind === 'outside') return program.words;
    return [join(this.folderOf(program.name), 'bin', 'ioi')];
  }

  versionOf({ name }: { readonly name: string }): string {
    const manifest = join(this.folderOf(name), 'package.json');
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  }

  readState(): UpgradeState {
    try {
      const said = JSON.parse(readFileSync(this.#statePath, 'utf8'));
      if (said.format === FORMAT) return said as UpgradeState;
      throw new Error('it is of another format');
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw usageFault(`${this.#statePath} cannot be read: ${messageOf(fault)}`, 'look at it');
    }
  }

  writeState(state: UpgradeState): void {
    this.#write(this.#statePath, `${JSON.stringify({ format: FORMAT, ...state }, null, 2)}\n`);
  }

  /** Every later package has to be signed by it. */
  rememberKey(key: HybridPublicKey): void {
    this.#write(this.keyPath, `${JSON.stringify(key)}\n`);
  }

  /** Whole or not at all. */
  #write(path: string, text: string): void {
    writeFileSync(`${path}${PART}`, text, { flush: true });
    renameSync(`${path}${PART}`, path);
    keepNames(this.base);
  }

  /** Removes what killed commands left; whoever holds the lock is the only one here. */
  clearParts(): void {
    const folder = join(this.base, 'versions');
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      if (name.endsWith(PART)) rmSync(join(folder, name), { recursive: true, force: true });
    }
  }

  /** Removes what is neither of these, unless a process runs from it: of another node, say. */
  keepOnly(programs: readonly Program[]): void {
    const folder = join(this.base, 'versions');
    const lines = commandLines();
    if (lines === undefined || !existsSync(folder)) return;
    const kept = programs.flatMap((each) => (each.kind === 'version' ? [each.name] : []));
    const real = realpathSync(folder);
    for (const name of readdirSync(folder)) {
      const isRun = lines.some((line) => line.includes(`${join(real, name)}/`));
      if (!isRun && !kept.includes(name))
        rmSync(join(folder, name), { recursive: true, force: true });
    }
  }

  get #statePath(): string {
    return join(this.base, 'upgrade.json');
  }
}

/** What every process was started with; undefined on a system that does not tell. */
function commandLines(): readonly string[] | undefined {
  if (!existsSync('/proc/self/cmdline')) return undefined;
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return /^[0-9]+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : [];
    } catch {
      // It ended meanwhile, or is of an account that hides its own.
      return [];
    }
  });
}

/** The versions that this program is one of; undefined where it was installed another way. */
export function versionsAround(path: string): Versions | undefined {
  const found = /^(.*)\/versions\/[^/]+\//.exec(path)?.[1];
  if (found === undefined) return undefined;
  return existsSync(join(found, 'upgrade.json')) ? new Versions(found) : undefined;
}

/**
 * A path of this installation as it stays the same after an upgrade: through `current`, where that
 * leads to it. What is written into files of others has to be found there later.
 */
export function lasting(path: string): string {
  const versions = versionsAround(entries.main);
  const name = versions?.name;
  if (versions === undefined || name === undefined) return path;
  const below = relative(realpathSync(versions.folderOf(name)), path);
  return below.startsWith('..') ? path : join(versions.current, below);
}
