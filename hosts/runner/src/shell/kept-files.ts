import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxedRun } from '@ioi/drivers/shell';
import type { RunFiles, RunLeft, RunRecorded } from '@ioi/protocol';
import { LIMITS, RunStore } from '@ioi/workspace/shell';
import { leftBy } from './left-by.ts';
import { runFilesOf } from './run-files.ts';

type Written = {
  readonly command: string;
  readonly args: readonly string[];
  readonly write: readonly string[];
  readonly hidden: readonly string[];
  readonly name: string;
  /** It works on copies, which are merged later or never. */
  readonly isOverlay: boolean;
};

type BeforeStart = NonNullable<SandboxedRun['beforeStart']>;
type Plan = Parameters<BeforeStart>[0];

/** What one program may write, kept as it was before it, and looked at again after it. */
export class KeptFiles {
  readonly #folder: string;
  #runId: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get isBegun(): boolean {
    return this.#runId !== undefined;
  }

  /** Faults where nothing can be kept: then nothing is started. */
  begin(runId: string, written: Written, plan: Plan): ReturnType<BeforeStart> {
    const { command, args, write, hidden, name, isOverlay } = written;
    const roots = write.map((path) => realpathSync(path));
    const file = roots.find((path) => !statSync(path).isDirectory());
    if (isOverlay && file !== undefined) throw new Error(`${file} is no folder, and has no copy`);
    // Nothing in it can be written unless it is named.
    const git = roots.map((root) => join(root, '.git')).filter((path) => !roots.includes(path));
    const store = new RunStore(this.#folder);
    try {
      const about = { run_id: runId, kind: 'run', command: [command, ...args] } as const;
      const overlay = isOverlay ? { name, salt: randomBytes(16).toString('hex') } : undefined;
      const apart = isOverlay ? [...plan.frozen, ...hidden] : [...git, ...hidden];
      const { folders } = store.begin({ ...about, roots, apart, overlay });
      for (const { root, before } of folders) if (before === undefined) sayNotKept(root);
      this.#runId = runId;
      return folders.flatMap(({ root, at }) =>
        at === undefined ? [] : standInsOf(root, at, plan),
      );
    } finally {
      store.close();
    }
  }

  /** Undefined where nothing was started. What changed is told to the log, where there is one. */
  async end(
    tell: (left: RunLeft) => Promise<RunRecorded | undefined>,
  ): Promise<RunFiles | undefined> {
    if (this.#runId === undefined) return undefined;
    try {
      return await this.#end(this.#runId, tell);
    } catch (fault) {
      // The program has ended; how it ended is said all the same.
      console.error(`ioi: what changed in files is not known: ${(fault as Error).message}`);
      return undefined;
    }
  }

  async #end(
    runId: string,
    tell: (left: RunLeft) => Promise<RunRecorded | undefined>,
  ): Promise<RunFiles> {
    const store = new RunStore(this.#folder);
    try {
      const ended = store.end({ run_id: runId });
      const salt = randomBytes(16).toString('hex');
      const told = await tell(leftBy(store, ended, salt));
      const record = told === undefined ? ended : store.recorded(ended, { ...told, salt });
      if (told === undefined) console.error('ioi: what changed in files is NOT in the log');
      const pruned = store.prune();
      if (pruned > 0) console.error(`ioi: the ${pruned} oldest runs can no longer be undone`);
      return runFilesOf(store, record);
    } finally {
      store.close();
    }
  }
}

/** The copy of a folder, with what is to be frozen in it and is not there. */
function standInsOf(root: string, at: string, { frozen }: Plan) {
  const missing = frozen.filter((path) => path.startsWith(`${root}/`) && !existsSync(path));
  const made = missing.map((path) => ({ from: `${at}${path.slice(root.length)}`, to: path }));
  return [{ from: at, to: root }, ...made];
}

function sayNotKept(path: string): void {
  const why = statSync(path).isDirectory()
    ? `more than ${LIMITS.entries} files in it, or not readable`
    : 'no folder';
  console.error(`ioi: ${path} is not kept (${why}): ioi undo will not put it back`);
}
