import { SqliteStore } from '@ioi/agentgres/shell';
import { BoundedMap, encodeUtf8 } from '@ioi/basis';
import {
  type ActionHead,
  type BudgetHead,
  type BudgetView,
  budgetView,
  type HeadText,
  headName,
  keys,
} from '@ioi/law';
import type { Evidence, HeadKey, LogEntry, View } from '@ioi/protocol';

const FRESH_HEADS = 16_384;

/**
 * What the daemon's own thread reads: heads as of the last seal, and sealed entries. Everything
 * learnt here is advisory; the writer and the guardian decide.
 */
export class HeadReader implements View {
  readonly #store: SqliteStore;
  readonly evidence: Evidence;
  /** Canonical texts; far more than the one commit by which the heads file can lag. */
  readonly #fresh = new BoundedMap<string, string | undefined>(FRESH_HEADS);
  #size = 0;

  constructor(folder: string) {
    this.#store = new SqliteStore(folder, { readOnly: true });
    this.evidence = {
      payload: (digest) => {
        const text = this.#store.payload(digest);
        return text === undefined ? undefined : encodeUtf8(text);
      },
    };
  }

  /** Entries that are sealed; nothing beyond is shown to anyone. */
  get size(): number {
    return this.#size;
  }

  /** Changes the writer sealed a moment ago: its heads file follows after the answer. */
  sealed(changes: readonly HeadText[], size: number): void {
    for (const { headClass, id, value } of changes) {
      this.#fresh.set(headName({ headClass, id }), value);
    }
    this.#size = size;
  }

  get<T>(key: HeadKey): T | undefined {
    const name = headName(key);
    const text = this.#fresh.has(name) ? this.#fresh.get(name) : this.#store.head(key)?.value;
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  headsOf<T>(headClass: string, prefix: string, limit: number): { id: string; value: T }[] {
    const heads = this.#store.headsOf(headClass, prefix, limit);
    return heads.map(({ id, value }) => ({ id, value: JSON.parse(value ?? 'null') as T }));
  }

  budgets(): BudgetView {
    const heads = (budgetId: string) => this.get<BudgetHead>(keys.budget(budgetId));
    return budgetView(heads, BigInt(Date.now()));
  }

  /** Chain Time at which a pending request ends. */
  expiryOf(requestHash: string): bigint | undefined {
    const expires = this.get<ActionHead>(keys.action(requestHash))?.expires;
    return expires === undefined ? undefined : BigInt(expires);
  }

  entry(seq: number): LogEntry | undefined {
    return this.entries(seq, seq + 1)[0];
  }

  entries(from: number, to: number): LogEntry[] {
    return this.texts(from, to).map((text) => JSON.parse(text) as LogEntry);
  }

  texts(from: number, to: number): string[] {
    const end = Math.min(to, this.#size);
    if (from >= end || from < 0) return [];
    return this.#store.entries(BigInt(from), BigInt(end)).map((entry) => entry.text);
  }

  /** Leaf hashes of the first `size` entries. */
  leaves(size: number): Uint8Array[] {
    return this.#store.leaves(0n, BigInt(Math.min(size, this.#size)));
  }

  /** Chain Time as the last seal and this clock know it: a guardian's may be a moment behind. */
  chainTime(): number {
    const last = this.entry(this.#size - 1)?.chain_time ?? '0';
    return Math.max(Number(last), Date.now());
  }

  /** A payload that is kept with the log: a policy. */
  payload(digest: string): string | undefined {
    return this.#store.payload(digest);
  }

  /** Positions of entries that carry a reference beginning so, newest first. */
  find(prefix: string, limit: number): number[] {
    return this.#store
      .seqsOf(prefix, limit)
      .map(Number)
      .filter((seq) => seq < this.#size);
  }

  close(): void {
    this.#store.close();
  }
}
