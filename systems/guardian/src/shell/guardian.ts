import { randomBytes } from 'node:crypto';
import { decodeHex, encodeBase64, encodeHex, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { keyId, verifierRegistry } from '@ioi/crypto';
import {
  type ActionHead,
  type Authenticate,
  authenticator,
  BOUNDARY,
  HeadCache,
  keys,
  type Modules,
  type NodeHead,
  neededPayloads,
  nodeDomainOf,
  type PolicyHead,
  type ProposedOperation,
} from '@ioi/law';
import { Frontier } from '@ioi/merkle';
import type { Evidence, Genesis, LogEntry, PolicyEnvelope } from '@ioi/protocol';
import {
  type Approving,
  type Batch,
  type ChainClock,
  type ClockReading,
  chainTime,
  commitStamp,
  type GuardianStatus,
  later,
  type Payloads,
  type PreparedBatch,
  prepare,
  type RecoveredBatch,
  type Refusal,
  recover,
  resyncTarget,
  type Seal,
  type SealedState,
  seal,
  startClock,
} from '../core/index.ts';
import { deskChanges } from './desk-changes.ts';
import type { SealKeys } from './seal-keys.ts';
import type { GuardianStore, SealRow } from './store.ts';

export type GuardianOptions = {
  readonly store: GuardianStore;
  readonly sealKeys: SealKeys;
  readonly genesis: Genesis;
  readonly modules: Modules;
  readonly readClock: () => ClockReading;
};

type Prepared = {
  readonly id: number;
  readonly batch: Batch;
  /** Monotonic milliseconds. */
  readonly at: bigint;
  readonly clock?: ChainClock;
};

const CACHED_HEADS = 8192;
/** A seal follows its preparation at once; later its decisions may no longer hold. */
const MAX_PREPARED_MS = 60_000n;

type Ended = { readonly refusal: Refusal } | { readonly entry: LogEntry };

/**
 * The guardian's state over its store: what is sealed, what is prepared, what people decided.
 * One batch is prepared at a time; sealing is one durable write.
 */
export class Guardian {
  readonly #options: GuardianOptions;
  #clock: ChainClock;
  readonly #evidence: Evidence;
  readonly #authenticate: Authenticate;
  readonly #heads: HeadCache;
  readonly #watched = new Map<string, (ended: Ended) => void>();
  #sealed: SealedState;
  #note: string | undefined;
  #prepared: Prepared | undefined;
  #batches = 0;
  /** Recovery belongs to opening: once anything was prepared it is over. */
  #isOpen = false;
  #restarted = true;

  constructor(options: GuardianOptions) {
    this.#options = options;
    const row = options.store.sealRow();
    const reading = options.readClock();
    this.#sealed = row ? sealedState(row) : freshState(options.genesis, reading);
    this.#note = row?.note;
    this.#heads = new HeadCache(options.store, CACHED_HEADS);
    this.#clock = startClock(this.#sealed.chainTime, reading);
    this.#authenticate = authenticator(nodeDomainOf(options.genesis.node_id), verifierRegistry());
    this.#evidence = {
      payload: (digest) => {
        const text = options.store.payload(digest);
        return text === undefined ? undefined : encodeUtf8(text);
      },
    };
  }

  status(): GuardianStatus {
    const { node_id, origin, demo } = this.#options.genesis;
    const sealed = this.#note === undefined ? {} : { seal: this.#sealOf(this.#note) };
    return { node_id, origin, demo, epoch: String(this.#sealed.epoch), ...sealed };
  }

  /** The latest seal, for the cosigner. */
  uncosigned(): { note: string; frontier: Frontier } | undefined {
    if (this.#note === undefined) return undefined;
    return { note: this.#note, frontier: this.#sealed.frontier };
  }

  /** Chain Time now; never behind what is sealed. */
  chainTime(): bigint {
    const now = chainTime(this.#clock, this.#options.readClock());
    return later(now, this.#sealed.chainTime);
  }

  prepare(operations: readonly ProposedOperation[], payloads: Payloads): PreparedBatch {
    this.#isOpen = true;
    this.#keepNeeded(operations, payloads);
    const own = this.#ownOperations();
    const screened = operations.map((operation) => this.#screen(operation));
    const admissible = screened.flatMap((each) => (each.ok ? [each.value] : []));
    const at = own.clock?.anchorChain ?? this.chainTime();
    const batch = prepare(this.#sealed, [...own.operations, ...admissible], at, this.#attesting());
    const admitted = batch.results.slice(own.operations.length);
    const results = screened.map((each) => (each.ok ? admitted.shift()! : each.error));
    operations.forEach((operation, index) => {
      const result = results[index];
      if (result && 'code' in result) this.#end(operation.operation_id, { refusal: result });
    });
    return { ...this.#hold(batch, own.clock), results };
  }

  recover(texts: readonly string[]): Result<RecoveredBatch, Refusal> {
    if (this.#isOpen) {
      const message = 'recovery comes before anything else';
      return err({ code: 'recover.too_late', message });
    }
    const { wall } = this.#options.readClock();
    const latest = later(wall, this.#sealed.chainTime);
    const { genesis } = this.#options;
    const batch = recover(this.#sealed, { texts, latest, genesis }, this.#attesting());
    return batch.ok ? ok({ ...this.#hold(batch.value), voided: batch.value.voided }) : batch;
  }

  /** The one durable write: size, root, epoch, burned tokens and heads together. */
  seal(id: number, commitText: string): Result<Seal, Refusal> {
    const held = this.#prepared;
    if (held?.id !== id) return err({ code: 'seal.unknown_batch', message: `no batch ${id}` });
    if (this.#options.readClock().monotonic - held.at > MAX_PREPARED_MS) {
      this.#prepared = undefined;
      return err({ code: 'seal.batch_expired', message: 'it was prepared too long ago' });
    }
    const sealed = seal(held.batch, commitText);
    if (!sealed.ok) return sealed;
    const { after, changes } = sealed.value;
    const note = this.#options.sealKeys.signCheckpoint(after.frontier);
    const entries = held.batch.entries.map((each) => each.entry);
    this.#options.store.commitSeal(
      sealRow(after, note),
      changes,
      deskChanges(entries, changes, this.#options.store),
    );
    this.#heads.apply(changes);
    this.#sealed = after;
    this.#note = note;
    this.#prepared = undefined;
    this.#restarted = false;
    this.#clock = held.clock ?? this.#clock;
    for (const entry of entries) this.#end(entry.operation_id, { entry });
    return ok(this.#sealOf(note));
  }

  /** Housekeeping of the store; a fault here stops the process like any other. */
  tidy(): void {
    this.#options.store.tidy();
  }

  head<T>(key: (typeof keys)['node'] | ReturnType<typeof keys.action>): T | undefined {
    return this.#options.store.get<T>(key);
  }

  node(): NodeHead | undefined {
    return this.head<NodeHead>(keys.node);
  }

  activePolicy(): PolicyHead | undefined {
    return this.head<PolicyHead>(keys.policy);
  }

  action(requestHash: string): ActionHead | undefined {
    return this.head<ActionHead>(keys.action(requestHash));
  }

  /** What goes into the next signature by the owner; the counter is durable before it is used. */
  approving(): Approving | undefined {
    const node = this.node();
    if (!node) return undefined;
    return {
      node,
      guardianKeyId: keyId(node.guardian_key),
      chainTime: this.chainTime(),
      nonce: randomBytes(8).readBigUInt64BE(),
      counter: this.#options.store.nextCounter(),
    };
  }

  /** Resolves when the operation is sealed or refused. */
  watch(operationId: string, timeoutMs: number): Promise<Ended> {
    return new Promise((resolve) => {
      const message = 'the daemon did not bring it to the log in time';
      const late = { refusal: { code: 'daemon.no_answer', message } };
      const timer = setTimeout(() => this.#end(operationId, late), timeoutMs);
      this.#watched.set(operationId, (ended) => {
        clearTimeout(timer);
        resolve(ended);
      });
    });
  }

  #end(operationId: string, ended: Ended): void {
    const watcher = this.#watched.get(operationId);
    this.#watched.delete(operationId);
    watcher?.(ended);
  }

  /** An activation nobody answered for in time must not take effect behind the owner's back. */
  withdraw(envelope: PolicyEnvelope): void {
    this.#options.store.withdraw(envelope.signature.ed25519);
  }

  #isWithdrawn({ payload }: ProposedOperation): boolean {
    const { envelope } = payload as { envelope?: PolicyEnvelope };
    const signature = envelope?.signature?.ed25519;
    return signature !== undefined && this.#options.store.isWithdrawn(String(signature));
  }

  /** Only what these operations are decided by: nobody fills this disk. */
  #keepNeeded(operations: readonly ProposedOperation[], payloads: Payloads): void {
    if (Object.keys(payloads).length === 0) return;
    const needed = neededPayloads(operations, this.#options.modules, this.#heads);
    for (const [digest, text] of Object.entries(payloads)) {
      if (needed.has(digest) && digestBytes(text) === digest) {
        this.#options.store.savePayload(digest, text);
      }
    }
  }

  #attesting() {
    const { modules } = this.#options;
    const authenticate = this.#authenticate;
    return { modules, view: this.#heads, evidence: this.#evidence, authenticate };
  }

  #hold(batch: Batch, clock?: ChainClock): PreparedBatch {
    this.#batches += 1;
    const at = this.#options.readClock().monotonic;
    this.#prepared = { id: this.#batches, batch, at, ...(clock ? { clock } : {}) };
    return {
      batch: this.#batches,
      entries: batch.entries.map((each) => Buffer.from(each.bytes).toString('utf8')),
      results: batch.results,
      next: commitStamp(batch),
    };
  }

  #sealOf(note: string): Seal {
    const { frontier } = this.#sealed;
    return { size: String(frontier.size), root: encodeBase64(frontier.root()), note };
  }

  /** Genesis in an empty log; a resynchronised clock after sleep or restart. */
  #ownOperations(): { operations: ProposedOperation[]; clock?: ChainClock } {
    if (this.#sealed.frontier.size === 0) {
      return { operations: [own('genesis', this.#options.genesis)] };
    }
    const reading = this.#options.readClock();
    const target = resyncTarget(this.#clock, reading, this.#restarted);
    const from = this.#sealed.chainTime;
    if (target === undefined || target <= from) return { operations: [] };
    const payload = { from: String(from), to: String(target) };
    return { operations: [own('clock.resync', payload)], clock: startClock(target, reading) };
  }

  /** What the channel may not say: that the guardian wrote it, or that a person denied it. */
  #screen(operation: ProposedOperation): Result<ProposedOperation, Refusal> {
    if (operation.authenticated_by.kind === 'guardian') {
      const message = 'the guardian writes for itself';
      return err({ code: 'operation.not_authentic', message });
    }
    if (operation.operation === `${BOUNDARY}/policy.activate` && this.#isWithdrawn(operation)) {
      const message = 'the owner was told that this activation failed';
      return err({ code: 'policy.withdrawn', message });
    }
    if (operation.operation !== `${BOUNDARY}/action.deny`) return ok(operation);
    const { reason, request_hash: requestHash } = operation.payload;
    const notice = this.#options.store.notice(String(requestHash));
    const denied = notice !== undefined && JSON.parse(notice).kind === 'denied';
    if (reason === 'denied' && !denied) {
      return err({ code: 'operation.not_authentic', message: 'no person denied this' });
    }
    return ok(operation);
  }
}

function own(operation: string, payload: object): ProposedOperation {
  return {
    operation_id: `op_${randomBytes(16).toString('hex')}`,
    operation: `${BOUNDARY}/${operation}`,
    authenticated_by: { kind: 'guardian' },
    payload: payload as Record<string, unknown>,
  };
}

function sealRow(state: SealedState, note: string): SealRow {
  const { size, peaks } = state.frontier.serialise();
  const { epoch, height, chainTime } = state;
  return { size, peaks: peaks.map(encodeHex).join(' '), epoch, height, chainTime, note };
}

function sealedState({ size, peaks, epoch, height, chainTime }: SealRow): SealedState {
  const hashes = peaks.split(' ').filter(Boolean).map(decodeHex);
  const restored = Frontier.restore({
    size,
    peaks: hashes.map((each) => each ?? new Uint8Array()),
  });
  if (!restored.ok) throw new Error(`the seal is damaged: ${restored.error.message}`);
  return { frontier: restored.value, epoch, height, chainTime };
}

function freshState(genesis: Genesis, reading: ClockReading): SealedState {
  const epoch = BigInt(genesis.epoch);
  return { frontier: Frontier.empty, epoch, height: 0n, chainTime: reading.wall };
}
