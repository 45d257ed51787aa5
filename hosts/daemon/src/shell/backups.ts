import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { err, ok, type Result } from '@ioi/basis';
import type { NotedBackup, Rejection } from '@ioi/protocol';
import { upkeepIn } from './upkeep.ts';

export type BackupsOptions = {
  readonly home: string;
  /** The `ioi` of this installation; undefined where nobody said it. */
  readonly program: string | undefined;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
  /** As long as one may take, in milliseconds. */
  readonly most?: number;
};

/** Whoever asks without end fills no disk. */
const APART_MS = 60_000;
/** Of a command that hangs nobody would be told, and no other would be begun. */
const MOST_MS = 60 * 60_000;
const KEPT = 3;
const NAME = /^node-[0-9T]+Z\.backup$/;
const PART = /^node-[0-9T]+Z\.backup\.([0-9]+)\.part$/;

/**
 * Backups that a person asks the running node for: `ioi backup` makes them, sealed to the owner,
 * into a folder of the home. The daemon reads nothing of the guardian's for that.
 */
export class Backups {
  readonly #options: BackupsOptions;
  readonly #folder: string;
  readonly #now: () => number;
  #begunAt = Number.NEGATIVE_INFINITY;
  #isUnderWay = false;

  constructor(options: BackupsOptions) {
    this.#options = options;
    this.#folder = resolve(options.home, 'backups');
    this.#now = options.now ?? (() => performance.now());
  }

  /** Resolves when the file is whole, with what was noted of it. */
  async make(): Promise<Result<NotedBackup, Rejection>> {
    const { program } = this.#options;
    if (program === undefined) return refuse('backup.no_program', 'ioi backup makes one');
    if (this.#isUnderWay) return refuse('backup.under_way', 'one is being made');
    if (this.#now() - this.#begunAt < APART_MS) {
      return refuse('backup.too_soon', 'the last one was begun less than a minute ago');
    }
    this.#isUnderWay = true;
    this.#begunAt = this.#now();
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      this.#clearParts();
      return await this.#run(program);
    } catch (fault) {
      const { code = 'unknown' } = fault as NodeJS.ErrnoException;
      return refuse('backup.no_folder', `${this.#folder} takes none: ${code}`);
    } finally {
      this.#isUnderWay = false;
    }
  }

  async #run(program: string): Promise<Result<NotedBackup, Rejection>> {
    const { home, most = MOST_MS } = this.#options;
    const at = new Date().toISOString().replaceAll(/[-:]|\.[0-9]+/g, '');
    const name = `node-${at}.backup`;
    const to = join(this.#folder, name);
    const child = spawn(process.execPath, [program, 'backup', '--to', to, '--json'], {
      env: { ...process.env, IOI_HOME: home },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: most,
      killSignal: 'SIGKILL',
    });
    const ended = new Promise<number | null>((done) => {
      child.once('exit', done).once('error', () => done(null));
    });
    const [said, code] = await Promise.all([text(child.stderr), ended]);
    if (code !== 0) return refusalIn(said);
    this.#forgetOldest(name);
    const { backup } = upkeepIn(join(home, 'upkeep'));
    // Somebody may have made another elsewhere in the same moment.
    return backup?.file === to ? ok(backup) : refuse('backup.not_noted', `it is ${to}`);
  }

  /** Of those made here, beside this one; what a person put there is no business of ours. */
  #forgetOldest(made: string): void {
    const names = this.#files().filter((name) => NAME.test(name) && name !== made);
    // A clock that was set back gives what is made now an earlier name than what was made before.
    const inOrder = [
      ...names.filter((name) => name > made),
      ...names.filter((name) => name < made),
    ];
    for (const name of inOrder.slice(0, 1 - KEPT)) this.#remove(name);
  }

  /** Who was killed has left as much as was written, and nobody comes back to it. */
  #clearParts(): void {
    for (const name of this.#files()) {
      const [, pid] = PART.exec(name) ?? [];
      if (pid !== undefined && !isAlive(Number(pid))) this.#remove(name);
    }
  }

  #files(): readonly string[] {
    const found = readdirSync(this.#folder, { withFileTypes: true });
    return found.flatMap((each) => (each.isFile() ? [each.name] : [])).sort();
  }

  #remove(name: string): void {
    try {
      rmSync(join(this.#folder, name), { force: true });
    } catch {
      // What cannot be removed makes the new one no worse.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What the command says of itself, in its last line. */
function refusalIn(said: string): Result<never, Rejection> {
  try {
    const { error } = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '');
    return refuse(String(error.code), `${String(error.message)}; by hand: ioi backup`);
  } catch {
    return refuse('backup.failed', 'ioi backup ended without a word; nothing was made');
  }
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
