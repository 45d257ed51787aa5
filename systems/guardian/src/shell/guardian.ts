import { createHmac } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import { keyId } from '@ioi/crypto';
import {
  type ActionHead,
  BOUNDARY,
  domainGenesisOf,
  domainNameOf,
  epochOriginOf,
  keys,
  logNameOf,
  type Modules,
  type NodeHead,
  openDomainKey,
  type PolicyHead,
  type ProposedOperation,
  type Stage,
} from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { ChangeEpoch, DomainGenesis, Genesis, LogEntry } from '@ioi/protocol';
import {
  type Approving,
  type ChainClock,
  type ClockReading,
  chainTime,
  type GuardianStatus,
  later,
  ownerSignatureOf,
  type Payloads,
  type PreparedBatch,
  type RecoveredBatch,
  type Refusal,
  resyncTarget,
  revokedGrants,
  type Seal,
  startClock,
  takesBack,
} from '../core/index.ts';
import { deskChanges } from './desk-changes.ts';
import { Exchanges } from './exchanges.ts';
import { notAuthentic, WITHDRAWN } from './screened.ts';
import type { SealKeys } from './seal-keys.ts';
import type { SealStore, SealWrite } from './seal-store.ts';
import { ownOperation, Sealer } from './sealer.ts';
import { ShownContents } from './shown-contents.ts';
import { type Sources, systemSources } from './sources.ts';
import type { GuardianStore } from './store.ts';
import { Voucher } from './voucher.ts';
import { type Brought, type Ended, noOrders, type Orders, type Watched } from './watched.ts';

export type GuardianOptions = {
  readonly store: GuardianStore;
  readonly sealKeys: SealKeys;
  readonly genesis: Genesis;
  /** By domain, the node's own log too: what makes our key the one that seals, if not genesis. */
  readonly changes?: Readonly<Record<string, ChangeEpoch>>;
  readonly modules: Modules;
  /** How domains beside the node's own are folded, and what keeps their seals. */
  readonly domains: { readonly modules: Modules; openStore(name: string): SealStore };
  readonly readClock: () => ClockReading;
  /** The system's own unless given. */
  readonly sources?: Sources;
};

/**
 * The guardian of a node: seals the node's own log and the domains opened in it, on one Chain
 * Time; keeps what people decided.
 */
export class Guardian {
  /** What the daemon brought for people to look at. */
  readonly shown = new ShownContents();
  readonly exchanges = new Exchanges();
  readonly voucher: Voucher;
  /** What people order of requests that wait. */
  orders: Orders = noOrders;
  readonly #options: GuardianOptions;
  readonly #node: Sealer;
  readonly #domains = new Map<string, Sealer>();
  readonly #stores: SealStore[] = [];
  readonly #sources: Sources;
  /** What the owner waits for, by operation id. */
  readonly #watched = new Map<string, Watched>();
  #clock: ChainClock;
  #restarted: boolean;
  #onRevocation: () => void = () => {};
  #wasTold: (requestHash: string) => boolean = () => false;

  constructor(options: GuardianOptions) {
    this.#options = options;
    const { store, genesis, modules, sources = systemSources() } = options;
    this.#sources = sources;
    this.voucher = new Voucher(options.sealKeys.key);
    const row = store.seals.sealRow();
    const reading = options.readClock();
    this.#clock = startClock(row?.chainTime ?? reading.wall, reading);
    this.#restarted = row !== undefined;
    this.#node = new Sealer({
      ...this.#sealing(genesis),
      store: store.seals,
      modules,
      genesis: { operation: `${BOUNDARY}/genesis`, payload: genesis, epoch: BigInt(genesis.epoch) },
      write: (write, entries) => this.#writeNodeSeal(write, entries),
      sources,
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
    const { origin, opening, domainId: domain_id } = sealer.value;
    return ok({ domain_id, node_id, origin, demo, epoch, opening, ...sealed });
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
      if (result && 'code' in result) this.#end(operation, { refusal: result });
    });
    return ok({ ...prepared, results });
  }

  recover(domainId: string, texts: readonly string[]): Result<RecoveredBatch, Refusal> {
    const sealer = this.#sealerOf(domainId);
    return sealer.ok ? sealer.value.recover(texts, this.#options.readClock().wall) : sealer;
  }

  /** What a batch is about to be closed with: checked and signed while the log is written. */
  closing(domainId: string, id: number, commitText: string): void {
    const sealer = this.#sealerOf(domainId);
    if (sealer.ok) sealer.value.closing(id, commitText);
  }

  seal(domainId: string, id: number, commitText: string): Result<Seal, Refusal> {
    const sealer = this.#sealerOf(domainId);
    if (!sealer.ok) return sealer;
    const entries = sealer.value.entriesOf(id);
    // It was prepared in time, and not sealed: the owner was told that it failed.
    if (entries.some((entry) => this.#isWithdrawn(entry))) return err(WITHDRAWN);
    const sealed = sealer.value.seal(id, commitText);
    if (!sealed.ok) return sealed;
    for (const entry of entries) this.#end(entry, { entry });
    if (sealer.value === this.#node && takesBack(entries)) this.#onRevocation();
    return sealed;
  }

  /**
   * Its half of the key to what was inspected. With the node's half destroyed it opens nothing, so
   * forgetting needs no word to the guardian, and nothing is kept here by commitment.
   */
  commitmentKey(digest: string): Uint8Array {
    const secret = this.#options.store.commitmentSecret();
    return createHmac('sha256', secret).update(`ioi-commitment/1 ${digest}`).digest();
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

  /** Told with every seal by which authority was taken back: what runs under it has to end. */
  onRevocation(told: () => void): void {
    this.#onRevocation = told;
  }

  /** Of which acts a secret was told: that nothing happened may not be said of them. */
  heedTold(wasTold: (requestHash: string) => boolean): void {
    this.#wasTold = wasTold;
  }

  /** Which of these grants are no longer in force, as of the last seal. */
  revokedGrants(grantIds: readonly string[]): string[] {
    return revokedGrants(grantIds, { view: this.#node.heads, chainTime: this.chainTime() });
  }

  /** What goes into the next signature by the owner; the counter is durable before it is used. */
  approving(): Approving | undefined {
    const node = this.node();
    if (!node) return undefined;
    return {
      node,
      guardianKeyId: keyId(node.guardian_key),
      chainTime: this.chainTime(),
      nonce: this.#sources.newNonce(),
      counter: this.#options.store.nextCounter(),
    };
  }

  /** Heads and time of the node's own log, to rehearse on what would be sealed next. */
  stage(): Stage {
    const { frontier, height } = this.#node.sealed;
    const at = { seq: BigInt(frontier.size), height, chainTime: this.chainTime() };
    return { view: this.#node.heads, at };
  }

  /** A text that something was decided by, where it is kept. */
  payload(digest: string): string | undefined {
    return this.#options.store.seals.payload(digest);
  }

  /**
   * Resolves when what the owner signed is sealed or refused, under whatever id it comes. Rejects
   * while the same is under way already.
   */
  watch(operation: ProposedOperation, timeoutMs: number): Result<Promise<Ended>, Refusal> {
    const signature = ownerSignatureOf(operation);
    if (signature === undefined) throw new Error(`the owner did not sign ${operation.operation}`);
    if (this.#watchedAs(operation) !== undefined) {
      return err({ code: 'operation.under_way', message: 'the same was signed a moment ago' });
    }
    this.#options.store.renew(signature);
    const { promise, resolve } = Promise.withResolvers<Ended>();
    const message = 'the daemon did not bring it to the log in time';
    const late = { refusal: { code: 'daemon.no_answer', message } };
    const timer = setTimeout(() => this.#end(operation, late), timeoutMs);
    const end = (ended: Ended): void => {
      clearTimeout(timer);
      resolve(ended);
    };
    this.#watched.set(operation.operation_id, { signature, end });
    return ok(promise);
  }

  /** What nobody answered for in time must not take effect behind the owner's back. */
  withdraw(operation: ProposedOperation): void {
    const signature = ownerSignatureOf(operation);
    if (signature !== undefined) this.#options.store.withdraw(signature);
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
    const store = domains.openStore(domainNameOf(domainId));
    this.#stores.push(store);
    const cameBy = { genesis: node, change: changes[this.#node.domainId] };
    const genesis = domainGenesisOf(cameBy, domainId, domains.modules);
    return new Sealer({
      ...this.#sealing(genesis),
      store,
      modules: domains.modules,
      genesis: { operation: 'domain/genesis', payload: genesis, epoch: BigInt(genesis.epoch) },
      write: (write) => store.commitSeal(write),
      sources: this.#sources,
    });
  }

  /** Whose log it is, and how its checkpoints are signed now. */
  #sealing(genesis: Genesis & Partial<Pick<DomainGenesis, 'domain_id'>>) {
    const log = logNameOf(genesis);
    const { sealKeys, changes = {} } = this.#options;
    const change = changes[log.domain_id];
    const origin = change?.origin ?? epochOriginOf(genesis.origin, genesis.epoch);
    const sign = (frontier: Frontier): string => sealKeys.signCheckpoint(frontier, origin);
    return { log, change, origin, sign, now: () => this.#now() };
  }

  #writeNodeSeal(write: SealWrite, entries: readonly LogEntry[]): void {
    const { store } = this.#options;
    store.commitSeal(write, deskChanges(entries, write.changes, store.seals));
  }

  #end(about: Brought, ended: Ended): void {
    this.orders.ended(about, ended);
    const id = this.#watchedAs(about);
    if (id === undefined) return;
    this.#watched.get(id)?.end(ended);
    this.#watched.delete(id);
  }

  #watchedAs(about: Brought): string | undefined {
    if (this.#watched.size === 0) return undefined;
    if (this.#watched.has(about.operation_id)) return about.operation_id;
    const signature = ownerSignatureOf(about);
    return [...this.#watched].find(([, each]) => each.signature === signature)?.[0];
  }

  #isWithdrawn(about: Brought): boolean {
    const signature = ownerSignatureOf(about);
    return signature !== undefined && this.#options.store.isWithdrawn(signature);
  }

  /** What opens a log or an epoch; after sleep or a restart, the node's own clock as well. */
  #ownOperations(sealer: Sealer): { own: ProposedOperation[]; at?: bigint } {
    const first = sealer.firstWord();
    const isEmpty = sealer.sealed.frontier.size === 0;
    if (isEmpty || sealer !== this.#node) return { own: first };
    const reading = this.#options.readClock();
    const target = resyncTarget(this.#clock, reading, this.#restarted);
    this.#restarted = false;
    const from = sealer.latestTime;
    if (target === undefined || target <= from) return { own: first };
    this.#clock = startClock(target, reading);
    const payload = { from: String(from), to: String(target) };
    const resync = ownOperation(`${BOUNDARY}/clock.resync`, payload, this.#sources);
    return { own: [...first, resync], at: target };
  }

  /** What the channel may not say: what the guardian writes, a person denied, or the edge knows. */
  #screen(operation: ProposedOperation, sealer: Sealer): Result<ProposedOperation, Refusal> {
    if (operation.authenticated_by.kind === 'guardian') {
      return notAuthentic('the guardian writes for itself');
    }
    const duplicate = sealer.duplicate(operation);
    if (duplicate) return err(duplicate);
    if (sealer !== this.#node) return ok(operation);
    if (this.#isWithdrawn(operation)) return err(WITHDRAWN);
    const { reason, outcome, request_hash: requestHash } = operation.payload;
    if (outcome === 'failed_before_effect' && this.#wasTold(String(requestHash))) {
      return notAuthentic('its secret was told, so it is not known that nothing happened');
    }
    const stray = this.orders.stray(operation);
    if (stray !== undefined) return err(stray);
    if (operation.operation !== `${BOUNDARY}/action.deny`) return ok(operation);
    const notice = this.#options.store.notice(String(requestHash));
    const denied = notice !== undefined && JSON.parse(notice).kind === 'denied';
    if (reason === 'denied' && !denied) return notAuthentic('no person denied this');
    return ok(operation);
  }
}
