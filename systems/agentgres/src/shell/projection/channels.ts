import { type Cell, isMatch, type Test } from '../../core/index.ts';
import type { RowDelta } from './projection-file.ts';

/** Subscribers of one projection who filter alike. */
export type Channel = {
  readonly where: unknown;
  readonly tests: readonly Test[];
  readonly subscribers: Set<number>;
};

/** Channels of one projection, found by the values they want. */
export class Channels {
  readonly #byFilter = new Map<string, Channel>();
  readonly #ofSubscriber = new Map<number, Channel>();
  /** Without a filter. */
  readonly #all = new Set<Channel>();
  /** By the place of the column their first test is about, then by its cell. */
  readonly #byCell = new Map<number, Map<Cell, Set<Channel>>>();

  get size(): number {
    return this.#ofSubscriber.size;
  }

  join(subscriber: number, where: unknown, tests: readonly Test[]): void {
    const name = JSON.stringify(tests);
    let channel = this.#byFilter.get(name);
    if (channel === undefined) {
      channel = { where, tests, subscribers: new Set() };
      this.#byFilter.set(name, channel);
      this.#bucket(tests).add(channel);
    }
    channel.subscribers.add(subscriber);
    this.#ofSubscriber.set(subscriber, channel);
  }

  leave(subscriber: number): void {
    const channel = this.#ofSubscriber.get(subscriber);
    if (channel === undefined) return;
    this.#ofSubscriber.delete(subscriber);
    channel.subscribers.delete(subscriber);
    if (channel.subscribers.size > 0) return;
    this.#byFilter.delete(JSON.stringify(channel.tests));
    this.#bucket(channel.tests).delete(channel);
    const [first] = channel.tests;
    if (first && this.#bucket(channel.tests).size === 0) {
      this.#byCell.get(first.at)?.delete(first.cell);
    }
  }

  /** Channels a change can concern: their rows before or after it. */
  concernedBy({ before, after }: RowDelta): Channel[] {
    const found = new Set(this.#all);
    for (const [at, byCell] of this.#byCell) {
      for (const row of [before, after]) {
        const channels = row === undefined ? undefined : byCell.get(row[at] ?? null);
        for (const channel of channels ?? []) found.add(channel);
      }
    }
    return [...found].filter(({ tests }) => isConcerned(tests, before, after));
  }

  list(): Channel[] {
    return [...this.#byFilter.values()];
  }

  #bucket([first]: readonly Test[]): Set<Channel> {
    if (first === undefined) return this.#all;
    const byCell = this.#byCell.get(first.at) ?? new Map<Cell, Set<Channel>>();
    this.#byCell.set(first.at, byCell);
    const bucket = byCell.get(first.cell) ?? new Set<Channel>();
    byCell.set(first.cell, bucket);
    return bucket;
  }
}

export function isConcerned(
  tests: readonly Test[],
  before: RowDelta['before'],
  after: RowDelta['after'],
): boolean {
  return (
    (before !== undefined && isMatch(before, tests)) ||
    (after !== undefined && isMatch(after, tests))
  );
}
