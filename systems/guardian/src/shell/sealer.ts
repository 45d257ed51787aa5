import { encodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { verifierRegistry } from '@ioi/crypto';
import {
  type Authenticate,
  authenticator,
  claimOf,
  EPOCH_CHANGE,
  HeadCache,
  type Heads,
  type HeadText,
  headTextOf,
  isSigned,
  type LogName,
  type Modules,
  neededPayloads,
  type PrincipalHead,
  type ProposedOperation,
  principalKey,
  workAhead,
} from '@ioi/law';
import { Frontier } from '@ioi/merkle';
import type { ChangeEpoch, Evidence, LogEntry } from '@ioi/protocol';
import {
  type Attesting,
  admittedBefore,
  type Batch,
  brokenTakeover,
  commitStamp,
  type FirstWord,
  later,
  type Payloads,
  type PreparedBatch,
  placeAfter,
  placeOf,
  prepare,
  type RecoveredBatch,
  type Refusal,
  recover,
  type Seal,
  type SealedState,
  seal,
} from '../core/index.ts';
import { inTurns } from './in-turns.ts';
import { type SealStore, type SealWrite, sealedState, sealRow } from './seal-store.ts';
import type { Sources } from './sources.ts';

export type SealerOptions = {
  readonly log: LogName;
  readonly store: SealStore;
  readonly modules: Modules;
  readonly genesis: FirstWord;
  /** What makes this guardian's key the one that seals, when it is not that of genesis. */
  readonly change: ChangeEpoch | undefined;
  /** Origin line of the checkpoints this guardian signs. */
  readonly origin: string;
  /** Signs the checkpoint of a log (the Ed25519 line). */
  readonly sign: (frontier: Frontier) => string;
  /** Monotonic milliseconds, and Chain Time for a log that has none yet. */
  readonly now: () => { readonly monotonic: bigint; readonly chainTime: bigint };
  /** The one durable write of a seal. */
  readonly write: (write: SealWrite, entries: readonly LogEntry[]) => void;
  readonly sources: Sources;
};

type Prepared = {
  readonly id: number;
  readonly batch: Batch;
  readonly changes: readonly HeadText[];
  /** Monotonic milliseconds. */
  readonly at: bigint;
};

type Signed = { readonly after: SealedState; readonly note: string };

/** Made ahead for the batch that is sealed next. */
type Closing = {
  readonly id: number;
  readonly commitText: string;
  readonly signed: Result<Signed, Refusal>;
};

/** What a batch is made of: what the guardian says itself, then what was proposed. */
type Proposal = {
  readonly own: readonly ProposedOperation[];
  readonly proposed: readonly ProposedOperation[];
  readonly payloads: Payloads;
  readonly chainTime: bigint;
};

const CACHED_HEADS = 131_072;
/** A seal follows its preparation at once; later its decisions may no longer hold. */
const MAX_PREPARED_MS = 60_000n;

/**
 * Seals one domain: what is sealed, what is prepared. The next batch may be prepared while the
 * one before it is made durable; seals come in order, each one durable write.
 */
export class Sealer {
  readonly #options: SealerOptions;
  readonly #registry = verifierRegistry();
  readonly #evidence: Evidence;
  readonly #heads: HeadCache;
  readonly #signed = new Set<string>();
  #sealed: SealedState;
  #note: string | undefined;
  #prepared: Prepared[] = [];
  #closing: Closing | undefined;
  #batches = 0;
  #openings = 0;
  /** Recovery belongs to opening: once anything was prepared it is over. */
  #isOpen = false;

  constructor(options: SealerOptions) {
    this.#options = options;
    const row = options.store.sealRow();
    const { epoch } = options.genesis;
    const fresh = { frontier: Frontier.empty, epoch, height: 0n };
    this.#sealed = row ? sealedState(row) : { ...fresh, chainTime: options.now().chainTime };
    this.#note = row?.note;
    this.#heads = new HeadCache(options.store, CACHED_HEADS);
    this.#evidence = {
      payload: (digest) => {
        const text = options.store.payload(digest);
        return text === undefined ? undefined : encodeUtf8(text);
      },
    };
  }

  get domainId(): string {
    return this.#options.log.domain_id;
  }

  get origin(): string {
    return this.#options.origin;
  }

  get sealed(): SealedState {
    return this.#sealed;
  }

  /** Heads as sealed. */
  get heads(): Heads {
    return this.#heads;
  }

  sealNow(): Seal | undefined {
    return this.#note === undefined ? undefined : this.#sealOf(this.#note);
  }

  /** The latest seal of ours, for the cosigner. */
  uncosigned(): { note: string; frontier: Frontier } | undefined {
    if (this.#note === undefined || this.#dueChange()) return undefined;
    return { note: this.#note, frontier: this.#sealed.frontier };
  }

  /** What this guardian has to say before anything else, unless that is prepared already. */
  firstWord(): ProposedOperation[] {
    const word = this.#prepared.length === 0 ? this.#firstWord() : undefined;
    return word ? [ownOperation(word.operation, word.payload, this.#options.sources)] : [];
  }

  /** Why this guardian may not take over what another sealed; undefined when nothing is due. */
  brokenTakeover(): Refusal | undefined {
    const due = this.#dueChange();
    return due && brokenTakeover(due, this.#sealed, this.#attesting());
  }

  /** What was prepared and not sealed is dropped; the writer that opens may recover its tail. */
  open(): void {
    this.#prepared = [];
    this.#closing = undefined;
    this.#signed.clear();
    this.#isOpen = false;
    this.#openings += 1;
  }

  /** Number of the latest writer: what an earlier one asks for is no longer answered. */
  get opening(): number {
    return this.#openings;
  }

  /** Chain Time that the next batch may not be behind. */
  get latestTime(): bigint {
    return this.#prepared.at(-1)?.batch.chainTime ?? this.#sealed.chainTime;
  }

  async prepare({ own, proposed, payloads, chainTime }: Proposal): Promise<PreparedBatch> {
    this.#isOpen = true;
    const last = this.#prepared.at(-1)?.batch;
    const view = last?.view ?? this.#heads;
    const evidence = this.#evidenceFor(proposed, payloads, view);
    const authenticate = await this.#authenticateAll(proposed, view);
    await inTurns(workAhead(proposed, this.#options.modules, { view, evidence }));
    const place = last ? placeAfter(last) : placeOf(this.#sealed, this.#firstWord());
    const attesting = { ...this.#attesting(), view, evidence, authenticate };
    const at = later(chainTime, place.chainTime);
    const batch = prepare(place, [...own, ...proposed], at, attesting);
    for (const { entry } of batch.entries) {
      if (isSigned(entry)) this.#signed.add(entry.operation_id);
    }
    return { ...this.#hold(batch), results: batch.results.slice(own.length) };
  }

  recover(texts: readonly string[], latest: bigint): Result<RecoveredBatch, Refusal> {
    if (this.#isOpen) {
      const message = 'recovery comes before anything else';
      return err({ code: 'recover.too_late', message });
    }
    const first = this.#firstWord();
    const tail = { texts, latest: later(latest, this.#sealed.chainTime), first };
    const batch = recover(this.#sealed, tail, this.#attesting());
    if (!batch.ok) return batch;
    return ok({ ...this.#hold(batch.value), voided: batch.value.voided });
  }

  /** The one durable write: size, root, epoch, burned tokens and heads together. */
  seal(id: number, commitText: string): Result<Seal, Refusal> {
    const held = this.#prepared[0];
    if (held?.id !== id) return err({ code: 'seal.unknown_batch', message: `no batch ${id}` });
    if (this.#options.now().monotonic - held.at > MAX_PREPARED_MS) {
      this.#prepared = [];
      return err({ code: 'seal.batch_expired', message: 'it was prepared too long ago' });
    }
    const signed = this.#signedFor(held, commitText);
    if (!signed.ok) return signed;
    const { after, note } = signed.value;
    const entries = held.batch.entries.map((each) => each.entry);
    const ids = entries.filter(isSigned).map((entry) => entry.operation_id);
    const row = sealRow(after, note);
    this.#options.write({ row, changes: held.changes, signed: ids }, entries);
    this.#heads.apply(held.batch.view.changes());
    for (const operationId of ids) this.#signed.delete(operationId);
    this.#prepared.shift();
    // What was prepared meanwhile stood on this batch; the heads know it now.
    this.#prepared[0]?.batch.view.rebase(this.#heads);
    this.#sealed = after;
    this.#note = note;
    this.#closing = undefined;
    return ok(this.#sealOf(note));
  }

  /** The seal is asked for when the log is on disk: until then only what it needs is made. */
  closing(id: number, commitText: string): void {
    const held = this.#prepared[0];
    if (held?.id !== id) return;
    const signed = this.#sign(held, commitText);
    this.#closing = signed.ok ? { id, commitText, signed } : undefined;
  }

  #signedFor(held: Prepared, commitText: string): Result<Signed, Refusal> {
    const closing = this.#closing;
    const isMade = closing?.id === held.id && closing.commitText === commitText;
    return isMade ? closing.signed : this.#sign(held, commitText);
  }

  /** What is sealed after it, and the checkpoint over that; nobody has it before it is durable. */
  #sign(held: Prepared, commitText: string): Result<Signed, Refusal> {
    const after = seal(this.#sealed, held.batch, commitText);
    if (!after.ok) return after;
    return ok({ after: after.value, note: this.#options.sign(after.value.frontier) });
  }

  /** Entries of the batch that is to be sealed next. */
  entriesOf(id: number): readonly LogEntry[] {
    const held = this.#prepared[0];
    return held?.id === id ? held.batch.entries.map((each) => each.entry) : [];
  }

  /** An operation that a key signed is admitted once, whoever brings it again. */
  duplicate(operation: ProposedOperation): Refusal | undefined {
    if (!isSigned(operation)) return undefined;
    const id = operation.operation_id;
    const isKnown = this.#signed.has(id) || this.#options.store.hasSigned(id);
    return isKnown ? admittedBefore(id) : undefined;
  }

  /** Genesis while nothing is sealed, or the change by which this guardian takes over. */
  #firstWord(): FirstWord | undefined {
    if (this.#sealed.frontier.size === 0) return this.#options.genesis;
    const due = this.#dueChange();
    return due && { operation: EPOCH_CHANGE, payload: due, epoch: BigInt(due.epoch) };
  }

  #dueChange(): ChangeEpoch | undefined {
    const { change } = this.#options;
    const isDue = change !== undefined && this.#sealed.epoch < BigInt(change.epoch);
    return isDue ? change : undefined;
  }

  #attesting(): Attesting {
    const { modules, log } = this.#options;
    const authenticate = authenticator(log, this.#registry);
    return { modules, view: this.#heads, evidence: this.#evidence, authenticate };
  }

  /** Signatures are verified on other threads first; deciding then only looks them up. */
  async #authenticateAll(
    proposed: readonly ProposedOperation[],
    view: Heads,
  ): Promise<Authenticate> {
    const { log, sources } = this.#options;
    const signed = proposed.filter(isSigned);
    if (signed.length === 0) return authenticator(log, this.#registry);
    const claims = new Map<ProposedOperation, ReturnType<typeof claimOf>>();
    for (const operation of signed) claims.set(operation, claimOf(operation, log));
    const asked = signed.flatMap((operation) => {
      const claim = claims.get(operation);
      if (!claim?.ok || claim.value.kind !== 'signed') return [];
      const { message, signature } = claim.value;
      const principal = view.get<PrincipalHead>(principalKey(signature.key_id));
      if (!principal) return [];
      const domain = 'SIG_DOMAIN_OPERATION' as const;
      return { operation, publicKey: principal.public_key, domain, message, signature };
    });
    const verified = await sources.aside.verify(asked);
    const keys = new Map(
      asked.flatMap(({ operation, publicKey }, at) => {
        return verified[at] === true ? [[operation, publicKey] as const] : [];
      }),
    );
    return authenticator(log, this.#registry, {
      claimOf: (operation) => claims.get(operation),
      isHeld: (operation, publicKey) => keys.get(operation) === publicKey,
    });
  }

  /** What these operations are decided by, and no more: policies are kept, contents seen once. */
  #evidenceFor(
    operations: readonly ProposedOperation[],
    payloads: Payloads,
    view: Heads,
  ): Evidence {
    if (Object.keys(payloads).length === 0) return this.#evidence;
    const needed = neededPayloads(operations, this.#options.modules, view);
    const seen = new Map<string, Uint8Array>();
    for (const [digest, text] of Object.entries(payloads)) {
      if (digestBytes(text) !== digest) continue;
      if (needed.payload.has(digest)) this.#options.store.savePayload(digest, text);
      if (needed.content.has(digest)) seen.set(digest, encodeUtf8(text));
    }
    return { payload: (digest) => seen.get(digest) ?? this.#evidence.payload(digest) };
  }

  #hold(batch: Batch): PreparedBatch {
    const changes = batch.view.changes().map(headTextOf);
    const entries = batch.entries.map((each) => each.text);
    // A batch of nothing but refusals is not sealed, so nothing is kept of it.
    if (batch.leaves.length > 0) {
      this.#batches += 1;
      const at = this.#options.now().monotonic;
      this.#prepared.push({ id: this.#batches, batch, changes, at });
    }
    const id = this.#batches;
    return { batch: id, entries, changes, results: batch.results, next: commitStamp(batch) };
  }

  #sealOf(note: string): Seal {
    const { frontier } = this.#sealed;
    return { size: String(frontier.size), root: encodeBase64(frontier.root()), note };
  }
}

export function ownOperation(
  operation: string,
  payload: object,
  { newOperationId }: Sources,
): ProposedOperation {
  return {
    operation_id: newOperationId(),
    operation,
    authenticated_by: { kind: 'guardian' },
    payload: payload as Record<string, unknown>,
  };
}
