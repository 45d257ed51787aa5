import type { InstalledWorkerDetail, WorkerTask } from '@ioi/protocol';
import type { CardAbout } from '../../core/serve/a2a-card.ts';

export type Served = Pick<CardAbout, 'manifest' | 'manifestHash' | 'tasks'> & {
  readonly tasks: readonly WorkerTask[];
  /** Since when it is known to be so. */
  readonly since: Date;
};

/** How old what is told of a worker may be. */
const FRESH_MS = 2000;

/** What stands at the node of a worker that is served: an update of it is told with no restart. */
export class ServedDetail {
  readonly #read: () => Promise<InstalledWorkerDetail>;
  readonly #task: string | undefined;
  #last: Served;
  #at = performance.now();
  #reading: Promise<void> | undefined;

  /** `task` is the only one that is served, where one is named. */
  constructor(
    first: InstalledWorkerDetail,
    read: () => Promise<InstalledWorkerDetail>,
    task?: string,
  ) {
    this.#read = read;
    this.#task = task;
    this.#last = servedOf(first, task);
  }

  async current(): Promise<Served> {
    if (performance.now() - this.#at > FRESH_MS) {
      this.#reading ??= this.#again();
      await this.#reading;
    }
    return this.#last;
  }

  /** A node that does not answer, or has it no more, says so to whoever has it do something. */
  async #again(): Promise<void> {
    const read = await this.#read().catch(() => undefined);
    const isOther = read?.worker.manifest_hash !== this.#last.manifestHash;
    if (isOther && read?.worker.state === 'installed') this.#last = servedOf(read, this.#task);
    this.#at = performance.now();
    this.#reading = undefined;
  }
}

function servedOf({ manifest, worker }: InstalledWorkerDetail, task: string | undefined): Served {
  const all = manifest.tasks as readonly WorkerTask[];
  const tasks = all.filter(({ name }) => task === undefined || name === task);
  return { manifest, manifestHash: worker.manifest_hash, tasks: [...tasks], since: new Date() };
}
