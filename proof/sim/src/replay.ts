import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { verifierRegistry } from '@ioi/crypto';
import {
  type Admitted,
  type Authenticate,
  admit,
  applyToTree,
  authenticator,
  COMMIT_OPERATION,
  type CommitRange,
  commitRanges,
  HeadMap,
  headName,
  type LogName,
  type Modules,
  parseEntry,
  rootDigest,
  type SealedText,
  stampOf,
} from '@ioi/law';
import { leafHash, rootOf, StateTree } from '@ioi/merkle';
import type { HeadChange, LogEntry } from '@ioi/protocol';

/** What a read saw; checked against the log it says it is of. */
export type PendingRead = {
  readonly size: number;
  readonly check: (replay: Replay) => string | undefined;
};

/** What a broken rule means: a promise not kept, two logs where one was sealed, or else. */
export type Breach = 'lost' | 'fork' | 'other';

/** A rule that the sealed log broke. */
export class Broken extends Error {
  readonly breach: Breach;

  constructor(message: string, breach: Breach = 'other') {
    super(message);
    this.breach = breach;
  }
}

/**
 * The sealed log of one domain, decided again from its first entry. It only ever grows: what was
 * sealed once must be there, byte for byte, whenever anybody looks.
 */
export class Replay {
  readonly texts: string[] = [];
  readonly heads = new HeadMap();
  /** Names of the heads that are there. */
  readonly names = new Set<string>();
  /** Entries with effect, by operation id. */
  readonly effective = new Map<string, string>();
  stateRoot = '';
  readonly #modules: Modules;
  readonly #authenticate: Authenticate;
  readonly #leaves: Uint8Array[] = [];
  readonly #tree = new StateTree();
  readonly #lastChange = new Map<string, bigint>();
  #pending: PendingRead[] = [];
  #height = 0n;
  #time = 0n;

  constructor(modules: Modules, log: LogName) {
    this.#modules = modules;
    this.#authenticate = authenticator(log, verifierRegistry());
  }

  get size(): number {
    return this.texts.length;
  }

  /** Throws `Broken` when a read of an earlier log is wrong; later ones wait for the log. */
  expect(read: PendingRead): void {
    if (read.size > this.size) this.#pending.push(read);
    else if (read.size === this.size) this.#checkRead(read);
  }

  /** Takes over a sealed log with this root, base64; throws `Broken`. */
  extend(texts: readonly string[], root: string): void {
    const differing = this.texts.findIndex((text, at) => text !== texts[at]);
    if (differing >= 0) {
      throw new Broken(`entry ${differing} is not the one that was sealed`, 'fork');
    }
    const start = this.size;
    const items = texts.slice(start).map((text, at) => parsed(text, start + at));
    const ranges = commitRanges(items.map(({ entry }) => entry));
    if (!ranges.ok) throw new Broken(ranges.error.message);
    for (const range of ranges.value) {
      this.#takeCommit(items.slice(range.first - start, range.last - start + 1), range);
    }
    if (encodeBase64(rootOf(this.#leaves)) !== root) {
      throw new Broken(`the ${this.size} sealed entries have another root than the seal`, 'fork');
    }
  }

  #takeCommit(items: readonly SealedText[], { summary }: CommitRange): void {
    const voided = new Set(summary.voided.map(({ seq }) => seq));
    const changes: HeadChange[] = [];
    for (const item of items) {
      const { entry, text } = item;
      const isVoid = voided.has(entry.seq) || entry.operation === COMMIT_OPERATION;
      if (!isVoid) changes.push(...this.#takeEntry(item));
      this.texts.push(text);
      this.#leaves.push(leafHash(text));
      if (BigInt(entry.height) !== this.#height) throw new Broken(`${entry.seq}: wrong height`);
      if (BigInt(entry.chain_time) < this.#time) throw new Broken(`${entry.seq}: time ran back`);
      if (!isVoid) this.#time = BigInt(entry.chain_time);
    }
    this.#height += 1n;
    applyToTree(this.#tree, changes);
    this.stateRoot = rootDigest(this.#tree);
    if (this.stateRoot !== summary.state_root) {
      throw new Broken(`the commit that ends at ${this.size} has another state root`);
    }
    this.#checkReads();
  }

  #takeEntry({ entry, text }: SealedText): readonly HeadChange[] {
    if (this.effective.has(entry.operation_id)) {
      throw new Broken(`${entry.operation_id} stands twice`);
    }
    this.#checkPreconditions(entry);
    const admitted = this.#admitAgain(entry);
    if (admitted.text !== text) throw new Broken(`${entry.seq} says more than it did`);
    this.effective.set(entry.operation_id, admitted.text);
    this.heads.apply(admitted.changes);
    for (const { key, value } of admitted.changes) {
      if (value === undefined) this.names.delete(headName(key));
      else this.names.add(headName(key));
      this.#lastChange.set(headName(key), BigInt(entry.seq));
      this.#lastChange.set(key.headClass, BigInt(entry.seq));
    }
    return admitted.changes;
  }

  #admitAgain(entry: LogEntry): Admitted {
    const admitted = admit(entry, {
      modules: this.#modules,
      view: this.heads,
      evidence: { payload: () => undefined },
      authenticate: this.#authenticate,
      at: stampOf(entry),
    });
    if (!admitted.ok) throw new Broken(`${entry.seq} would not stand: ${admitted.error.message}`);
    return admitted.value;
  }

  /** Told from the changes alone, not with what admits. */
  #checkPreconditions({ seq, preconditions = [] }: LogEntry): void {
    for (const { head_class: headClass, id, since } of preconditions) {
      const name = id === undefined ? headClass : headName({ headClass, id });
      const changed = this.#lastChange.get(name) ?? -1n;
      if (changed > BigInt(since)) throw new Broken(`${seq}: ${name} had changed at ${changed}`);
    }
  }

  #checkReads(): void {
    const due = this.#pending.filter(({ size }) => size <= this.size);
    this.#pending = this.#pending.filter(({ size }) => size > this.size);
    for (const read of due) this.#checkRead(read);
  }

  #checkRead(read: PendingRead): void {
    if (read.size !== this.size)
      throw new Broken(`a read is of ${read.size}, which ends no commit`);
    const wrong = read.check(this);
    if (wrong !== undefined) throw new Broken(`a read at ${read.size}: ${wrong}`);
  }
}

function parsed(text: string, seq: number): SealedText {
  const found = parseEntry(encodeUtf8(text));
  if (!found.ok) throw new Broken(`entry ${seq}: ${found.error.message}`);
  if (found.value.entry.seq !== String(seq)) throw new Broken(`entry ${seq} says otherwise`);
  return found.value;
}
