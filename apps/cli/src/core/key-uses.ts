import type { AuditRow } from './audit-view.ts';

/** What the guardian remembers of a secret, or of what opens the vault; its time is Chain Time. */
type KeyUse = {
  readonly number: number;
  readonly act: string;
  readonly at: string;
  readonly name?: string;
  readonly version?: number;
  readonly server?: string;
  readonly operation?: string;
  readonly unlocker?: string;
};

/**
 * Uses of keys among rows of the log, by Chain Time: a secret is told after the act is sealed, so
 * of two that are of one millisecond the row of the log comes first.
 */
export class KeyUses {
  readonly #since: number;
  #waiting: AuditRow[] = [];
  #last = 0;

  /** `since`: uses before it are not told. */
  constructor(since: number) {
    this.#since = since;
  }

  /** The number of the last use that was taken in. */
  get last(): number {
    return this.#last;
  }

  take(uses: readonly KeyUse[]): void {
    this.#last = uses.at(-1)?.number ?? this.#last;
    const rows = uses.map(rowOf).filter((row) => row.chain_time >= this.#since);
    this.#waiting.push(...rows);
  }

  /** The rows, each after every use that was before it. */
  among(rows: readonly AuditRow[]): AuditRow[] {
    return rows.flatMap((row) => {
      const later = this.#waiting.findIndex((use) => use.chain_time >= row.chain_time);
      const earlier = this.#waiting.splice(0, later === -1 ? this.#waiting.length : later);
      return [...earlier, row];
    });
  }

  /** Those after the last row. */
  rest(): AuditRow[] {
    return this.#waiting.splice(0);
  }
}

function rowOf({ act, at, name, version, server, operation, unlocker }: KeyUse): AuditRow {
  return {
    seq: null,
    about: name === undefined ? (unlocker ?? 'vault') : `${name} v${version}`,
    budget: '',
    event: `vault.${act}`,
    chain_time: Number(at),
    kind: 'key',
    act: 'vault',
    agent_id: null,
    result: act,
    ...(server === undefined ? {} : { code: server }),
    ...(operation === undefined ? {} : { operation }),
  };
}
