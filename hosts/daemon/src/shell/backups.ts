import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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
};

/** Whoever asks without end fills no disk. */
const APART_MS = 60_000;
const KEPT = 3;
const NAME = /^node-[0-9T]+Z\.backup$/;

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
    this.#folder = join(options.home, 'backups');
    this.#now = options.now ?? (() => performance.now());
  }

  /** Resolves when the file is whole, with what was noted of it. */
  async make(): Promise<Result<NotedBackup, Rejection>> {
    const { program, home } = this.#options;
    if (program === undefined) return refuse('backup.no_program', 'ioi backup makes one');
    if (this.#isUnderWay) return refuse('backup.under_way', 'one is being made');
    if (this.#now() - this.#begunAt < APART_MS) {
      return refuse('backup.too_soon', 'the last one was begun less than a minute ago');
    }
    this.#isUnderWay = true;
    this.#begunAt = this.#now();
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const made = await this.#run(program);
      if (!made.ok) return made;
      const { backup } = upkeepIn(join(home, 'upkeep'));
      return backup ? ok(backup) : refuse('backup.not_noted', `it is in ${this.#folder}`);
    } finally {
      this.#isUnderWay = false;
    }
  }

  async #run(program: string): Promise<Result<undefined, Rejection>> {
    const at = new Date().toISOString().replaceAll(/[-:]|\.[0-9]+/g, '');
    const to = join(this.#folder, `node-${at}.backup`);
    const child = spawn(process.execPath, [program, 'backup', '--to', to, '--json'], {
      env: { ...process.env, IOI_HOME: this.#options.home },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<number | null>((done) => {
      child.once('exit', done).once('error', () => done(null));
    });
    const [said, code] = await Promise.all([text(child.stderr), ended]);
    if (code !== 0) return refusalIn(said);
    this.#forgetOldest();
    return ok(undefined);
  }

  /** Of those made here; what a person put there is no business of ours. */
  #forgetOldest(): void {
    const made = readdirSync(this.#folder).filter((name) => NAME.test(name));
    for (const name of made.sort().slice(0, -KEPT)) rmSync(join(this.#folder, name));
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
