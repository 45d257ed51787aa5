import { setImmediate as otherWork } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { encodeBase64, err, ok, type Result } from '@ioi/basis';
import { LogFold, type Modules, type RefoldedCommit } from '@ioi/law';
import { StateTree } from '@ioi/merkle';
import type { Rejection } from '@ioi/protocol';
import { packChanges } from '../../core/inspection/packed-changes.ts';
import { ChunkHashes } from './chunk-hashes.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import type { TreeAnswer, TreeData, TreeWork } from './tree-messages.ts';

export type CheckLog = {
  /** Holds log.db. */
  readonly folder: string;
  /** Entries to check; they end with a commit. */
  readonly size: number;
  /** Whether the leaf hashes are computed again. */
  readonly isHashed: boolean;
  /** By which the log is folded again; not folded without. */
  readonly modules: Modules | undefined;
  readonly onProgress: (done: number) => void;
};

export type CheckedLog = {
  /** Base64, of all entries; when they were hashed. */
  readonly root: string | undefined;
  /** When it was folded: every commit carried the root that it has. */
  readonly folded: LogFold | undefined;
};

const RUN_ENTRIES = 4_096;
/** Runs whose trees are not made yet: what memory holds of them. */
const MOST_AHEAD = 6;

/**
 * Reads a log once more from its first entry, on two cores: what it folds to is compared with the
 * state root of every commit. Rejects with `log.damaged`, what makes it unreadable, or
 * `state.differs`.
 */
export async function checkLog(options: CheckLog): Promise<Result<CheckedLog, Rejection>> {
  let check: LogCheck | undefined;
  try {
    check = new LogCheck(options);
    return await check.run();
  } catch (fault) {
    // A file that cannot be read is an answer here, not a reason to end.
    const message = fault instanceof Error ? fault.message : String(fault);
    return err({ code: 'log.damaged', message });
  } finally {
    await check?.close();
  }
}

class LogCheck {
  readonly #options: CheckLog;
  readonly #log: LogFile;
  readonly #hashes: ChunkHashes | undefined;
  readonly #thread: Worker;
  #ahead = 0;
  #refused: Rejection | undefined;
  #wake = (): void => {};

  constructor(options: CheckLog) {
    const { folder, size, isHashed } = options;
    this.#options = options;
    this.#log = openLogFile(folder);
    this.#hashes = isHashed ? new ChunkHashes(this.#log, size) : undefined;
    const workerData: TreeData = { folder, size, shared: this.#hashes?.shared };
    this.#thread = new Worker(new URL('./tree-thread.ts', import.meta.url), { workerData });
    this.#thread.on('message', (answer: TreeAnswer) => this.#take(answer));
    this.#thread.on('error', (fault) => {
      this.#refuse({ code: 'log.damaged', message: String(fault) });
    });
  }

  async run(): Promise<Result<CheckedLog, Rejection>> {
    const { modules } = this.#options;
    const folded = modules && (await this.#fold(new LogFold(modules)));
    if (folded?.ok === false) return folded;
    await this.#hash(folded === undefined);
    if (this.#refused) return err(this.#refused);
    const root = this.#hashes && encodeBase64(this.#hashes.root());
    return ok({ root, folded: folded?.value });
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
    this.#log.close();
  }

  async #fold(fold: LogFold): Promise<Result<LogFold, Rejection>> {
    const { size, onProgress } = this.#options;
    const keys = new StateTree();
    for (let from = 0; from < size; from += RUN_ENTRIES) {
      const to = Math.min(from + RUN_ENTRIES, size);
      const taken = fold.take(this.#log.texts(from, to));
      if (!taken.ok) return taken;
      const last = to === size ? fold.finish() : ok([]);
      if (!last.ok) return last;
      this.#send([...taken.value, ...last.value], keys);
      onProgress(to);
      await this.#until(() => this.#ahead < MOST_AHEAD);
      if (this.#refused) return err(this.#refused);
    }
    await this.#until(() => this.#ahead === 0);
    return this.#refused ? err(this.#refused) : ok(fold);
  }

  /** Takes chunks beside the thread; alone it is the whole check. */
  async #hash(isReported: boolean): Promise<void> {
    const { onProgress } = this.#options;
    while (this.#hashes?.next() && !this.#refused) {
      if (isReported) onProgress(this.#hashes.hashed);
      await otherWork();
    }
    while (this.#hashes?.isDone === false && !this.#refused) await otherWork();
  }

  #send(commits: readonly RefoldedCommit[], keys: StateTree): void {
    if (commits.length === 0) return;
    const changes = packChanges(
      commits.flatMap((commit) => commit.changes),
      (headClass, id) => keys.keyOf(headClass, id),
    );
    const perChange = changes.length / Math.max(1, countOf(commits));
    let end = 0;
    const work: TreeWork = {
      changes,
      commits: commits.map((commit) => {
        end += commit.changes.length * perChange;
        return { end, size: commit.size, stateRoot: commit.stateRoot };
      }),
    };
    this.#ahead += 1;
    this.#thread.postMessage(work, [changes.buffer]);
  }

  #take(answer: TreeAnswer): void {
    if (answer.kind === 'taken') this.#ahead -= 1;
    else if (answer.kind === 'fault') this.#refuse(answer);
    else {
      const message = `the commit at ${answer.size - 1} carries another state than ${answer.found}`;
      this.#refuse({ code: 'state.differs', message });
    }
    this.#wake();
  }

  #refuse({ code, message }: Rejection): void {
    this.#refused ??= { code, message };
    this.#wake();
  }

  async #until(holds: () => boolean): Promise<void> {
    await otherWork();
    while (!holds() && !this.#refused) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function countOf(commits: readonly RefoldedCommit[]): number {
  return commits.reduce((sum, { changes }) => sum + changes.length, 0);
}
