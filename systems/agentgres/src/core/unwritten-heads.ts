import { type HeadText, headName } from '@ioi/law';
import type { Sealed } from './ports.ts';

/** Entries whose heads may be waiting before they are written at the next occasion. */
const MANY_ENTRIES = 256;

/**
 * What sealed commits leave to be written to the heads, which follow the log. Those of several are
 * written together: a transaction costs as much as many rows, and a head that each of them changed
 * is written once.
 */
export class UnwrittenHeads {
  #commits: Sealed[] = [];
  #entries = 0;

  /** Of a commit of so many entries. */
  add(sealed: Sealed, entries: number): void {
    this.#commits.push(sealed);
    this.#entries += entries;
  }

  get areMany(): boolean {
    return this.#entries >= MANY_ENTRIES;
  }

  /** All that waits, as one; undefined where nothing does. */
  take(): Sealed | undefined {
    const commits = this.#commits;
    this.#commits = [];
    this.#entries = 0;
    const last = commits.at(-1);
    if (last === undefined || commits.length === 1) return last;
    const changes = new Map<string, HeadText>();
    for (const commit of commits) {
      for (const change of commit.changes) changes.set(headName(change), change);
    }
    return {
      changes: [...changes.values()],
      watermark: last.watermark,
      references: commits.flatMap(({ references }) => references),
    };
  }
}
