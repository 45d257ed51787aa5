import type { Append, Beside, Lease, Place, Seal, Sealed, StoredEntry } from '@ioi/agentgres';
import { LogFault } from '@ioi/agentgres/shell';
import { type HeadText, headName } from '@ioi/law';
import type { FrontierState } from '@ioi/merkle';
import type { HeadKey } from '@ioi/protocol';

/** What a store would do that does not keep its promises. */
export type StoreVariant = {
  readonly name: string;
  /** Whoever wrote before is not fenced. */
  readonly fencesNobody?: boolean;
  /** What is said to be sealed is not kept. */
  readonly forgetsTold?: boolean;
  /** What was never told stays in the log. */
  readonly keepsTail?: boolean;
};

export const SOUND: StoreVariant = { name: 'keep its promises' };

export const PLANTED: readonly StoreVariant[] = [
  { name: 'not fence the writer before', fencesNobody: true },
  { name: 'forget what was told as sealed', forgetsTold: true },
  { name: 'go on from what was never told as sealed', keepsTail: true },
];

type Row = { readonly text: string; readonly nodes: Uint8Array };

/**
 * One log and its lease as PostgreSQL keeps them for several nodes: what is done here is durable
 * and replicated, one statement at a time. Sessions come and go, this stays.
 */
export class SharedLog {
  readonly variant: StoreVariant;
  rows: Row[] = [];
  readonly setAside: string[] = [];
  readonly payloads = new Map<string, string>();
  readonly references = new Map<string, Set<number>>();
  heads = new Map<string, HeadText>();
  mark: FrontierState = { size: 0, peaks: [] };
  claim = '';
  told: { readonly size: number; readonly note: string } | undefined;
  lease: Lease;
  /** Everything that was ever told, in order. */
  readonly history: { readonly size: number; readonly note: string; readonly term: number }[] = [];

  constructor(first: string, variant: StoreVariant) {
    this.variant = variant;
    this.lease = { member: first, term: 1, beat: 0 };
  }

  takeOver(seen: Lease, member: string): Place | undefined {
    const { lease, variant } = this;
    const isSame =
      lease.member === seen.member && lease.term === seen.term && lease.beat === seen.beat;
    if (!isSame) return undefined;
    this.lease = { member, term: lease.term + 1, beat: 0 };
    if (variant.fencesNobody !== true) this.claim = `fenced by ${member}`;
    if (variant.keepsTail !== true) {
      this.setAside.push(...this.rows.splice(this.told?.size ?? 0).map(({ text }) => text));
    }
    return { member, term: lease.term + 1 };
  }

  beat({ member, term }: Place): void {
    if (member !== this.lease.member || term !== this.lease.term) throw fenced();
    this.lease = { ...this.lease, beat: Math.max(this.lease.beat, 0) + 1 };
  }
}

/** The log as one writer has it open; each of these happens at the server, at once. */
export class SharedSession {
  readonly #log: SharedLog;
  readonly #place: Place;
  readonly #claim: string;

  constructor(log: SharedLog, place: Place, session: string) {
    this.#log = log;
    this.#place = place;
    this.#claim = session;
  }

  claim(): void {
    const { lease, variant } = this.#log;
    const isOurs = lease.member === this.#place.member && lease.term === this.#place.term;
    if (!isOurs && variant.fencesNobody !== true) {
      throw new LogFault('cluster.not_writer', `${lease.member} writes`);
    }
    this.#log.claim = this.#claim;
  }

  size(): bigint {
    return BigInt(this.#log.rows.length);
  }

  append({ firstSeq, entries, payloads }: Append): void {
    this.#mustHold();
    if (firstSeq !== this.size()) throw fenced();
    this.#log.rows.push(...entries);
    for (const [digest, text] of Object.entries(payloads)) this.#log.payloads.set(digest, text);
  }

  publish({ size, note }: Seal): void {
    this.#mustHold();
    if (this.#log.variant.forgetsTold === true && this.#log.told !== undefined) return;
    this.#log.told = { size: Number(size), note };
    this.#log.history.push({ size: Number(size), note, term: this.#place.term });
  }

  held(): void {
    this.#mustHold();
  }

  watermark(): FrontierState {
    return this.#log.mark;
  }

  applySealed({ changes, watermark, references }: Sealed): void {
    this.#mustHold();
    for (const head of changes) {
      if (head.value === undefined) this.#log.heads.delete(headName(head));
      else this.#log.heads.set(headName(head), head);
    }
    for (const { reference, seq } of references) {
      const seqs = this.#log.references.get(reference) ?? new Set();
      this.#log.references.set(reference, seqs.add(seq));
    }
    this.#log.mark = watermark;
  }

  resetHeads(): void {
    this.#mustHold();
    this.#log.heads.clear();
    this.#log.references.clear();
    this.#log.mark = { size: 0, peaks: [] };
  }

  known(references: readonly string[]): ReadonlySet<string> {
    return new Set(references.filter((each) => this.#log.references.has(each)));
  }

  headsAt(keys: readonly HeadKey[]): HeadText[] {
    return keys.flatMap((key) => this.#log.heads.get(headName(key)) ?? []);
  }

  headsAfter(key: HeadKey | undefined, limit: number): HeadText[] {
    const after = key && headName(key);
    const names = [...this.#log.heads.keys()].sort().filter((name) => !after || name > after);
    return names.slice(0, limit).map((name) => this.#log.heads.get(name) as HeadText);
  }

  entries(from: bigint, to: bigint): StoredEntry[] {
    const rows = this.#log.rows.slice(Number(from), Number(to));
    return rows.map(({ text }, at) => ({ seq: from + BigInt(at), text }));
  }

  payload(digest: string): string | undefined {
    return this.#log.payloads.get(digest);
  }

  beside(): Beside[] {
    return [];
  }

  #mustHold(): void {
    if (this.#log.claim !== this.#claim && this.#log.variant.fencesNobody !== true) throw fenced();
  }
}

function fenced(): LogFault {
  return new LogFault('log.fenced', 'another writer took this log over');
}
