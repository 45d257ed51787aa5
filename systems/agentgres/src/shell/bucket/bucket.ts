import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BUCKET_SECONDS, type BucketConfig } from '../../core/bucket/bucket.ts';
import type { Remote } from '../../core/bucket/remote.ts';
import type { BucketAnswer, BucketData, BucketWork } from './bucket-messages.ts';
import { BucketFault } from './fault.ts';

/** After one that nobody answered in time: the node is not held up again and again. */
const SPARED_MS = 30_000;
/** The node does nothing else meanwhile, however long an answer may be silent. */
const MOST_HELD_MS = 10_000;

type Waiting = ReturnType<typeof Promise.withResolvers<void>>;

/** A bucket that is asked in a thread of its own. */
export class Bucket implements Remote {
  readonly #thread: Worker;
  readonly #folder: string;
  readonly #silentMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #sparedUntil = 0;
  #ended: BucketFault | undefined;

  constructor(config: BucketConfig, folder: string) {
    const workerData: BucketData = { config, folder };
    this.#folder = folder;
    this.#silentMs = (config.seconds ?? BUCKET_SECONDS) * 1000;
    this.#thread = new Worker(new URL('./bucket-thread.ts', import.meta.url), { workerData });
    this.#thread.on('message', (answer: BucketAnswer) => this.#take(answer));
    this.#thread.on('error', (fault: Error) => this.#end(`asking it failed: ${fault.message}`));
    this.#thread.unref();
  }

  store(file: string): Promise<void> {
    return this.#ask({ kind: 'store', file, bytes: 0 });
  }

  recall(file: string, bytes: number): Promise<void> {
    return this.#ask({ kind: 'recall', file, bytes });
  }

  remove(file: string): Promise<void> {
    return this.#ask({ kind: 'remove', file, bytes: 0 });
  }

  recallNow(file: string, bytes: number): void {
    if (this.#ended) throw this.#ended;
    if (performance.now() < this.#sparedUntil) {
      throw new BucketFault('bucket.unreachable', 'the bucket did not answer a moment ago');
    }
    const done = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    // Whether it is there is seen on disk; why it is not, by whoever asks with time.
    this.#ask({ kind: 'recall', file, bytes, done }).catch(() => {});
    Atomics.wait(new Int32Array(done), 0, 0, Math.min(this.#silentMs, MOST_HELD_MS));
    if (existsSync(join(this.#folder, file))) return;
    this.#sparedUntil = performance.now() + SPARED_MS;
    throw new BucketFault(
      'bucket.unreachable',
      `${file} could not be read from the bucket in time`,
    );
  }

  async close(): Promise<void> {
    this.#end('the node stops');
    await this.#thread.terminate();
  }

  #ask(work: Omit<BucketWork, 'id'>): Promise<void> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#asked++;
    const waiting: Waiting = Promise.withResolvers();
    this.#waiting.set(id, waiting);
    this.#thread.postMessage({ id, ...work });
    return waiting.promise;
  }

  #take({ id, fault }: BucketAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (fault) waiting?.reject(new BucketFault(fault.code, fault.reason));
    else waiting?.resolve();
  }

  #end(why: string): void {
    this.#ended = new BucketFault('bucket.unreachable', why);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
