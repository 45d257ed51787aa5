import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import { keyId } from '@ioi/crypto';
import {
  type ActionHead,
  BOUNDARY,
  domainGenesisOf,
  domainNameOf,
  epochOriginOf,
  keys,
  type Modules,
  type NodeHead,
  nodeDomainOf,
  openDomainKey,
  type PolicyHead,
  type ProposedOperation,
} from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { ChangeEpoch, Genesis, LogEntry, PolicyEnvelope } from '@ioi/protocol';
import {
  type Approving,
  type ChainClock,
  type ClockReading,
  chainTime,
  type GuardianStatus,
  later,
  type Payloads,
  type PreparedBatch,
  type RecoveredBatch,
  type Refusal,
  resyncTarget,
  type Seal,
  startClock,
} from '../core/index.ts';
import { deskChanges } from './desk-changes.ts';
import type { SealKeys } from './seal-keys.ts';
import { SealStore, type SealWrite } from './seal-store.ts';
import { ownOperation, Sealer } from './sealer.ts';
import type { GuardianStore } from './store.ts';

export type GuardianOptions = {
  readonly store: GuardianStore;
  readonly sealKeys: SealKeys;
  readonly genesis: Genesis;
  /** By domain, the node's own log too: what makes our key the one that seals, if not genesis. */
  readonly changes?: Readonly<Record<string, ChangeEpoch>>;
  readonly modules: Modules;
  /** How domains beside the node's own are folded, and where their seals are kept. */
  readonly domains: { readonly modules: Modules; storePath(name: string): string };
  readonly readClock: () => ClockReading;
};

type Ended = { readonly refusal: Refusal } | { readonly entry: LogEntry };

/**
 * The guardian of a node: seals the node's own log and the domains opened in it, on one Chain
 * Time; keeps what people decided.
 */
export class Guardian {
  readonly #options: GuardianOptions;
  readonly #node: Sealer;
  readonly #domains = new Map<string, Sealer>();
  readonly #stores: SealStore[] = [];
  readonly #watched = new Map<string, (ended: Ended) => void>();
  #clock: ChainClock;
  #restarted = true;

  constructor(options: GuardianOptions) {
    this.#options = options;
    const { store, genesis, modules } = options;
    const row = store.seals.sealRow();
    const reading = options.readClock();
    this.#clock = startClock(row?.chainTime ?? reading.wall, reading);
    this.#node = new Sealer({
      ...this.#sealing(nodeDomainOf(genesis.node_id), genesis),
      store: store.seals,
      modules,
      genesis: { operation: `${BOUNDARY}/genesis`, payload: genesis, epoch: BigInt(genesis.epoch) },
      write: (write, entries) => this.#writeNodeSeal(write, entries),
    });
    this.#domains.set(this.#node.domainId, this.#node);
  }

  get nodeDomain(): string {
    return this.#node.domainId;
  }

  status(domainId = ''): Result<GuardianStatus, Refusal> {
    const sealer = this.#sealerOf(domainId);
    if (!sealer.ok) return sealer;
    const { node_id, demo } = this.#options.genesis;
    const seal = sealer.value.sealNow();
    const sealed = seal === undefined ? {} : { seal };
    const epoch = String(sealer.value.sealed.epoch);
    const { origin } = sealer.value;
    return ok({ domain_id: sealer.value.domainId, node_id, origin, demo, epoch, ...sealed });
  }

  /** A writer opens the log of a domain. */
  open(domainId: string): void {
    const sealer = this.#sealerOf(domainId);
    if (sealer.ok) sealer.value.open();
  }

  /** Latest seals of all domains, for the cosigner. */
  uncosigned(): { domainId: string; origin: string; note: string; frontier: Frontier }[] {
    return [...this.#domains.values()].flatMap((sealer) => {
      const latest = sealer.uncosigned();
      const about = { domainId: sealer.domainId, origin: sealer.origin };
      return latest ? [{ ...about, ...latest }] : [];
    });
  }

  /** Chain Time now; never behind what is sealed. */
  chainTime(): bigint {
    return later(chainTime(this.#clock, this.#options.readClock()), this.#node.latestTime);
  }

  async prepare(
    domainId: string,
    operations: readonly ProposedOperation[],
    payloads: Payloads,
  ): Promise<Result<PreparedBatch, Refusal>> {
    const found = this.#sealerOf(domainId);
    if (!found.ok) return found;
    const sealer = found.value;
    const { own, at = this.chainTime() } = this.#ownOperations(sealer);
    const screened = operations.map((operation) => this.#screen(operation, sealer));
    const proposed = screened.flatMap((each) => (each.ok ? [each.value] : []));
    const prepared = await sealer.prepare({ own, proposed, payloads, chainTime: at });
    const admitted = [...prepared.results];
    const results = screened.map((each) => (each.ok ? admitted.shift()! : each.error));
    operations.forEach((operation, index) => {
      const result = results[index];
      if (result && 'code' in result) this.#end(operation.operation_id, { refusal: result });
    });
    return ok({ ...prepared, results });
  }

  recover(domainId: string, texts: readonly string[]): Result<RecoveredBatch, Refusal> {
    const sealer = this.#sealerOf(domainId);
    if (!sealer.ok) return sealer;
    return sealer.value.recover(texts, this.#options.readClock().wall);
  }

  seal(domainId: string, id: number, commitText: string): Result<Seal, Refusal> {
    const sealer = this.#sealerOf(domainId);
    if (!sealer.ok) return sealer;
    const entries = sealer.value.entriesOf(id);
    const sealed = sealer.value.seal(id, commitText);
    if (!sealed.ok) return sealed;
    for (const entry of entries) this.#end(entry.operation_id, { entry });
    return sealed;
  }

  /** Housekeeping of the stores; a fault here stops the process like any other. */
  tidy(): void {
    this.#options.store.seals.tidy();
    for (const store of this.#stores) store.tidy();
  }

  node(): NodeHead | undefined {
    return this.#node.heads.get<NodeHead>(keys.node);
  }

  activePolicy(): PolicyHead | undefined {
    return this.#node.heads.get<PolicyHead>(keys.policy);
  }

  action(requestHash: string): ActionHead | undefined {
    return this.#node.heads.get<ActionHead>(keys.action(requestHash));
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

  /** An activation nobody answered for in time must not take effect behind the owner's back. */
  withdraw(envelope: PolicyEnvelope): void {
    this.#options.store.withdraw(envelope.signature.ed25519);
  }

  close(): void {
    this.#options.store.close();
    for (const store of this.#stores) store.close();
  }

  #now() {
    const reading = this.#options.readClock();
    return { monotonic: reading.monotonic, chainTime: chainTime(this.#clock, reading) };
  }

  /** A domain is sealed once the node's own log says that it is open. */
  #sealerOf(domainId: string): Result<Sealer, Refusal> {
    const sealer = this.#knownSealer(domainId);
    const broken = sealer.ok ? sealer.value.brokenTakeover() : undefined;
    return broken ? err(broken) : sealer;
  }

  #knownSealer(domainId: string): Result<Sealer, Refusal> {
    const known = domainId === '' ? this.#node : this.#domains.get(domainId);
    if (known) return ok(known);
    if (this.#node.heads.get(openDomainKey(domainId)) === undefined) {
      return err({ code: 'domain.not_open', message: `${domainId} is not open on this node` });
    }
    const sealer = this.#openDomain(domainId);
    this.#domains.set(domainId, sealer);
    return ok(sealer);
  }

  #openDomain(domainId: string): Sealer {
    const { genesis: node, domains, changes = {} } = this.#options;
    const store = SealStore.open(domains.storePath(domainNameOf(domainId)));
    this.#stores.push(store);
    const cameBy = { genesis: node, change: changes[this.#node.domainId] };
    const genesis = domainGenesisOf(cameBy, domainId, domains.modules);
    const payload = genesis;
    return new Sealer({
      ...this.#sealing(domainId, genesis),
      store,
      modules: domains.modules,
      genesis: { operation: 'domain/genesis', payload, epoch: BigInt(genesis.epoch) },
      write: (write) => store.commitSeal(write),
    });
  }

  /** Whose log it is, and how its checkpoints are signed now. */
  #sealing(domainId: string, genesis: Genesis) {
    const { sealKeys, changes = {} } = this.#options;
    const change = changes[domainId];
    const origin = change?.origin ?? epochOriginOf(genesis.origin, genesis.epoch);
    const sign = (frontier: Frontier): string => sealKeys.signCheckpoint(frontier, origin);
    return { domainId, change, origin, sign, now: () => this.#now() };
  }

  #writeNodeSeal(write: SealWrite, entries: readonly LogEntry[]): void {
    const { store } = this.#options;
    store.commitSeal(write, deskChanges(entries, write.changes, store.seals));
  }

  #end(operationId: string, ended: Ended): void {
    const watcher = this.#watched.get(operationId);
    this.#watched.delete(operationId);
    watcher?.(ended);
  }

  #isWithdrawn({ payload }: ProposedOperation): boolean {
    const { envelope } = payload as { envelope?: PolicyEnvelope };
    const signature = envelope?.signature?.ed25519;
    return signature !== undefined && this.#options.store.isWithdrawn(String(signature));
  }

  /**
   * What opens a log or an epoch; in the node's own also a resynchronised clock, after sleep or
   * restart.
   */
  #ownOperations(sealer: Sealer): { own: ProposedOperation[]; at?: bigint } {
    const opening = sealer.opening();
    const isEmpty = sealer.sealed.frontier.size === 0;
    if (isEmpty || sealer !== this.#node) return { own: opening };
    const reading = this.#options.readClock();
    const target = resyncTarget(this.#clock, reading, this.#restarted);
    this.#restarted = false;
    const from = sealer.latestTime;
    if (target === undefined || target <= from) return { own: opening };
    this.#clock = startClock(target, reading);
    const payload = { from: String(from), to: String(target) };
    const resync = ownOperation(`${BOUNDARY}/clock.resync`, payload);
    return { own: [...opening, resync], at: target };
  }

  /** What the channel may not say: that the guardian wrote it, or that a person denied it. */
  #screen(operation: ProposedOperation, sealer: Sealer): Result<ProposedOperation, Refusal> {
    if (operation.authenticated_by.kind === 'guardian') {
      return notAuthentic('the guardian writes for itself');
    }
    const duplicate = sealer.duplicate(operation);
    if (duplicate) return err(duplicate);
    if (sealer !== this.#node) return ok(operation);
    if (operation.operation === `${BOUNDARY}/policy.activate` && this.#isWithdrawn(operation)) {
      const message = 'the owner was told that this activation failed';
      return err({ code: 'policy.withdrawn', message });
    }
    if (operation.operation !== `${BOUNDARY}/action.deny`) return ok(operation);
    const { reason, request_hash: requestHash } = operation.payload;
    const notice = this.#options.store.notice(String(requestHash));
    const denied = notice !== undefined && JSON.parse(notice).kind === 'denied';
    if (reason === 'denied' && !denied) return notAuthentic('no person denied this');
    return ok(operation);
  }
}

function notAuthentic(message: string): Result<never, Refusal> {
  return err({ code: 'operation.not_authentic', message });
}
