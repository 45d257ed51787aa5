import {
  type Newest,
  proveConsistency,
  proveInclusion,
  referencesTo,
  SqliteStore,
} from '@ioi/agentgres/shell';
import { BoundedMap, encodeBase64, encodeUtf8 } from '@ioi/basis';
import {
  type ActionHead,
  type BudgetHead,
  type BudgetView,
  budgetView,
  type HeadText,
  headName,
  keys,
} from '@ioi/law';
import type { Evidence, HeadKey, IncludedEntry, LogEntry, View } from '@ioi/protocol';

const FRESH_HEADS = 16_384;
/** What every call asks for anew, above all that there is none. */
const READ_HEADS = 1_024;
/** Entries whose heads wait, at most: more only where another process writes the heads. */
const MOST_UNWRITTEN = 1_024;
const HEADS_AT_ONCE = 1_024;

/**
 * What the daemon's own thread reads: heads as of the last seal, and sealed entries. Everything
 * learnt here is advisory; the writer and the guardian decide.
 */
export class HeadReader implements View {
  /** Holds the log, or a copy of it. */
  readonly folder: string;
  readonly #store: SqliteStore;
  readonly evidence: Evidence;
  /** Canonical texts; far more than the one commit by which the heads file can lag. */
  readonly #fresh = new BoundedMap<string, HeadText>(FRESH_HEADS);
  /** As the heads file had them, until a seal changes them. */
  #read = new BoundedMap<string, HeadText | 'none'>(READ_HEADS);
  /** What every call asks for, as it was read from the text that stands. */
  readonly #parsed = new BoundedMap<string, { readonly head: HeadText; readonly value: unknown }>(
    READ_HEADS,
  );
  /** Until the heads file is so far, it may lack what is not among the fresh any more. */
  #lacking = 0;
  #size = 0;
  /** Of the last sealed entry, where whoever sealed it said so. */
  #chainTime: string | undefined;

  constructor(folder: string) {
    this.folder = folder;
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
  sealed(changes: readonly HeadText[], size: number, chainTime?: string): void {
    // Whoever does not say what changed leaves nothing of it known.
    if (changes.length === 0) this.#read = new BoundedMap(READ_HEADS);
    for (const change of changes) {
      const name = headName(change);
      const displaced = this.#fresh.set(name, change);
      // By a commit of very many heads, one of its own or of the commit before.
      if (displaced && displaced[1].seq + MOST_UNWRITTEN >= this.#size) this.#lacking = size;
      this.#read.delete(name);
    }
    this.#size = size;
    this.#chainTime = chainTime;
  }

  /** Nobody changes what it gives: the next to ask is given the same. */
  get<T>(key: HeadKey): T | undefined {
    const head = this.#head(key);
    if (head?.value === undefined) return undefined;
    const name = headName(key);
    const parsed = this.#parsed.get(name);
    if (parsed?.head === head) return parsed.value as T;
    const value = JSON.parse(head.value) as T;
    this.#parsed.set(name, { head, value });
    return value;
  }

  /** Log position of the entry that changed it last; undefined when it is not there. */
  changedAt(key: HeadKey): number | undefined {
    const head = this.#head(key);
    return head?.value === undefined ? undefined : head.seq;
  }

  /**
   * Classes of heads with what was sealed last, written or not: none is left out. Counts may be as
   * of a moment ago, where the writer writes meanwhile.
   */
  classes(): { headClass: string; count: number }[] {
    const late = this.#late();
    const counts = new Map(this.#store.classes().map((each) => [each.headClass, each.count]));
    for (const head of late) {
      const wasThere = this.#store.head(head) !== undefined;
      const before = counts.get(head.headClass) ?? 0;
      const isThere = head.value !== undefined;
      const count = before + Number(isThere) - Number(wasThere);
      counts.set(head.headClass, isThere ? Math.max(1, count) : count);
    }
    const held = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1));
    return held.map(([headClass, count]) => ({ headClass, count }));
  }

  /** Heads of one class after an id, in the order of ids; at most `limit`. */
  headsAfter(headClass: string, id: string, limit: number): { id: string; value: unknown }[] {
    const late = this.#late(headClass).filter((head) => isBefore(id, head.id));
    const heads = this.#store.headsAfter({ headClass, id }, limit + late.length);
    return listed(
      heads.filter((head) => head.headClass === headClass),
      late,
      limit,
    );
  }

  #head(key: HeadKey): HeadText | undefined {
    const name = headName(key);
    const known = this.#fresh.get(name) ?? this.#read.get(name);
    if (known !== undefined) return known === 'none' ? undefined : known;
    const isWritten = this.#isWritten();
    const read = this.#store.head(key);
    if (isWritten) this.#read.set(name, read ?? 'none');
    return read;
  }

  /** What the heads file says from here on stands until a seal changes it. */
  #isWritten(): boolean {
    if (this.#lacking > 0 && this.#store.watermark().size >= this.#lacking) this.#lacking = 0;
    return this.#lacking === 0;
  }

  headsOf<T>(headClass: string, prefix: string, limit: number): { id: string; value: T }[] {
    const late = this.#late(headClass).filter((head) => head.id.startsWith(prefix));
    return listed(this.#store.headsOf(headClass, prefix, limit + late.length), late, limit);
  }

  /** Each of a class, in parts: a log has as many as it likes, and none of them is passed over. */
  *allOf<T>(headClass: string): Generator<T> {
    let after = '';
    for (;;) {
      const part = this.headsAfter(headClass, after, HEADS_AT_ONCE);
      for (const { value } of part) yield value as T;
      const last = part.at(-1);
      if (last === undefined || part.length < HEADS_AT_ONCE) return;
      after = last.id;
    }
  }

  /** Sealed heads, of a class or of all, that the heads file does not have yet. */
  #late(headClass?: string): HeadText[] {
    const from = this.#store.watermark().size;
    if (from >= this.#size) return [];
    const late: HeadText[] = [];
    for (const [, head] of this.#fresh.entries()) {
      const isAsked = headClass === undefined || head.headClass === headClass;
      if (isAsked && head.seq >= from) late.push(head);
    }
    return late;
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

  /** Roots of the perfect subtrees of 2^level entries, from the `from`th to before the `to`th. */
  subtrees(level: number, from: number, to: number): Uint8Array[] {
    const span = 2 ** level;
    const lasts = Array.from({ length: to - from }, (_, at) => (from + at + 1) * span - 1);
    // Each was kept with the entry that completed it, behind those of fewer entries.
    return this.#store.nodes(lasts).map((nodes) => nodes.subarray(32 * level, 32 * level + 32));
  }

  /** Path of an entry to the root at `size`. */
  path(seq: number, size: number): Promise<Uint8Array[]> {
    return proveInclusion(this.#store, seq, size);
  }

  /** An entry with its path to the root at `size`, in base64. */
  async included(seq: number, size: number): Promise<IncludedEntry> {
    const [text = ''] = this.texts(seq, seq + 1);
    const path = await this.path(seq, size);
    return { seq: String(seq), text, path: path.map(encodeBase64) };
  }

  /** That the log at `to` begins with the log at `from`, in base64. */
  async continues(from: number, to: number): Promise<string[]> {
    return (await proveConsistency(this.#store, from, to)).map(encodeBase64);
  }

  /** Leaf hashes of the entries from `from` to before `to`. */
  leaves(from: number, to: number): Uint8Array[] {
    return this.#store.leaves(BigInt(from), BigInt(Math.min(to, this.#size)));
  }

  /** Chain Time as the last seal and this clock know it: a guardian's may be a moment behind. */
  chainTime(): number {
    this.#chainTime ??= this.entry(this.#size - 1)?.chain_time ?? '0';
    return Math.max(Number(this.#chainTime), Date.now());
  }

  /** A payload that is kept with the log: a policy. */
  payload(digest: string): string | undefined {
    return this.#store.payload(digest);
  }

  /** Positions of entries that carry a reference beginning so, newest first. */
  find(prefix: string, limit: number): number[] {
    // First, so that what is written meanwhile is in both rather than in neither.
    const late = this.#unwritten().filter((entry) => {
      return referencesTo(entry).some(({ reference }) => reference.startsWith(prefix));
    });
    const found = this.#store.seqsOf(prefix, limit).map(Number);
    const all = new Set([...late.map(({ seq }) => Number(seq)).reverse(), ...found]);
    return [...all].filter((seq) => seq < this.#size).slice(0, limit);
  }

  /** The same below a position, of references that are not too many to tell apart. */
  newestOf(prefix: string, below: number, wanted: Newest): number[] | undefined {
    const late = this.#unwritten().filter((entry) => {
      return referencesTo(entry).some(({ reference }) => reference.startsWith(prefix));
    });
    const found = this.#store.newestOf(prefix, below, wanted);
    if (found === undefined) return undefined;
    const all = new Set([...late.map(({ seq }) => Number(seq)).reverse(), ...found]);
    return [...all].filter((seq) => seq < Math.min(below, this.#size)).slice(0, wanted.limit);
  }

  /** Sealed entries that the heads file, which follows the seal, does not know of yet. */
  #unwritten(): LogEntry[] {
    const from = this.#store.watermark().size;
    return this.#size - from > MOST_UNWRITTEN ? [] : this.entries(from, this.#size);
  }

  close(): void {
    this.#store.close();
  }
}

/** As they will stand in the heads file, in its order. */
function listed<T>(
  written: readonly HeadText[],
  late: readonly HeadText[],
  limit: number,
): { id: string; value: T }[] {
  const values = new Map(written.map(({ id, value }) => [id, value]));
  for (const { id, value } of late) values.set(id, value);
  const all = [...values].flatMap(([id, value]) => (value === undefined ? [] : [{ id, value }]));
  const inOrder =
    late.length === 0 ? all : all.sort((one, other) => (isBefore(one.id, other.id) ? -1 : 1));
  return inOrder.slice(0, limit).map(({ id, value }) => ({ id, value: JSON.parse(value) as T }));
}

/** As SQLite compares texts: by their bytes. */
function isBefore(one: string, other: string): boolean {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;
}
