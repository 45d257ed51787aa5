import { join } from 'node:path';
import { newOperationId } from '@ioi/agentgres/shell';
import { err, ok, type Result } from '@ioi/basis';
import {
  commitSummaryOf,
  domainNameOf,
  type HeadText,
  isProposed,
  keys,
  logNameOf,
  openDomainKey,
  type SealedLog,
  type VerifiedSeal,
} from '@ioi/law';
import type {
  DomainStatus,
  DomainsPage,
  OperationRequest,
  Rejection,
  SealedEntry,
} from '@ioi/protocol';
import { pageOf } from '../../core/index.ts';
import { sizeOf } from '../export.ts';
import { HeadReader } from '../head-reader.ts';
import type { Latest } from '../latest.ts';
import type { Witnesses } from '../witness/witnesses.ts';
import type { Writer } from '../writer.ts';
import { NODE_DOMAIN } from '../writer-messages.ts';
import { storeBytes } from './store-bytes.ts';

/** A domain that is open here: what is sealed of it, and what is read. */
export type DomainHandle = {
  readonly domainId: string;
  readonly origin: string;
  /** By which the writer knows it: empty for the node's own log. */
  readonly slot: string;
  readonly reader: HeadReader;
  readonly latest: Latest;
};

type Sealed = {
  readonly domain: string;
  readonly changes: readonly HeadText[];
  readonly note: string;
  readonly size: number;
  readonly seal: VerifiedSeal;
};

/** Whoever keeps something beside the domains of a node. */
export type DomainFollower = {
  readonly opened: (handle: DomainHandle) => void;
  /** The handle says up to where. */
  readonly sealed: (handle: DomainHandle) => void;
};

export type DomainsOptions = {
  readonly writer: Writer;
  /** The node's data folder. */
  readonly folder: string;
  /** The node's own log, which was admitted. */
  readonly node: DomainHandle;
  readonly witnesses: Witnesses;
  /** As many domains may be open at once: each holds files open, in every process. */
  readonly openMax: number;
};

export type Listing = { readonly cursor?: string | undefined; readonly most?: number | undefined };

/** What routes and reads ask of the domains of a node, or of a replica of one. */
export type DomainDirectory = Pick<
  Domains,
  'node' | 'follow' | 'list' | 'find' | 'create' | 'submit' | 'status'
>;

const DOMAINS_MAX = 10_000;
const IS_FINAL: ReadonlySet<string> = new Set(['log.rolled_back', 'log.forked']);

/** What the API may write in the node's own log; the boundary's operations are the daemon's. */
const IN_NODE_LOG: readonly string[] = ['domain/', 'governance/', 'wallet/scope.request'];

/** The domains of a node: its own log, and those opened in it, each in a folder of its own. */
export class Domains {
  readonly #writer: Writer;
  readonly #folder: string;
  readonly #node: DomainHandle;
  readonly #witnesses: Witnesses;
  readonly #openMax: number;
  readonly #opening = new Map<string, Promise<Result<DomainHandle, Rejection>>>();
  readonly #open = new Map<string, DomainHandle>();
  readonly #early = new Map<string, string>();
  readonly #refused = new Map<string, Rejection>();
  #follower: DomainFollower = { opened: () => {}, sealed: () => {} };

  constructor(options: DomainsOptions) {
    this.#writer = options.writer;
    this.#folder = options.folder;
    this.#node = options.node;
    this.#witnesses = options.witnesses;
    this.#openMax = options.openMax;
  }

  get node(): DomainHandle {
    return this.#node;
  }

  /** Told of every domain that is opened from here on, and of every seal, the node's own too. */
  follow(follower: DomainFollower): void {
    this.#follower = follower;
  }

  /** Every domain of the node. None is opened for it: each takes files that stay open. */
  list(listing: Listing = {}): Result<DomainsPage, Rejection> {
    const own = this.#node.domainId;
    const page = domainsIn(this.#node, listing);
    if (!page.ok) return page;
    const { members, ...more } = page.value;
    const ids = members.filter((id) => id !== own);
    const refused = ids.flatMap((id) => {
      const rejection = this.#refused.get(id);
      return rejection ? [{ domain_id: id, ...rejection }] : [];
    });
    const known = ids.filter((id) => !this.#refused.has(id));
    // One that its witnesses did not admit is read already, and not open to anybody.
    const admitted = known.filter((id) => this.#opening.has(id));
    const open = admitted.flatMap((id) => this.#open.get(id) ?? []);
    const names = new Set(open.map(({ domainId }) => domainId));
    const closed = known.filter((id) => !names.has(id));
    const all = members.includes(own) ? [this.#node, ...open] : open;
    return ok({ domains: all.map((each) => this.status(each)), closed, refused, ...more });
  }

  /**
   * By its id, or what stands after the scheme. Rejects with `domain.not_open`, with
   * `domain.too_many_open` where as many are open as may be, and where its witnesses do not let it
   * be opened with `log.rolled_back`, `log.forked`, `witness.required`.
   */
  find(name: string): Promise<Result<DomainHandle, Rejection>> {
    const domainId = name.includes('://') ? name : `agentgres://domain/${name}`;
    if (domainId === this.#node.domainId) return Promise.resolve(ok(this.#node));
    const refused = this.#refused.get(domainId);
    if (refused) return Promise.resolve(err(refused));
    const known = this.#opening.get(domainId);
    if (known) return known;
    if (this.#node.reader.get(openDomainKey(domainId)) === undefined) {
      const message = `${domainId} is not open on this node: ioi domain open ${domainId}`;
      return Promise.resolve(err({ code: 'domain.not_open', message }));
    }
    const full = this.#full();
    if (full) return Promise.resolve(err(full));
    const opening = this.#openLog(domainId).catch((fault: unknown) => {
      // What could not be read a moment ago may be read when somebody asks again.
      this.#opening.delete(domainId);
      throw fault;
    });
    this.#opening.set(domainId, opening);
    return opening;
  }

  /** Opens a new domain: the node's own log says so first. */
  async create(domainId: string): Promise<Result<DomainHandle, Rejection>> {
    const full = this.#opening.has(domainId) ? undefined : this.#full();
    if (full) return err(full);
    const request = { operation: 'domain/open', payload: { domain_id: domainId } };
    const recorded = await this.submit(this.#node, request);
    return recorded.ok ? this.find(domainId) : recorded;
  }

  async submit(
    { slot }: DomainHandle,
    request: OperationRequest,
  ): Promise<Result<SealedEntry, Rejection>> {
    const { operation, payload, preconditions, payloads = {} } = request;
    if (slot === NODE_DOMAIN && !IN_NODE_LOG.some((prefix) => operation.startsWith(prefix))) {
      const message = `${operation} is not for the API to write in the node's own log`;
      return err({ code: 'operation.not_authentic', message });
    }
    const proposed = {
      operation_id: request.operation_id ?? newOperationId(),
      operation,
      authenticated_by: request.authenticated_by ?? { kind: 'channel' as const },
      ...(preconditions === undefined ? {} : { preconditions }),
      payload: { ...payload },
    };
    if (!isProposed(proposed) || !isTexts(payloads)) return err(UNSHAPED);
    const sealed = await this.#writer.submitOperation(proposed, payloads, { domain: slot });
    if (!sealed.ok) return sealed;
    return ok({ entry: sealed.value.entry, sealed_size: sealed.value.size });
  }

  nodeSealed(): void {
    this.#follower.sealed(this.#node);
  }

  sealed({ domain, changes, note, size, seal }: Sealed): void {
    const handle = this.#open.get(domain);
    if (!handle) return;
    Object.assign(handle.latest, { note, seal });
    handle.reader.sealed(changes, size);
    this.#follower.sealed(handle);
  }

  cosigned(domainId: string, note: string): void {
    const isNode = domainId === this.#node.domainId;
    const handle = isNode ? this.#node : this.#open.get(domainId);
    if (!handle) {
      // The guardian cosigns a domain as soon as it opens, which may be before it is open here.
      this.#early.set(domainId, note);
      return;
    }
    handle.latest.cosigned = note;
    this.#writer.saveCheckpoint(handle.slot, sizeOf(note), note);
    this.#witnesses.offer(domainId, note);
  }

  /** From here on nothing is read of a domain or done in it, until the node starts again. */
  refuse(domainId: string, rejection: Rejection): void {
    this.#refused.set(domainId, rejection);
  }

  status(handle: DomainHandle): DomainStatus {
    const witnessing = this.#witnesses.of(handle.domainId);
    const witnessed = witnessing?.witnessed;
    return {
      ...statusOf(handle),
      key: witnessing?.logKey ?? '',
      witnesses: witnessing?.status() ?? [],
      ...(witnessed ? { witnessed } : {}),
    };
  }

  close(): void {
    for (const { reader } of this.#open.values()) reader.close();
  }

  #full(): Rejection | undefined {
    if (this.#opening.size < this.#openMax) return undefined;
    const message =
      `${this.#openMax} domains are open, and each holds files open: raise open_domains_max in ` +
      'node.json, or start the node again, which opens only those asked for';
    return { code: 'domain.too_many_open', message };
  }

  async #openLog(domainId: string): Promise<Result<DomainHandle, Rejection>> {
    const known = this.#open.get(domainId);
    const read = known ? ok(known) : await this.#read(domainId);
    const admitted = read.ok ? await this.#witnesses.admit(read.value) : read;
    if (!read.ok || !admitted.ok) {
      this.#opening.delete(domainId);
      // What contradicts a witness stays so; one that is away is asked again by whoever asks next.
      if (!admitted.ok && IS_FINAL.has(admitted.error.code)) this.refuse(domainId, admitted.error);
      return admitted.ok ? read : admitted;
    }
    const { note, cosigned } = read.value.latest;
    this.#witnesses.offer(domainId, cosigned || note);
    this.#follower.opened(read.value);
    return read;
  }

  /** Opens its log for reading; what is sealed from here on is followed. */
  async #read(domainId: string): Promise<Result<DomainHandle, Rejection>> {
    const opened = await this.#writer.open(domainId);
    if (!opened.ok) return opened;
    const { status, size, note, seal } = opened.value;
    const reader = new HeadReader(join(this.#folder, 'domains', domainNameOf(domainId)));
    reader.sealed([], size);
    const latest: Latest = { note, cosigned: '', seal };
    const { origin } = status;
    const handle = { domainId, origin, slot: domainId, reader, latest };
    this.#open.set(domainId, handle);
    const early = this.#early.get(domainId);
    if (early !== undefined) this.cosigned(domainId, early);
    this.#early.delete(domainId);
    return ok(handle);
  }
}

const UNSHAPED: Rejection = {
  code: 'operation.malformed',
  message: 'operation_id, operation, authenticated_by, preconditions or payloads are misshapen',
};

function isTexts(payloads: unknown): boolean {
  if (typeof payloads !== 'object' || payloads === null) return false;
  return Object.values(payloads).every((text) => typeof text === 'string');
}

/** A page of the domains that a node's own log says are open. */
export function domainsIn({ domainId: own, reader }: DomainHandle, { cursor, most }: Listing) {
  const beside = reader.headsOf('domain', '', DOMAINS_MAX).map(({ id }) => id);
  // The node's own log comes before every name.
  const placeOf = (id: string): string => (id === own ? '' : id);
  return pageOf([own, ...beside], { list: 'domains', placeOf, cursor, most });
}

type OwnStatus = Omit<DomainStatus, 'key' | 'witnesses' | 'witnessed'>;

export function statusOf({ domainId, origin, reader, latest }: DomainHandle): OwnStatus {
  const head = reader.get<SealedLog>(keys.node);
  const last = reader.entry(reader.size - 1);
  const root = last && commitSummaryOf(last)?.state_root;
  const cosignedSize = sizeOf(latest.cosigned);
  const cosigned = cosignedSize === reader.size;
  const covered = reader.entry(cosignedSize - 1);
  return {
    domain_id: domainId,
    origin,
    genesis_origin: head ? logNameOf(head).origin : origin,
    size: reader.size,
    ...(root === undefined ? {} : { state_root: root }),
    note: cosigned ? latest.cosigned : latest.note,
    cosigned,
    ...(last === undefined ? {} : { height: last.height, chain_time: last.chain_time }),
    cosigned_size: cosignedSize,
    ...(covered === undefined ? {} : { cosigned_time: covered.chain_time }),
    stores: storeBytes(reader.folder),
  };
}
